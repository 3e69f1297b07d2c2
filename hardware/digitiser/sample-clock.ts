/**
 * When each sample of a run was taken, in monotonic time, from when the frames arrived: late by a delay that varies
 * (drivers, scheduling, pauses) and never early, on a sampling clock that is off by tens of ppm and wanders with the
 * temperature. Offset and rate come from the line below the arrivals of the last two minutes; stamps follow it gently.
 * It cannot see a delay that all arrivals have: what is known of that is an option, what is not is in the error.
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import { ArrivalBins } from './arrival-bins.ts'
import { type Line, lineBelow } from './lower-line.ts'

/** So long arrivals are gathered before the first stamp is given. */
const SETTLING_MS: Millis = 1_000
/** Below this the arrivals do not show the rate: what was known before is believed. */
const RATE_SHOWS_MS: Millis = 4_000
/** Below this they show it only within what crystals are off by. */
const RATE_KNOWN_MS: Millis = 60_000
/** What a crystal may be off by before anything is known of it, and what one that was measured may have wandered. */
const CRYSTAL_PPM = 150
const WANDERED_PPM = 20
/** Beyond this it is no crystal's rate that the arrivals show. */
const MOST_PPM = 2_000
/** A block may start off the end of the one before by this part of a sample, so that they still join. */
const SLEW_SAMPLES = 0.1
/** The same once stamps are off by more than {@link FAR_SAMPLES}: still below the half at which files are cut. */
const FAST_SLEW_SAMPLES = 0.3
const FAR_SAMPLES = 2
/** Stamps that lag by more than this are set right at once: samples must have been lost without a trace. */
const JUMP_MS: Millis = 100
/** The quickest of n arrivals is late by the mean delay over n; this many times that is hardly ever exceeded. */
const QUICKEST_FACTOR = 8

export interface SampleClockOptions {
  readonly rateHz: number
  /** From the moment that a sample stands for to the earliest possible arrival of a frame that ends with it. */
  readonly delayMs: Millis
  /** By how much that may be wrong. */
  readonly delayErrorMs: Millis
  /** What an earlier run showed of the same crystal; `null`: nothing known. */
  readonly driftPpm: number | null
}

export interface BlockStamp {
  /** Monotonic time of the block's first sample. */
  readonly startMs: Millis
  /** The true time lies within this. */
  readonly errorMs: Millis
}

/** How much faster than monotonic time the sampling clock runs. */
export interface Drift {
  readonly ppm: number
  readonly errorPpm: number
}

/** One run. Samples are numbered from its beginning without wrapping. */
export class SampleClock {
  readonly #options: SampleClockOptions
  readonly #periodMs: Millis
  readonly #bins = new ArrivalBins()
  #line: Line | null = null
  #fresh = true
  #firstX = 0
  #lastX = 0
  #firstArrival = 0
  #lastArrival = 0
  /** The next block's first sample, and its time if it joins the one before. */
  #next: { index: number; ms: Millis } | null = null
  #slewMs: Millis = 0

  constructor(options: SampleClockOptions) {
    this.#options = options
    this.#periodMs = 1000 / options.rateHz
  }

  /**
   * Whether stamps are worth giving yet: one frame alone may have been held up, and so may all that come in one burst
   * out of a buffer.
   */
  get settled(): boolean {
    return this.#lastArrival - this.#firstArrival >= SETTLING_MS
  }

  get hasArrivals(): boolean {
    return this.#bins.size > 0
  }

  /** Whether arrivals show the rate: from then on fewer of them are enough. */
  get showsRate(): boolean {
    return this.#spanMs >= RATE_SHOWS_MS
  }

  /** A frame arrived whose last sample is `index`. Frames come in order. */
  observe(index: number, arrivedAt: Millis): void {
    const x = index * this.#periodMs
    if (this.#bins.size === 0) {
      this.#firstX = x
      this.#firstArrival = arrivedAt
    }
    this.#lastX = x
    this.#lastArrival = arrivedAt
    this.#bins.add(x, arrivedAt - this.#options.delayMs - x, this.#line?.slope ?? this.#slopeBefore)
    this.#fresh = true
  }

