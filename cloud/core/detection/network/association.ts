/** Transients at several sites that can be of one source, and how likely they are not by chance. Plain JSON. */
import { ramp } from '../evidence.ts'
import type { Felt } from './felt.ts'
import type { Located } from './locate.ts'
import { GROUND_REACH_KM, longestLagMs, THUNDER_REACH_KM } from './travel.ts'

export interface Association {
  /** Counts the associations of a county; with the county it is an event's name. */
  readonly number: number
  members: Felt[]
  /** Those of them that are known best. */
  strongest: Felt[]
  medium: 'ground' | 'air'
  located: Located | null
  newestMs: number
  /** How many members there were when it was last judged and told. */
  toldAt: number
}

/** Transients of one site that may be far events, as a count that decays: what chance brings. */
export interface Rate {
  count: number
  atMs: number
}

const RATE_MS = 30 * 60_000
/** A site of which nothing has been heard for so long does not count as one that felt nothing. */
const ALIVE_MS = 6 * 3_600_000
/** A short memory must not take chance for impossible. */
const LEAST_PER_S = 6 / 3600

export function countFelt(rate: Rate | undefined, atMs: number): Rate {
  if (!rate) return { count: 1, atMs }
  const elapsedMs = Math.max(0, atMs - rate.atMs)
  return { count: 1 + rate.count * Math.exp(-elapsedMs / RATE_MS), atMs: Math.max(rate.atMs, atMs) }
}

const perSecond = (rate: Rate | undefined, atMs: number): number =>
  rate
    ? Math.max(LEAST_PER_S, (rate.count * Math.exp(-Math.abs(atMs - rate.atMs) / RATE_MS)) / (RATE_MS / 1000))
    : LEAST_PER_S

/** A county feels an earthquake, a quarry or a clap together about so often. */
const TOGETHER_PER_H = 0.2
/** Transients a site has by itself, at the least. */
const LEAST_OWN_PER_H = 0.5

/** Log-odds, before any other site is asked, that a transient is one that others feel too, and none of the site's own. */
export const priorOfTogether = (rate: Rate | undefined): number =>
  Math.log(TOGETHER_PER_H / Math.max(LEAST_OWN_PER_H, ((rate?.count ?? 1) - 1) * (3_600_000 / RATE_MS)))

export const isAlive = (rate: Rate | undefined, atMs: number): boolean =>
  !!rate && Math.abs(atMs - rate.atMs) < ALIVE_MS

/** What a source that one site felt is felt with at another one. */
const SEEN = 0.7
const MOST_FOR_ONE = 3.5
const LEAST_FOR_ONE = -2

/** Probability that a site brings a candidate by chance, in the time that one source could take to it. */
export function chance(rate: Rate | undefined, km: number, a: Felt, medium: 'ground' | 'air'): number {
  const windowS = (2 * longestLagMs(km, a, a, medium)) / 1000
  return 1 - Math.exp(-perSecond(rate, a.onsetMs) * windowS)
}

/** Log-likelihood ratio of one source against chance, from what a site felt with it. */
export const forOne = (a: Felt, b: Felt, km: number, byChance: number): number =>
  Math.min(MOST_FOR_ONE, Math.max(LEAST_FOR_ONE, Math.log(SEEN / byChance) + alike(a, b))) -
  TWO_NEAR * Math.min(nearShape(a), nearShape(b)) * ramp(km, 2, 6)

/** One source is not near two sites that are kilometres apart: two mines fire, each at its own. */
const TWO_NEAR = 6

/** 1 for what a site by itself takes for a shot near by, and that does not die as slowly as waves from far. */
export const nearShape = ({ blast, earthquake, codaDbPerS }: Felt): number =>
  ramp(blast - earthquake, 0.2, 0.6) * (codaDbPerS === null ? 1 : ramp(-codaDbPerS, 5, 10))

/** The same from a site that felt nothing; the stronger the event here, the more that says. */
export const againstOne = (a: Felt, byChance: number): number =>
  Math.log((1 - SEEN_AT_MOST * ramp(a.snrDb, 10, 36)) / (1 - Math.min(byChance, 0.9)))
const SEEN_AT_MOST = 0.6

/** Whether one source can be behind two onsets at places so far apart. */
export function fits(a: Felt, b: Felt, km: number, medium: 'ground' | 'air'): boolean {
  if (km > (medium === 'air' ? THUNDER_REACH_KM : GROUND_REACH_KM)) return false
  return Math.abs(a.onsetMs - b.onsetMs) <= longestLagMs(km, a, b, medium)
}

/** -4 to 1: one source shakes two places for times, and with frequencies, that are not far from each other. */
function alike(a: Felt, b: Felt): number {
  const length = Math.abs(Math.log2(Math.max(1, a.durationS) / Math.max(1, b.durationS)))
  const strengthDb = Math.abs(20 * Math.log10(Math.max(a.peakMPerS, 1e-9) / Math.max(b.peakMPerS, 1e-9)))
  const far = Math.min(a.earthquake + a.blast, b.earthquake + b.blast)
  return ramp(far, 0.1, 0.5) - 1.5 * ramp(length, 1.2, 2.5) - 1.5 * ramp(strengthDb, 26, 45) - ramp(0.1 - far, 0, 0.1)
}

/** Members that amplitudes and places are compared with. */
const COMPARED = 16

/** The newcomer takes the weakest one's place when there are enough. */
export function keepStrongest(kept: Felt[], felt: Felt): void {
  kept.push(felt)
  if (kept.length <= COMPARED) return
  const weakest = kept.reduce((w, f, i) => (f.snrDb < kept[w]!.snrDb ? i : w), 0)
  kept.splice(weakest, 1)
}
