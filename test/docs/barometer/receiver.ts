import type { DeviceState, WaveformBlock } from '@minewarden/hardware/contract.ts'
import { SampleClock } from '@minewarden/hardware/digitiser/sample-clock.ts'
import { UtcOffset } from '@minewarden/hardware/digitiser/utc-offset.ts'
import { HardwareError } from '@minewarden/hardware/errors.ts'
import type { Chunk } from '@minewarden/hardware/line/contract.ts'
import type { Timekeeper } from '@minewarden/protocol/time.ts'
import { type Decoded, LineDecoder } from './decoder.ts'

const RATE_HZ = 50
const BLOCK_SAMPLES = 25
/** 20 characters at 9600 baud, before which no line can have arrived. */
const DELAY_MS = 20
const DELAY_ERROR_MS = 10
/** Blocks that wait for the clock to settle, which takes a second; beyond it they go out as they are. */
const MOST_WAITING = 8

interface Block {
  /** Of the first sample, counted from the beginning of the conversation. */
  readonly index: number
  readonly counts: number[]
}

/** One conversation: lines to blocks with their time. */
export class Receiver {
  readonly #clock: Timekeeper
  readonly #decoder = new LineDecoder()
  readonly #samples = new SampleClock({
    rateHz: RATE_HZ,
    delayMs: DELAY_MS,
    delayErrorMs: DELAY_ERROR_MS,
    driftPpm: null,
  })
  readonly #utc = new UtcOffset(100 / RATE_HZ)
  #last: { readonly number: number; readonly index: number } | null = null
  #block: Block | null = null
  #waiting: Block[] = []
  #lost = 0
  #isIll = false

  constructor(clock: Timekeeper) {
    this.#clock = clock
  }

  /** @throws HardwareError `device-restarted` */
  take({ bytes, at }: Chunk): (WaveformBlock | DeviceState)[] {
    for (const item of this.#decoder.push(bytes)) if (item.kind === 'frame') this.#frame(item, at)
    if (!this.#samples.settled && this.#waiting.length < MOST_WAITING) return []
    const blocks = this.#waiting.splice(0).flatMap((block) => this.#stamp(block) ?? [])
    return blocks.length > 0 ? [...blocks, ...this.#condition()] : []
  }

  #frame({ number, hundredthsPa }: Extract<Decoded, { kind: 'frame' }>, at: number): void {
    const step = this.#last ? (number - this.#last.number) & 0xffff : 1
    const index = (this.#last?.index ?? -1) + step
    if (step === 0 || !this.#samples.mayHaveArrived(index, at)) {
      throw new HardwareError('device-restarted', `line ${number} came after line ${this.#last?.number}`)
    }
    this.#samples.observe(index, at)
    this.#last = { number, index }
    this.#lost += step - 1
    if (step > 1) this.#closeBlock()
    this.#block ??= { index, counts: [] }
    this.#block.counts.push(hundredthsPa)
    if (this.#block.counts.length === BLOCK_SAMPLES) this.#closeBlock()
  }

  #closeBlock(): void {
    if (this.#block) this.#waiting.push(this.#block)
    this.#block = null
  }

  #stamp({ index, counts }: Block): WaveformBlock | null {
    const stamp = this.#samples.stamp(index, counts.length)
    if (!stamp) return null
    const wall = this.#clock.stamp(stamp.startMs)
    const { at: startAt, lagMs } = this.#utc.apply(stamp.startMs, wall.at)
    return {
      kind: 'waveform',
      channel: 'HDF',
      startAt,
      rateHz: RATE_HZ,
      counts: Int32Array.from(counts),
      countsPerUnit: 100,
      unit: 'Pa',
      clock: wall.quality,
      ...(wall.errorMs !== null && { clockErrorMs: wall.errorMs + stamp.errorMs + lagMs }),
    }
  }

  /** Told once when samples were lost, and once when none were since. */
  *#condition(): Generator<DeviceState> {
    const lost = this.#lost
    this.#lost = 0
    if (lost > 0 === this.#isIll) return
    this.#isIll = lost > 0
    const { at, quality, errorMs } = this.#clock.stamp(this.#clock.monotonic())
    yield {
      kind: 'device',
      at,
      state: this.#isIll ? 'bad-data' : 'ok',
      reason: this.#isIll ? `${lost} samples lost on the way` : '',
      clock: quality,
      ...(errorMs !== null && { clockErrorMs: errorMs }),
    }
  }
}
