/** The breaker of a simulated meter: what it does with a control frame, and status word 3. @see DL/T 645-2007, 14 */
import type { Millis } from '@minewarden/protocol/time.ts'
import { CONTROLS } from '../../dlt645/control.ts'

export interface BreakerSettings {
  readonly password: string
  readonly level?: number
  /** Between the command and the opening; it warns meanwhile. */
  readonly tripDelayMs?: Millis
}

const OTHER = 0b001
const PASSWORD = 0b100
const FOREVER = '999999999999'

export class SimulatedBreaker {
  readonly #settings: BreakerSettings
  #tripsAt: Millis | null = null
  #isCommandedOff = false
  #isOff = false
  isAlarming = false
  isProtected = false
  /** A person may close it by the button. */
  isCloseable = false
  /** Who commanded last. */
  operator = ''

  constructor(settings: BreakerSettings) {
    this.#settings = settings
  }

  /** A person presses the button. */
  press(now: Millis): void {
    if (!this.isCloseable) return
    this.#settle(now)
    this.#isOff = false
    this.#isCommandedOff = false
    this.isCloseable = false
  }

  /** @returns the error byte; 0: done or begun */
  command(data: Uint8Array, localMs: number, now: Millis): number {
    this.#settle(now)
    if (data.length !== 16) return OTHER
    const { password, level = 2 } = this.#settings
    if (data[0] !== level || digits(data, 1, 3) !== password) return PASSWORD
    const deadline = digits(data, 10, 6)
    if (!isOpen(deadline, localMs)) return OTHER
    this.operator = digits(data, 4, 4)
    return this.#carryOut(data[8]!, now)
  }

  /** Bits 4, 6, 7 and 12. */
  word3(now: Millis): number {
    this.#settle(now)
    const bit = (isSet: boolean, n: number) => (isSet ? 1 << n : 0)
    const isWarning = this.isAlarming || this.#tripsAt !== null
    return bit(this.#isOff, 4) | bit(this.#isCommandedOff, 6) | bit(isWarning, 7) | bit(this.isProtected, 12)
  }

  #carryOut(command: number, now: Millis): number {
    switch (command) {
      case CONTROLS.trip:
        if (this.isProtected) return OTHER
        this.#isCommandedOff = true
        this.isCloseable = false
        this.#tripsAt = now + (this.#settings.tripDelayMs ?? 0)
        this.#settle(now)
        return 0
      case CONTROLS.closePermitted:
        this.#tripsAt = null
        this.isCloseable = this.#isOff
        this.#isCommandedOff = false
        return 0
      case CONTROLS.close:
        this.#tripsAt = null
        this.#isOff = false
        this.#isCommandedOff = false
        return 0
      case CONTROLS.alarm:
      case CONTROLS.alarmOff:
        this.isAlarming = command === CONTROLS.alarm
        return 0
      case CONTROLS.protect:
      case CONTROLS.protectOff:
        this.isProtected = command === CONTROLS.protect
        return 0
      default:
        return OTHER
    }
  }

  #settle(now: Millis): void {
    if (this.#tripsAt === null || now < this.#tripsAt) return
    this.#tripsAt = null
    this.#isOff = true
  }
}

/** Decimal digits of bytes, the last byte first. */
function digits(data: Uint8Array, at: number, bytes: number): string {
  let text = ''
  for (let i = bytes - 1; i >= 0; i--) text += data[at + i]!.toString(16).padStart(2, '0')
  return text
}

/** @param deadline YYMMDDhhmmss */
function isOpen(deadline: string, localMs: number): boolean {
  if (deadline === FOREVER) return true
  const [year, month, day, hour, minute, second] = (deadline.match(/../g) ?? []).map(Number)
  const ms = Date.UTC(2000 + year!, month! - 1, day, hour, minute, second)
  return new Date(ms).getUTCMonth() === month! - 1 && ms >= localMs
}
