/**
 * The bound of the clock's error: what the daemon last vouched for, and from there on what crystal and frequency may
 * have drifted. It never shrinks but by a daemon's word.
 */
import { type Millis, UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'

/** A crystal that nobody has measured, or not for long. */
export const UNMEASURED_PPM = 100
/** A frequency of which no bound is told is taken for measured after so long. */
const MEASURED_AFTER_MS: Millis = 7_200_000

export interface Vouched {
  readonly atMs: Millis
  readonly errorMs: Millis
  /** Bound of the frequency's error; `null`: not told. */
  readonly skewPpm: number | null
}

export class ErrorBound {
  readonly #driftPpm: number
  #last: Vouched | null = null
  #firstMs: Millis | null = null

  /** @param driftPpm how far a disciplined crystal may wander */
  constructor(driftPpm: number) {
    this.#driftPpm = driftPpm
  }

  /** The first word of a daemon. @param agoMs its reference is so old, and the crystal has drifted since */
  first(vouched: Vouched, agoMs: Millis): void {
    this.#firstMs = vouched.atMs
    this.#last = vouched
    const drifted = agoMs * this.growthPpm(vouched.atMs) * 1e-6
    this.#last = { ...vouched, errorMs: vouched.errorMs + drifted }
  }

  /** A daemon has heard its reference. */
  told(vouched: Vouched): void {
    this.#last = vouched
  }

  /** Without a new word: the bound is no smaller than this. */
  atLeast(atMs: Millis, errorMs: Millis): void {
    this.#last = { atMs, errorMs: Math.max(this.at(atMs), errorMs), skewPpm: this.#last?.skewPpm ?? null }
  }

  at(monotonicMs: Millis): Millis {
    if (this.#last === null) return UNKNOWN_ERROR_MS
    const { atMs, errorMs } = this.#last
    return errorMs + Math.abs(monotonicMs - atMs) * this.growthPpm(monotonicMs) * 1e-6
  }

  /** How fast the bound grows, in parts per million. */
  growthPpm(monotonicMs: Millis): number {
    const skewPpm = this.#last?.skewPpm ?? null
    if (skewPpm !== null) return this.#driftPpm + Math.min(skewPpm, UNMEASURED_PPM)
    const isMeasured = this.#firstMs !== null && monotonicMs - this.#firstMs > MEASURED_AFTER_MS
    return isMeasured ? this.#driftPpm : this.#driftPpm + UNMEASURED_PPM
  }
}
