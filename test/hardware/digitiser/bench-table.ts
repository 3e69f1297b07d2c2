import type { DeviceState, InstrumentHealth, WaveformBlock } from '@minewarden/hardware/contract.ts'
import { filterDelayMs, sendingMs } from '@minewarden/hardware/digitiser/delay.ts'
import { receiverOptions } from '@minewarden/hardware/digitiser/open-drivers.ts'
import { Receiver } from '@minewarden/hardware/digitiser/receiver.ts'
import type { Addressed } from '@minewarden/hardware/line/shared-device.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { instant, type Stamp, type Timekeeper } from '@minewarden/protocol/time.ts'
import { codeOf, ScriptedDigitiser, type ScriptedOptions } from './scripted-digitiser.ts'

export const UTC_AT_ZERO = 1_790_000_000_000
const perVolt = { countsPerUnit: 1000, gain: 1 } as const

/** A configuration with all four channels. */
export const CONFIG = {
  rateHz: 250 as 250 | 500 | 1000,
  geophone: {
    id: SensorId.parse('geo-1'),
    channels: {
      HHZ: { ...perVolt, unit: 'm/s' as const },
      HHN: { ...perVolt, unit: 'm/s' as const },
      HHE: { ...perVolt, unit: 'm/s' as const },
    },
  },
  airPressure: { id: SensorId.parse('air-1'), channels: { HDF: { ...perVolt, unit: 'Pa' as const } } },
}

/** A scripted digitiser and a receiver on one table, in simulated time without anything asynchronous. */
export class BenchTable {
  nowMs = 1_000
  /** What the timekeeper says UTC is ahead of monotonic time. */
  utcOffset = UTC_AT_ZERO
  quality: Stamp['quality'] = 'ntp'
  readonly device: ScriptedDigitiser
  readonly receiver: Receiver
  readonly out: (Addressed | DeviceState)[] = []
  readonly sent: Uint8Array[] = []
  /** Monotonic time at which sample 0 of the present run was taken. */
  runBeganMs: number
  /** Bytes from the digitiser pass through here. */
  disturb: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes
  /** Whether the line rests when the receiver lets it. */
  rests = false
  /** How often it did. */
  restCount = 0
  #restUntil = 0
  #gathered: Uint8Array[] = []

  constructor(options: ScriptedOptions = {}, config: Parameters<typeof receiverOptions>[0] = CONFIG) {
    const clock: Timekeeper = {
      now: () => instant(this.nowMs + this.utcOffset),
      monotonic: () => this.nowMs,
      sleep: () => Promise.reject(new Error('nobody sleeps here')),
      stamp: (ms) => ({ at: instant(ms + this.utcOffset), quality: this.quality, errorMs: 5 }),
    }
    this.device = new ScriptedDigitiser(options)
    this.receiver = new Receiver({ clock }, receiverOptions(config))
    this.runBeganMs = this.nowMs
  }

  plugIn(): void {
    this.receiver.opened('/dev/ttyTEST0', (frame) => this.sent.push(frame))
    this.obey()
  }

  /** The digitiser takes a frame's time for a frame, and its answers to what it was sent. */
  step(flags = 0): void {
    this.obey()
    const frame = this.device.data(flags)
    this.deliverAfterSamples(frame)
  }

  steps(count: number, flags = 0): void {
    for (let i = 0; i < count; i++) this.step(flags)
  }

  seconds(count: number): void {
    this.steps(Math.ceil((count * this.device.rateHz) / this.device.samplesPerFrame))
  }

  /** A frame that is made and never arrives. */
  loseFrames(count: number): void {
    for (let i = 0; i < count; i++) this.device.data()
  }

  restart(afterMs = 300): void {
    this.device.restart()
    this.nowMs += afterMs
    this.runBeganMs = this.nowMs
    this.deliver(this.device.hello())
  }

  deliver(bytes: Uint8Array): void {
    const disturbed = this.disturb(bytes)
    if (this.nowMs < this.#restUntil) {
      this.#gathered.push(disturbed)
      return
    }
    const gathered = this.#gathered.splice(0)
    if (gathered.length > 0) this.#hand(Buffer.concat(gathered), true)
    this.#hand(disturbed, false)
  }

  #hand(bytes: Uint8Array, waited: boolean): void {
    this.out.push(...this.receiver.take({ bytes, at: this.nowMs, ...(waited && { waited }) }))
    if (!this.rests || this.receiver.restMs === 0) return
    this.restCount += 1
    this.#restUntil = this.nowMs + this.receiver.restMs
  }

  obey(): void {
    for (const frame of this.sent.splice(0)) {
      const run = this.device.run
      for (const answer of this.device.obey(frame)) this.deliver(answer)
      if (this.device.run !== run) this.runBeganMs = this.nowMs
    }
  }

  /** True monotonic time that a sample of the present run stands for. */
  takenAt(index: number): number {
    return this.runBeganMs + ((index + 1) * 1000) / this.device.rateHz - filterDelayMs(this.device.rateHz)
  }

  blocks(channel: string): WaveformBlock[] {
    return this.measurements().flatMap((one) => (one.kind === 'waveform' && one.channel === channel ? [one] : []))
  }

  states(): DeviceState[] {
    return this.out.flatMap((item) => ('measurement' in item ? [] : [item]))
  }

  healths(sensor: string): InstrumentHealth[] {
    return this.out.flatMap((item) =>
      'measurement' in item && item.sensor === sensor && item.measurement.kind === 'instrument'
        ? [item.measurement]
        : [],
    )
  }

  private deliverAfterSamples(frame: Uint8Array): void {
    const { next, rateHz, samplesPerFrame } = this.device
    this.nowMs = Math.max(this.nowMs, this.runBeganMs + (next * 1000) / rateHz + sendingMs(samplesPerFrame))
    this.deliver(frame)
  }

  private measurements() {
    return this.out.flatMap((item) => ('measurement' in item ? [item.measurement] : []))
  }
}

/** The samples of blocks with the index of each in its run, told by their values. */
export function indexOf(block: WaveformBlock, channel: number): number {
  for (let index = 0; index < 2_000_000; index++) if (codeOf(index, channel) === block.counts[0]) return index
  throw new Error('no sample of the script')
}
