import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { type Instant, instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'
import type { OrderRules } from './order.ts'

/**
 * Whether a cut shows at the site's own meter: power and current about zero on the load side, for long enough, measured
 * after the execution. Decides from readings alone. It cannot see a generator that feeds beside the meter, nor a meter
 * that was bridged; both are judged elsewhere.
 */
export interface EffectWatch {
  readonly executedAt: Instant
  /** First and last reading of the unbroken run of readings about zero. */
  readonly zeroFrom: Instant | null
  readonly zeroTo: Instant | null
  /** The newest reading that was loaded, and what it read. */
  readonly loadedAt: Instant | null
  readonly loadedW: number | null
}

export type EffectVerdict = { readonly verdict: 'zero' | 'loaded' | 'silent'; readonly detail: string }

/** A run of zeros is broken by a longer silence: what the meter did meanwhile is not known. */
const MAX_GAP_MS: Millis = 60_000

export const watchEffect = (executedAt: Instant): EffectWatch => ({
  executedAt,
  zeroFrom: null,
  zeroTo: null,
  loadedAt: null,
  loadedW: null,
})

/** Takes one reading of the point's meter; those that say nothing (no values, a clock never set) change nothing. */
export function takeReading(watch: EffectWatch, reading: ReadingOf<'power'>, rules: OrderRules): EffectWatch {
  const { measuredAt, clock } = reading
  // An instant equal to the execution may have been read just before it.
  if (clock === 'unsynchronised' || measuredAt <= watch.executedAt) return watch
  const zero = isAboutZero(reading, rules)
  if (zero === null) return watch
  if (!zero) return takeLoad(watch, reading)
  if (watch.loadedAt !== null && measuredAt <= watch.loadedAt) return watch
  if (watch.zeroFrom === null || watch.zeroTo === null || measuredAt - watch.zeroTo > MAX_GAP_MS) {
    return { ...watch, zeroFrom: measuredAt, zeroTo: measuredAt }
  }
  return { ...watch, zeroTo: instant(Math.max(measuredAt, watch.zeroTo)) }
}

function takeLoad(watch: EffectWatch, { measuredAt, fields }: ReadingOf<'power'>): EffectWatch {
  const newest = watch.loadedAt === null || measuredAt > watch.loadedAt
  const loaded = newest ? { loadedAt: measuredAt, loadedW: fields.activePowerW } : {}
  // Late rows may come after newer ones: a load measured before the run of zeros does not break it.
  const breaks = watch.zeroFrom !== null && measuredAt >= watch.zeroFrom
  return { ...watch, ...loaded, ...(breaks ? { zeroFrom: null, zeroTo: null } : {}) }
}

/** `null` when the reading does not say: power unknown, or no phase's current known. */
function isAboutZero({ fields }: ReadingOf<'power'>, rules: OrderRules): boolean | null {
  const currents = [fields.currentAA, fields.currentBA, fields.currentCA].filter((value) => value !== null)
  const power = fields.activePowerW
  if (power !== null && Math.abs(power) > rules.zeroPowerW) return false
  if (currents.some((value) => Math.abs(value) > rules.zeroCurrentA)) return false
  return power === null || currents.length === 0 ? null : true
}

/** What can be said at `now`; `null` while it must still be waited for. */
export function judgeEffect(watch: EffectWatch, now: Instant, rules: OrderRules): EffectVerdict | null {
  const { executedAt, zeroFrom, zeroTo, loadedAt, loadedW } = watch
  if (zeroFrom !== null && zeroTo !== null && zeroTo - zeroFrom >= rules.effectHoldMs) {
    return { verdict: 'zero', detail: `about zero from ${isoTime(zeroFrom)} to ${isoTime(zeroTo)}` }
  }
  const waited = now - executedAt
  if (loadedAt !== null && zeroFrom === null && waited >= rules.effectTimeoutMs) {
    return {
      verdict: 'loaded',
      detail: `still ${loadedW === null ? 'loaded' : `${loadedW} W`} at ${isoTime(loadedAt)}`,
    }
  }
  if (waited < rules.silenceTimeoutMs) return null
  const seen = zeroFrom === null ? 'no reading since the execution' : `about zero only from ${isoTime(zeroFrom)}`
  return { verdict: 'silent', detail: `the meter did not show it: ${seen}` }
}
