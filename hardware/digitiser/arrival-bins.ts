/**
 * What is remembered of a run's arrivals: for each second the one that came with the least delay, as far as that can be
 * told, and how the others of that second compared. A ring of {@link BINS} seconds; older ones are overwritten.
 */
import type { Millis } from '@minewarden/protocol/time.ts'

export const BIN_MS: Millis = 1000
/** Short enough that a clock warming up runs straight within it, long enough to outlast stalls. */
export const BINS = 120

export class ArrivalBins {
  /** Nominal time since the run began, and how much later than that the arrival was; both of the quickest of its bin. */
  readonly x = new Float64Array(BINS)
  readonly lateness = new Float64Array(BINS)
  readonly #sum = new Float64Array(BINS)
  readonly #count = new Uint32Array(BINS)
  readonly #scratch = new Float64Array(2 * BINS)
  #newest = Number.NEGATIVE_INFINITY
  #filled = 0
  #head = -1

  /** How many seconds there are; {@link at} leads to them, oldest first. */
  get size(): number {
    return this.#filled
  }

  /** Where the `i`th oldest second stands in the arrays. */
  at(i: number): number {
    return (this.#head - this.#filled + 1 + i + 2 * BINS) % BINS
  }

  /** @param slope by which lateness is believed to grow with x: the quickest of a second is told by it */
  add(x: Millis, lateness: Millis, slope: number): void {
    const bin = Math.floor(x / BIN_MS)
    if (bin > this.#newest) this.#open(bin)
    const at = this.#head
    this.#sum[at]! += lateness
    this.#count[at]! += 1
    if (lateness - slope * x < this.lateness[at]! - slope * this.x[at]!) {
      this.x[at] = x
      this.lateness[at] = lateness
    }
  }

  /** Arrivals in all seconds. */
  get arrivals(): number {
    let sum = 0
    for (let i = 0; i < this.#filled; i++) sum += this.#count[this.at(i)]!
    return sum
  }

  /**
   * How far above a line the quickest of a second lies, and how far all of a second do on average: the medians over the
   * seconds, so that stalls do not count.
   */
  heights(line: { readonly slope: number; readonly offset: Millis }): { quickestMs: Millis; meanMs: Millis } {
    const quickest = this.#scratch.subarray(0, this.#filled)
    const mean = this.#scratch.subarray(BINS, BINS + this.#filled)
    for (let i = 0; i < this.#filled; i++) {
      const at = this.at(i)
      const expected = line.offset + line.slope * this.x[at]!
      quickest[i] = this.lateness[at]! - expected
      mean[i] = this.#sum[at]! / this.#count[at]! - expected
    }
    return { quickestMs: median(quickest), meanMs: median(mean) }
  }

  #open(bin: number): void {
    // Seconds are not always next to each other: after a long silence the old ones tell nothing of the clock today.
    while (this.#filled > 0 && bin - Math.floor(this.x[this.at(0)]! / BIN_MS) >= BINS) this.#filled -= 1
    this.#newest = bin
    this.#head = (this.#head + 1) % BINS
    this.#filled = Math.min(BINS, this.#filled + 1)
    this.x[this.#head] = 0
    this.lateness[this.#head] = Number.POSITIVE_INFINITY
    this.#sum[this.#head] = 0
    this.#count[this.#head] = 0
  }
}

/** Sorts in place. 0 when there is nothing. */
function median(values: Float64Array): number {
  values.sort()
  return Math.max(0, values[values.length >> 1] ?? 0)
}
