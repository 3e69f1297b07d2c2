import type { Instant, Millis } from '@minewarden/protocol/time.ts'

/** A reading stands for the time until the next one, but for no longer than so many of the usual intervals. */
const HOLD_INTERVALS = 2.5
/** How many intervals the usual one is learnt from. */
const LEARN_FROM = 7

/** Learns how often a meter is read, so that a missing reading is told from a slow meter. */
export interface Spacing {
  /** @returns milliseconds that the reading before stood for, and whether readings are missing in between */
  next(at: Instant): { readonly heldMs: Millis; readonly isBroken: boolean }
  /** The usual interval; `null` before the second reading. */
  readonly usualMs: Millis | null
}

export function createSpacing(): Spacing {
  const intervals: Millis[] = []
  let last: Instant | null = null
  let usual: Millis | null = null
  return {
    get usualMs() {
      return usual
    },
    next(at) {
      const elapsed = last === null ? 0 : at - last
      if (last !== null && elapsed <= 0) return { heldMs: 0, isBroken: false }
      const isFirst = last === null
      last = at
      if (isFirst) return { heldMs: 0, isBroken: true }
      const hold = usual === null ? elapsed : usual * HOLD_INTERVALS
      intervals.push(elapsed)
      // One as long as the one that is forgotten changes nothing, as with most meters.
      if (intervals.length > LEARN_FROM && intervals.shift() === elapsed)
        return { heldMs: Math.min(elapsed, hold), isBroken: elapsed > hold }
      usual = intervals.toSorted((a, b) => a - b)[intervals.length >> 1]!
      return { heldMs: Math.min(elapsed, hold), isBroken: elapsed > hold }
    },
  }
}