  /**
   * Whether a frame that ends with sample `index` can have arrived at `arrivedAt`: false says that the sample, by all
   * that is known, had not been taken by then, so that its number belongs to another run.
   */
  mayHaveArrived(index: number, arrivedAt: Millis): boolean {
    const line = this.#fit()
    return line === null || this.#timeOf(index, line) < arrivedAt - this.#options.delayMs + JUMP_MS
  }

  /**
   * The time of a block of `count` samples from `index` on. Blocks are asked for in order; one that follows the block
   * before joins it to a fraction of a sample, one after a gap starts where it belongs, none starts before the end of
   * the one before. `null` before anything arrived.
   */
  stamp(index: number, count: number): BlockStamp | null {
    const line = this.#fit()
    if (line === null) return null
    const wanted = this.#timeOf(index, line)
    const startMs = this.#join(index, wanted)
    this.#next = { index: index + count, ms: startMs + count * this.#periodMs * (1 + line.slope) }
    this.#slewMs = startMs - wanted
    return { startMs, errorMs: this.errorMs }
  }

  /** Bound of the error of the last stamp. */
  get errorMs(): Millis {
    const line = this.#fit()
    if (line === null) return Number.POSITIVE_INFINITY
    const spanMs = this.#spanMs
    const rateMs = spanMs < RATE_KNOWN_MS ? Math.min(spanMs, RATE_SHOWS_MS) * 1e-6 * this.#uncertainPpm : 0
    return this.#options.delayErrorMs + this.#lineErrorMs(line) + rateMs + Math.abs(this.#slewMs)
  }

  /** `null` until the arrivals show it. */
  get drift(): Drift | null {
    const line = this.#fit()
    if (line === null || this.#spanMs < RATE_KNOWN_MS) return null
    const oldestX = this.#bins.x[this.#bins.at(0)]!
    return { ppm: -line.slope * 1e6, errorPpm: (2e6 * this.#lineErrorMs(line)) / Math.max(1, this.#lastX - oldestX) }
  }

  #lineErrorMs(line: Line): Millis {
    const { quickestMs, meanMs } = this.#bins.heights(line)
    return 2 * quickestMs + (QUICKEST_FACTOR * meanMs) / this.#bins.arrivals
  }

  /** Nominal length of what has arrived. */
  get #spanMs(): Millis {
    return this.#lastX - this.#firstX
  }

  get #slopeBefore(): number {
    return -(this.#options.driftPpm ?? 0) * 1e-6
  }

  get #uncertainPpm(): number {
    return this.#options.driftPpm === null ? CRYSTAL_PPM : WANDERED_PPM
  }

  #timeOf(index: number, line: Line): Millis {
    const x = index * this.#periodMs
    return x + line.offset + line.slope * x
  }

  #fit(): Line | null {
    if (!this.#fresh) return this.#line
    this.#fresh = false
    const span = this.#spanMs
    const within = (span < RATE_SHOWS_MS ? 0 : span < RATE_KNOWN_MS ? this.#uncertainPpm : MOST_PPM) * 1e-6
    this.#line = lineBelow(this.#bins, span < RATE_KNOWN_MS ? this.#slopeBefore : 0, within)
    return this.#line
  }

  #join(index: number, wanted: Millis): Millis {
    const next = this.#next
    if (next === null) return wanted
    if (index !== next.index) return Math.max(wanted, next.ms)
    const late = wanted - next.ms
    if (late > JUMP_MS) return wanted
    const isFar = Math.abs(late) > FAR_SAMPLES * this.#periodMs
    const most = (isFar ? FAST_SLEW_SAMPLES : SLEW_SAMPLES) * this.#periodMs
    return next.ms + Math.min(most, Math.max(-most, late))
  }
}
