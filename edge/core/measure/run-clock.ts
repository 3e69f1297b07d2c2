import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'

/**
 * Keeps the time of a stream of blocks: tells whether a block continues the run, overlaps it, or opens a new one.
 * Stamps of digitisers jitter by a fraction of a sample; only a whole sample and more is a gap.
 */
export interface RunClock {
  /** How a block joins the run: as a gap, or continuing it after its first `drop` samples, which are known already. */
  join(startAt: Instant, rateHz: number, count: number): { readonly gap: boolean; readonly drop: number }
  /** A new run begins with a sample at this time. */
  begin(startAt: Instant, rateHz: number): void
  /** The whole run was later by so much. */
  shift(byMs: Millis): void
  /** Samples were taken into the run. */
  advance(count: number): void
  /** Samples of the run so far. */
  readonly samples: number
  /** Time of a sample of this run by its index since the run began. */
  timeOf(index: number): Instant
}

/** Stamps may be off by this much of a sample before time is believed to have jumped. */
const TOLERANCE_SAMPLES = 1.5
/** A digitiser that comes back repeats at most so much; further back, its clock was set, and what it says is new. */
export const LONGEST_OVERLAP_MS: Millis = 60_000

export function createRunClock(): RunClock {
  let rate = 1
  let anchorMs = 0
  let samples = 0
  return {
    join(startAt, rateHz, count) {
      const periodMs = 1000 / rateHz
      const late = (startAt - (anchorMs + samples * periodMs)) / periodMs
      const isSetBack = late * periodMs < -LONGEST_OVERLAP_MS
      if (rate !== rateHz || late > TOLERANCE_SAMPLES || isSetBack) return { gap: true, drop: 0 }
      if (late < -TOLERANCE_SAMPLES) return { gap: false, drop: Math.min(count, Math.round(-late)) }
      // A clock that drifts is followed; rounding of the stamp is not.
      if (Math.abs(late) > 0.5) anchorMs += late * periodMs
      return { gap: false, drop: 0 }
    },
    begin(startAt, rateHz) {
      rate = rateHz
      anchorMs = startAt
      samples = 0
    },
    shift(byMs) {
      anchorMs += byMs
    },
    advance(count) {
      samples += count
    },
    get samples() {
      return samples
    },
    timeOf: (index) => instant(anchorMs + (index * 1000) / rate),
  }
}
