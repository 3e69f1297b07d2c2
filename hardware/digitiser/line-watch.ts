/** Notices what makes a line to a digitiser useless, and says it for who stands before it. */
import type { Millis } from '@minewarden/protocol/time.ts'
import { HardwareError, type HardwareErrorCode } from '../errors.ts'
import type { HandshakeState } from './handshake.ts'

/** HEALTH comes each second. */
const NO_FRAME_MS: Millis = 3_000
/** DATA comes each 40 ms; the firmware tries for as long as it takes to start its ADC. */
const NO_DATA_MS: Millis = 3_000

export class LineWatch {
  readonly #name: string
  #soundAt: Millis
  #dataAt: Millis

  constructor(name: string, now: Millis) {
    this.#name = name
    this.#soundAt = now
    this.#dataAt = now
  }

  /** A sound frame came. */
  sound(now: Millis): void {
    this.#soundAt = now
  }

  data(now: Millis): void {
    this.#dataAt = now
  }

  /** Why this line is to be given up; to be asked when something arrived. */
  fault(now: Millis, handshake: HandshakeState): HardwareError | null {
    if (handshake.kind === 'mistaken') return this.#fault('device-mistaken', handshake.reason)
    if (handshake.kind === 'refused') return this.#fault('device-refused', handshake.reason)
    if (now - this.#soundAt > NO_FRAME_MS) {
      const why = 'bytes come, but no sound frame: another device, another speed than 500000 baud, or a bad ground'
      return new HardwareError('line-garbled', `${this.#name}: ${why}`)
    }
    if (now - this.#dataAt > NO_DATA_MS) {
      return this.#fault('line-silent', 'answers but sends no samples: check the wires and the supply of its ADC')
    }
    if (handshake.kind !== 'unanswered') return null
    return this.#fault('device-refused', 'sends but does not answer: check the line towards it')
  }

  #fault(code: HardwareErrorCode, why: string): HardwareError {
    return new HardwareError(code, `the digitiser at ${this.#name} ${why}`)
  }
}
