/**
 * What the amplitudes at several sites say of the distance to each. Peak velocity falls with distance as R^-n, n 1.4 to
 * 2 between a hundred metres and a hundred kilometres, and the ground under a sensor makes it three times larger or
 * smaller. So a source close to one site is a hundred times stronger there than at a site ten kilometres on; one that
 * is felt alike is far from both. High frequencies fall faster still.
 * @see GB 6722-2014, 13.2 (peak velocity of blasts, n 1.3 to 2)
 */
import { ramp } from '../evidence.ts'
import type { Felt } from './felt.ts'

const DECAY = 1.6
/** Of the ground under two sensors, and of the direction that a source shakes in. */
const SITE_FACTOR = 3
/** Nearer than this, an event is none from far; recordings and licences speak of some 700 m. */
export const NEAR_KM = 1.5

/** The source can be no nearer than this to a site, when another at `km` felt it so much weaker or stronger. */
export function leastDistanceKm(here: Felt, there: Felt, km: number): number {
  if (here.peakMPerS <= 0 || there.peakMPerS <= 0) return 0
  const ratio = SITE_FACTOR * (here.peakMPerS / there.peakMPerS)
  // |R_there| <= R_here + km: how far off it must be for no larger a ratio.
  const grown = ratio ** (1 / DECAY) - 1
  return grown <= 0.05 ? 20 * km : km / grown
}

/** Alone in its high frequencies by more than this: something close by shook with it. */
const HIGH_EXCESS_DB = 15
const HIGH_EXCESS_SURE_DB = 22
/** Alone in its strength. */
const PEAK_EXCESS_DB = 20
const PEAK_EXCESS_SURE_DB = 30

/** 0 to 1: how much a site stands out of those that felt the same, so that what it felt was close to it. */
export function standsOut(here: Felt, others: readonly Felt[]): number {
  if (others.length === 0) return 0
  const peakDb = overDb(here.peakMPerS, Math.max(...others.map((f) => f.peakMPerS)))
  const highDb = overDb(here.highMPerS, Math.max(...others.map((f) => f.highMPerS)))
  const quick = here.codaDbPerS !== null && here.codaDbPerS < -QUICK_DB_PER_S
  const high = ramp(highDb - Math.max(0, peakDb), HIGH_EXCESS_DB / 2, HIGH_EXCESS_DB)
  return Math.max(
    ramp(peakDb, PEAK_EXCESS_DB, PEAK_EXCESS_SURE_DB),
    ramp(highDb, HIGH_EXCESS_DB, HIGH_EXCESS_SURE_DB) * (quick ? 1 : Math.max(high, ramp(here.blast, 0.5, 0.9))),
  )
}
/** A shot within some hundred metres dies so fast (`event-class.ts`). */
export const QUICK_DB_PER_S = 12

const overDb = (one: number, other: number): number => (one <= 0 ? -60 : other <= 0 ? 60 : 20 * Math.log10(one / other))
