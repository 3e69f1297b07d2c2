/**
 * How many transients of one sensor are reported in an hour. A loose plug, hail or a machine that chatters about the
 * trigger would otherwise fill the spool and the line of a site for nothing. Beyond the ceiling a transient is left out
 * and counted, but for a few strong ones: a blast must not hide behind a bad contact. When the hour of the clock is
 * over, one reading says how many were left out; when an hour has passed without, another says that it is well again.
 */
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { timing } from './device-reading.ts'
import type { MeasureOptions } from './measure.ts'
import type { StampTiming } from './worst-timing.ts'

/** One each ten seconds; the busiest quiet place has had less. */
export const MOST_EVENTS_PER_HOUR = 360
/** Beyond it, those that stand out so far, and so many of them. */
export const STRONG_DB = 30
export const MOST_STRONG_PER_HOUR = 40
const HOUR_MS = 3_600_000

export interface EventQuota {
  /** Whether a transient that ended now is reported. @param snrDb how far it stands above the background */
  admits(snrDb: number): boolean
  /** Time has come to this measurement: what there is to say of an hour that is over. */
  reached(at: Instant, timing: StampTiming): Reading | null
  /** Nothing more comes: what there is to say of the hour begun. */
  end(): Reading | null
}

export function createEventQuota({ sensor }: Pick<MeasureOptions, 'sensor'>): EventQuota {
  let hour = Number.NaN
  let admitted = 0
  let strong = 0
  let left = 0
  let flooded = false
  let newest: (StampTiming & { readonly at: Instant }) | null = null

  const reading = (state: string, reason: string): Reading | null =>
    newest && {
      kind: 'sensor',
      sensor,
      channel: null,
      measuredAt: newest.at,
      ...timing(newest),
      fields: { state, reason },
    }

  /** What the hour came to. */
  const close = (): Reading | null => {
    const before = flooded
    flooded = left > 0
    if (flooded) return reading('flooded', `${left} events left out beyond ${MOST_EVENTS_PER_HOUR} in one hour`)
    return before ? reading('ok', 'an hour without too many events') : null
  }

  return {
    admits(snrDb) {
      if (admitted < MOST_EVENTS_PER_HOUR) {
        admitted++
        return true
      }
      if (snrDb >= STRONG_DB && strong < MOST_STRONG_PER_HOUR) {
        strong++
        return true
      }
      left++
      return false
    },
    reached(at, worth) {
      newest = { at, ...worth }
      const now = Math.floor(at / HOUR_MS)
      if (now === hour) return null
      const said = Number.isNaN(hour) ? null : close()
      hour = now
      admitted = 0
      strong = 0
      left = 0
      return said
    },
    end() {
      const said = left > 0 ? close() : null
      left = 0
      return said
    },
  }
}
