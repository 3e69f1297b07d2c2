import type { Site } from '@minewarden/protocol/site.ts'
import { boutAt } from './activity.ts'
import { isNight } from './calendar.ts'
import type { DetectorState } from './detector-state.ts'
import type { EventContext } from './event-class.ts'
import type { Parameters } from './parameters.ts'
import { permitAt } from './permits.ts'
import type { Believer } from './site-belief.ts'
import type { MinutesOf } from './site-evidence.ts'

/** What the parts of one site's detector work on. */
export interface SiteContext {
  readonly site: Site
  readonly parameters: Parameters
  readonly state: DetectorState
  readonly believer: Believer
  /** Odds of mining or opening below which no state but sealed is entered ({@link calmBelow}). */
  readonly calmBelow: number
}

/** A little less than what the lowest state asks for, so that rounding decides nothing. */
export const calmBelow = ({ watchAt, suspectedAt, reopenedAt }: Parameters): number =>
  (1 - 1e-6) * Math.exp(Math.min(watchAt, suspectedAt, reopenedAt))

/** One gateway may follow a county's worth of camera probes; more is a mistake of registration, and the rest is not judged. */
const MOST_SENSORS = 256

/** The entry of a key, made on first use; `null` beyond the ceiling. */
export function entryOf<T>(table: { [key: string]: T }, key: string, create: () => T): T | null {
  const known = table[key]
  if (known) return known
  if (Object.keys(table).length >= MOST_SENSORS) return null
  const made = create()
  table[key] = made
  return made
}

/** What went on at a geophone at a moment. */
export const boutOf = ({ state }: SiteContext, key: string, atMs: number): EventContext['bout'] => {
  const activity = state.activities[key]
  return activity ? boutAt(activity, atMs) : null
}

/** Motors that came on since then and outlasted their inrush. */
export const startsSince = ({ state }: SiteContext, sinceMs: number) =>
  Object.values(state.meters).flatMap((meter) => meter.starts.filter((s) => s.lasted && s.atMs >= sinceMs))

/** Minutes of something, with what is known of their hour. */
export const minutesAt = ({ site, parameters }: SiteContext, atMs: number, minutes: number): MinutesOf => ({
  atMs,
  minutes,
  covered: permitAt(site, atMs) !== null,
  night: isNight(atMs, parameters),
})
