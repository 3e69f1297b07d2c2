import { encodeFrame } from '@minewarden/hardware/digitiser/frame.ts'
import { TYPE } from '@minewarden/hardware/digitiser/messages.ts'

export interface ScriptedOptions {
  readonly rateHz?: number
  readonly serial?: string
  readonly protocol?: number
  readonly gains?: readonly number[]
  readonly boots?: number
  readonly run?: number
  /** Status that it answers to a command type with; 0 by default. */
  readonly status?: Readonly<Record<number, number>>
  /** Settings are acknowledged but not kept. */
  readonly forgets?: boolean
}

/** The value of every sample by its number: what arrives can be told from what was lost. */
export const codeOf = (index: number, channel: number): number =>
  ((index * 4 + channel) % 0x100_0000) - (index % 2 === 0 ? 0 : 0x80_0000)

/** The protocol's other side: makes what a digitiser would send. Written from the page, not from the decoder. */
export class ScriptedDigitiser {
  rateHz: number
  gains: number[]
  serial: string
  boots: number
  run: number
  frameNumber = 0
  next = 0
  readonly #options: ScriptedOptions

  constructor(options: ScriptedOptions = {}) {
    this.#options = options
    this.rateHz = options.rateHz ?? 250
    this.gains = [...(options.gains ?? [1, 1, 1, 1])]
    this.serial = options.serial ?? '00112233445566aa'
    this.boots = options.boots ?? 7
    this.run = options.run ?? 1
  }

  get samplesPerFrame(): number {
    return this.rateHz === 250 ? 10 : 16
  }

  hello(): Uint8Array {
    const payload = new Uint8Array(25)
    const view = new DataView(payload.buffer)
    payload[0] = this.#options.protocol ?? 1
    payload[1] = 1
    payload[2] = 2
    for (let i = 0; i < 8; i++) payload[3 + i] = Number.parseInt(this.serial.slice(2 * i, 2 * i + 2), 16)
    view.setUint32(11, this.boots, true)
    payload[15] = 4
    view.setUint16(16, this.rateHz, true)
    payload.set(this.gains, 18)
    payload[22] = 4
    view.setUint16(23, 0x2404, true)
    return encodeFrame(TYPE.hello, payload)
  }

  /** The next frame of samples. */
  data(flags = 0, samples = this.samplesPerFrame): Uint8Array {
    const payload = new Uint8Array(12 + samples * 12)
    const view = new DataView(payload.buffer)
    view.setUint32(0, this.frameNumber++ >>> 0, true)
    view.setUint32(4, this.next >>> 0, true)
    payload[8] = this.run & 0xff
    payload[9] = flags
    payload[10] = 4
    payload[11] = samples
    for (let i = 0; i < samples * 4; i++) {
      const code = codeOf(this.next + (i >> 2), i & 3)
      payload.set([code & 0xff, (code >> 8) & 0xff, (code >> 16) & 0xff], 12 + 3 * i)
    }
    this.next += samples
    return encodeFrame(TYPE.data, payload)
  }

  health(values: { supplyMv?: number; missed?: number; adcErrors?: number } = {}): Uint8Array {
    const payload = new Uint8Array(20)
    const view = new DataView(payload.buffer)
    view.setUint32(0, 123_456, true)
    view.setUint16(4, values.supplyMv ?? 4987, true)
    view.setInt16(6, -125, true)
    view.setUint32(8, values.missed ?? 0, true)
    view.setUint16(16, values.adcErrors ?? 0, true)
    return encodeFrame(TYPE.health, payload)
  }

  restart(): void {
    this.boots += 1
    this.run = (this.boots * 16 + 1) & 0xff
    this.frameNumber = 0
    this.next = 0
  }

  /** What it answers to one command frame. */
  obey(frame: Uint8Array): Uint8Array[] {
    const type = frame[2]!
    const status = this.#options.status?.[type] ?? 0
    const ack = encodeFrame(TYPE.ack, Uint8Array.of(type, status))
    if (status !== 0) return [ack]
    if (type === TYPE.getHello) return [ack, this.hello()]
    if (type === TYPE.setRate || type === TYPE.setGain) {
      if (!this.#options.forgets) {
        if (type === TYPE.setRate) this.rateHz = frame[4]! | (frame[5]! << 8)
        else this.gains[frame[4]!] = frame[5]!
      }
      this.run += 1
      this.next = 0
    }
    return [ack]
  }
}
