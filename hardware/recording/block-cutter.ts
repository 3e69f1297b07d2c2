import { type ClockQuality, type Instant, instant } from '@minewarden/protocol/time.ts'
import type { WaveformBlock } from '../contract.ts'
import type { RecordHeader } from '../miniseed/record.ts'
import type { RecordedChannel } from './recorded-sensor.ts'

/**
 * Cuts records of one channel into blocks on a fixed grid of time (each whole second, say), so that what is computed
 * from the blocks does not depend on how long the records of a file happen to be, or where the file was cut. Samples
 * that were delivered before (an overlap) and samples outside of the recording are left out; a gap, a change of rate
 * or of the clock's quality ends a block early.
 */
export interface BlockCutter {
  /** Takes a record's samples (copied), gives the blocks that became full. */
  accept(header: RecordHeader, samples: Int32Array): Generator<WaveformBlock>
  /** The block begun, if any. */
  end(): Generator<WaveformBlock>
}

export interface CutterOptions {
  readonly channel: RecordedChannel
  /** The recording's window; both ends belong to it. */
  readonly startAt: Instant
  readonly endAt: Instant
  readonly blockMs: number
}

/** Times in files are rounded to 0.1 ms or finer: a sample this close before a border counts as on it. */
const ROUNDING_MS = 0.05
/** Blocks share an allocation of this many samples: one for each block would cost more than the decoding. */
const POOL_SAMPLES = 8192
/** No block is longer, whatever rate a header claims. */
const MAX_BLOCK_SAMPLES = 65_536

export const createBlockCutter = (options: CutterOptions): BlockCutter => new Cutter(options)

class Cutter implements BlockCutter {
  readonly #options: CutterOptions
  #pool = new Int32Array(0)
  /** The block begun: where it starts in the pool, where the next sample goes, when its first sample was measured. */
  #from = 0
  #to = 0
  #startAt = instant(0)
  #rateHz = 0
  #clock: ClockQuality = 'ntp'
  /** When the next sample is due; `null` before the first. */
  #dueAt: Instant | null = null

  constructor(options: CutterOptions) {
    this.#options = options
  }

  *accept(header: RecordHeader, samples: Int32Array): Generator<WaveformBlock> {
    const periodMs = 1000 / header.rateHz
    const from = this.#firstNew(header, periodMs)
    const end = Math.min(
      samples.length,
      Math.floor((this.#options.endAt + ROUNDING_MS - header.startAt) / periodMs) + 1,
    )
    if (from >= end) return
    const startAt = header.startAt + from * periodMs
    if (!this.#continues(startAt, header)) yield* this.end()
    this.#rateHz = header.rateHz
    this.#clock = clockOf(header)
    yield* this.#fill(samples.subarray(from, end), startAt, periodMs)
  }

  *end(): Generator<WaveformBlock> {
    if (this.#to > this.#from) yield this.#take()
  }

  /** How many samples of a record are early: delivered already, or before the recording begins. */
  #firstNew({ startAt, rateHz }: RecordHeader, periodMs: number): number {
    const window = Math.ceil((this.#options.startAt - ROUNDING_MS - startAt) / periodMs)
    const overlap = this.#dueAt === null ? 0 : (this.#dueAt - startAt) / periodMs
    // At the same rate half a sample is jitter of the stamps; at another one it may lie before what was delivered.
    return Math.max(0, window, rateHz === this.#rateHz ? Math.round(overlap) : Math.ceil(overlap))
  }

  #continues(startAt: number, header: RecordHeader): boolean {
    const near = this.#dueAt !== null && Math.abs(startAt - this.#dueAt) <= 500 / header.rateHz
    return near && header.rateHz === this.#rateHz && clockOf(header) === this.#clock
  }

  *#fill(samples: Int32Array, startAt: number, periodMs: number): Generator<WaveformBlock> {
    for (let at = 0; at < samples.length; ) {
      const time = startAt + at * periodMs
      const border = (Math.floor((time + ROUNDING_MS) / this.#options.blockMs) + 1) * this.#options.blockMs
      if (this.#to > this.#from && this.#borderOf(this.#startAt) < border) yield this.#take()
      if (this.#to === this.#from) this.#begin(time, periodMs)
      const untilBorder = Math.max(1, Math.ceil((border - ROUNDING_MS - time) / periodMs))
      const count = Math.min(untilBorder, samples.length - at, MAX_BLOCK_SAMPLES - (this.#to - this.#from))
      this.#pool.set(samples.subarray(at, at + count), this.#to)
      this.#to += count
      at += count
      this.#dueAt = instant(startAt + at * periodMs)
      if (count === untilBorder || this.#to - this.#from === MAX_BLOCK_SAMPLES) yield this.#take()
    }
  }

  #borderOf(time: number): number {
    return (Math.floor((time + ROUNDING_MS) / this.#options.blockMs) + 1) * this.#options.blockMs
  }

  #begin(time: number, periodMs: number): void {
    const room = Math.min(MAX_BLOCK_SAMPLES, Math.ceil(this.#options.blockMs / periodMs) + 2)
    if (this.#to + room > this.#pool.length) {
      this.#pool = new Int32Array(Math.max(POOL_SAMPLES, room))
      this.#from = 0
      this.#to = 0
    }
    this.#startAt = instant(time)
  }

  #take(): WaveformBlock {
    const { code, countsPerUnit, unit } = this.#options.channel
    const counts = this.#pool.subarray(this.#from, this.#to)
    this.#from = this.#to
    return {
      kind: 'waveform',
      channel: code,
      startAt: this.#startAt,
      rateHz: this.#rateHz,
      counts,
      countsPerUnit,
      unit,
      clock: this.#clock,
    }
  }
}

/** A header says little of its clock: locked (to a satellite, as digitisers use it), questionable, or nothing. */
function clockOf({ timeQuestionable, clockLocked }: RecordHeader): ClockQuality {
  if (timeQuestionable) return 'unsynchronised'
  return clockLocked ? 'gnss' : 'ntp'
}
