/**
 * What an officer may change of how one site is judged, and within which bounds: whatever is chosen, a blast at night
 * still makes a site suspected though its meter is calm, machines with their load and blasts still reopen it, and a dead
 * sensor is told within two hours (a test holds all numbers at their dullest). Holidays and key periods are the county's, rates of the model nobody's but the county's configuration.
 */
import { z } from 'zod'
import type { Parameters } from '../detection/parameters.ts'

/** Least and most of each number. Log-odds: 3 is a probability of 0.95, 5 of 0.993. */
export const PARAMETER_BOUNDS = {
  watchAt: [-5, -1],
  suspectedAt: [-2, 0.5],
  reopenedAt: [1.5, 5],
  hysteresis: [0.5, 3],
  nightFromHour: [17, 22],
  nightToHour: [5, 9],
  deadFromHour: [21, 23.5],
  deadToHour: [4, 7],
  silentAfterMinutes: [10, 120],
} as const satisfies Record<string, readonly [number, number]>
export type ParameterName = keyof typeof PARAMETER_BOUNDS
export const PARAMETER_NAMES = Object.keys(PARAMETER_BOUNDS) as ParameterName[]

/** The states are so far apart at least: none may be skipped over. */
const LEAST_APART = 1

const bounded = ([least, most]: readonly [number, number]) => z.number().min(least).max(most).optional()
/** Those that differ from the county's; absent: as the county has it. */
export const SiteParameters = z.strictObject({
  watchAt: bounded(PARAMETER_BOUNDS.watchAt),
  suspectedAt: bounded(PARAMETER_BOUNDS.suspectedAt),
  reopenedAt: bounded(PARAMETER_BOUNDS.reopenedAt),
  hysteresis: bounded(PARAMETER_BOUNDS.hysteresis),
  nightFromHour: bounded(PARAMETER_BOUNDS.nightFromHour),
  nightToHour: bounded(PARAMETER_BOUNDS.nightToHour),
  deadFromHour: bounded(PARAMETER_BOUNDS.deadFromHour),
  deadToHour: bounded(PARAMETER_BOUNDS.deadToHour),
  silentAfterMinutes: bounded(PARAMETER_BOUNDS.silentAfterMinutes),
})
export type SiteParameters = z.infer<typeof SiteParameters>

const MINUTE_MS = 60_000

/** A site's parameters: the county's with what was changed for the site. */
export function withSiteParameters(county: Parameters, { silentAfterMinutes, ...changes }: SiteParameters): Parameters {
  const said = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  const silence = silentAfterMinutes === undefined ? {} : { silentAfterMs: silentAfterMinutes * MINUTE_MS }
  return { ...county, ...said, ...silence }
}

/** The numbers in force, as they are shown. */
export const shownParameters = (parameters: Parameters): Record<ParameterName, number> => ({
  watchAt: parameters.watchAt,
  suspectedAt: parameters.suspectedAt,
  reopenedAt: parameters.reopenedAt,
  hysteresis: parameters.hysteresis,
  nightFromHour: parameters.nightFromHour,
  nightToHour: parameters.nightToHour,
  deadFromHour: parameters.deadFromHour,
  deadToHour: parameters.deadToHour,
  silentAfterMinutes: parameters.silentAfterMs / MINUTE_MS,
})

/** What numbers that are each within their bounds may not be together; `null`: nothing is wrong. */
export function contradiction({ watchAt, suspectedAt, reopenedAt }: Parameters): string | null {
  if (suspectedAt - watchAt < LEAST_APART) return `watchAt must be at least ${LEAST_APART} below suspectedAt`
  if (reopenedAt - suspectedAt < LEAST_APART) return `suspectedAt must be at least ${LEAST_APART} below reopenedAt`
  return null
}
