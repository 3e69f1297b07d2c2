/**
 * What an association was: near one site, or far from all that felt it, and then what. A site that stands out of the
 * others is taken out before the rest is judged: a mine may fire while an earthquake passes.
 */
import type { Attribution } from '@minewarden/protocol/attribution.ts'
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { LicensedQuarry } from '@minewarden/protocol/quarry.ts'
import { logistic, ramp } from '../evidence.ts'
import { leastDistanceKm, NEAR_KM, QUICK_DB_PER_S, standsOut } from './amplitude.ts'
import { type Association, nearShape } from './association.ts'
import type { Felt } from './felt.ts'
import { distanceKm, type Place } from './geometry.ts'
import { mayBlast, quarryAt } from './licence.ts'
import { type Located, median } from './locate.ts'
import { P_KM_PER_S, S_KM_PER_S } from './travel.ts'

export type PlaceOf = (site: SiteId) => Place

export interface County {
  readonly quarries: readonly LicensedQuarry[]
  readonly utcOffsetHours: number
  readonly placeOf: PlaceOf
}

/** What the network says to one site of one of its transients. */
export interface Judgement {
  readonly site: SiteId
  readonly key: string
  readonly onsetMs: number
  readonly attribution: Attribution
  /** Log-odds against the event having been near this site; 0 where that is not shown. */
  readonly against: number
}

/** The most that other sites may say against what a site itself has seen. */
const MOST_AGAINST = 8
/** Rounds of a licensed quarry, at their hour, are no surprise. */
const LICENSED_AGAINST = 1.5
/** No explosive shakes a county from farther. */
const QUARRY_REACH_KM = 45
/** What all members of an association have in common. */
export interface Verdict {
  readonly source: Attribution['source']
  readonly quarry: LicensedQuarry | null
  readonly nearSite: SiteId | null
  readonly located: Located | null
  readonly confidence: number
  /** Those that felt it from far. */
  readonly far: readonly Felt[]
}

export function verdictOf(association: Association, county: County): Verdict {
  const members = association.strongest
  const apart = members.filter((f) => standsOut(f, othersOf(f, members)) >= 0.5)
  const rest = members.filter((f) => !apart.some((a) => a.site === f.site))
  const located = association.located
  if (association.medium === 'air') {
    return { source: 'thunder', quarry: null, nearSite: null, located, confidence: 0.8, far: members }
  }
  const first = apart[0]
  // What one other site felt with it is its own wave there; what several felt alike is something else.
  if (first && rest.length < 2) {
    return { source: 'near', quarry: null, nearSite: first.site, located: null, confidence: 0.7, far: rest }
  }
  const quarry = quarryOf(rest, located, county)
  if (quarry) return { source: 'quarry', quarry, nearSite: null, located, confidence: 0.85, far: rest }
  return { ...kindOf(rest, located, county), quarry: null, nearSite: null, located, far: rest }
}

/** The licensed quarry that may have blasted there and then. */
function quarryOf(members: readonly Felt[], located: Located | null, county: County): LicensedQuarry | null {
  const atMs = members[0]?.onsetMs ?? 0
  const open = county.quarries.filter((quarry) => mayBlast(quarry, atMs, county.utcOffsetHours))
  if (open.length === 0) return null
  if (located) return quarryAt(open, located)
  return open.find((quarry) => isFrom(quarry, members, county)) ?? null
}

/** Whether onsets and lags of two sites agree with a source at a quarry. */
function isFrom(quarry: LicensedQuarry, members: readonly Felt[], { placeOf }: County): boolean {
  const [a, b] = members
  if (!a || !b) return false
  const km = members.map((f) => distanceKm(placeOf(f.site), quarry))
  if (Math.min(...km) < NEAR_KM + quarry.radiusKm || Math.max(...km) > 2 * QUARRY_REACH_KM) return false
  const lagS = (b.onsetMs - a.onsetMs) / 1000
  const errorS = Math.hypot(a.errorMs, b.errorMs) / 1000 + quarry.radiusKm / S_KM_PER_S
  const expected = [P_KM_PER_S, S_KM_PER_S].map((speed) => (km[1]! - km[0]!) / speed)
  return lagS >= Math.min(...expected) - errorS && lagS <= Math.max(...expected) + errorS
}

/** An earthquake and a quarry cannot be told apart by shape alone: by day and near by it may be either. */
function kindOf(
  members: readonly Felt[],
  located: Located | null,
  { placeOf, utcOffsetHours }: County,
): Pick<Verdict, 'source' | 'confidence'> {
  const share = blastShare(members)
  const nearestKm = located ? Math.min(...members.map((f) => distanceKm(placeOf(f.site), located))) : null
  if (located && nearestKm !== null && share >= 0.4) {
    const sure = nearestKm > NEAR_KM + located.uncertaintyKm && nearestKm < QUARRY_REACH_KM
    if (sure && isDay(members[0]?.onsetMs ?? 0, utcOffsetHours)) return { source: 'quarry', confidence: 0.5 }
  }
  return share < 0.5 ? { source: 'earthquake', confidence: 1 - share } : { source: 'far', confidence: 0.5 }
}

/** Of what members take it for, apart from all else. */
function blastShare(members: readonly Felt[]): number {
  const blast = members.reduce((sum, f) => sum + f.blast, 0)
  const quake = members.reduce((sum, f) => sum + f.earthquake, 0)
  return blast / Math.max(blast + quake, 1e-6)
}

/** Licensed rounds are fired by daylight. */
const isDay = (atMs: number, utcOffsetHours: number): boolean => {
  const hour = (((atMs / 3_600_000 + utcOffsetHours) % 24) + 24) % 24
  return hour >= 7 && hour <= 19
}

interface Weighed {
  readonly event: string
  readonly verdict: Verdict
  readonly sites: number
  /** Log-likelihood ratio of one source against chance, from the sites around this one. */
  readonly support: number
  /** Log-odds of one source before they were asked. */
  readonly prior: number
}

export function judgementOf(
  felt: Felt,
  { event, verdict, sites, support, prior }: Weighed,
  { placeOf }: County,
): Judgement {
  const { source, quarry, nearSite, located, confidence, far } = verdict
  const here = placeOf(felt.site)
  const isFar = far.some((f) => f.site === felt.site) || !isApart(felt, far)
  const from = quarry ?? (nearSite ? placeOf(nearSite) : located)
  const excused = quarry !== null || felt.air === 'thunder'
  const over = excused ? 0 : isOver(felt)
  const own = excused ? 0 : Math.max(over, hardlyOutvoted(felt, sites))
  const attribution: Attribution = {
    event,
    source: isFar ? source : 'near',
    // For each site, by what the others take it for.
    confidence:
      (source === 'earthquake' ? 1 - blastShare(othersOf(felt, far)) : confidence) *
      logistic(support + prior) *
      (isFar ? 1 - over : 1),
    sites,
    place: located
      ? { latitude: located.latitude, longitude: located.longitude, uncertaintyKm: located.uncertaintyKm }
      : null,
    distanceKm: isFar ? (from ? distanceKm(here, from) : lagDistanceKm(felt)) : null,
    quarry: isFar ? (quarry?.name ?? null) : null,
    nearSite: isFar ? nearSite : felt.site,
  }
  const shown = isFar && felt.air !== 'shot' && provenFar(felt, verdict, placeOf)
  const against = shown ? Math.min(MOST_AGAINST, Math.max(0, support) + (quarry ? LICENSED_AGAINST : 0)) : 0
  return {
    site: felt.site,
    key: felt.key,
    onsetMs: felt.onsetMs,
    attribution,
    against: against * (1 - own),
  }
}

/** 0 to 1: what looks like a shot near by and dies as fast has not come far, however many felt something with it. */
const isOver = (felt: Felt): number =>
  nearShape(felt) * ramp(-(felt.codaDbPerS ?? 0), QUICK_DB_PER_S, 1.6 * QUICK_DB_PER_S) * ramp(felt.snrDb, 22, 28)

/** 0 to 1: how far one other site, which may have felt something by chance, or two, do not acquit what looks near. */
const hardlyOutvoted = (felt: Felt, sites: number): number => nearShape(felt) / Math.max(1, 2 * (sites - 2))

const isApart = (felt: Felt, far: readonly Felt[]): boolean => standsOut(felt, othersOf(felt, far)) >= 0.5

/** Amplitudes leave no room for a source at this site: by half of the sites that it is compared with. */
function provenFar(felt: Felt, { source, far, nearSite }: Verdict, placeOf: PlaceOf): boolean {
  // Sound, not ground: what it shook the ground with says nothing of a distance.
  if (source === 'thunder') return true
  const here = placeOf(felt.site)
  if (nearSite) return distanceKm(here, placeOf(nearSite)) > 2 * NEAR_KM
  const bounds = othersOf(felt, far).map((f) => leastDistanceKm(felt, f, distanceKm(here, placeOf(f.site))))
  return bounds.length > 0 && median(bounds) >= NEAR_KM
}

/** P at 6 km/s, S at 3.5. */
const lagDistanceKm = ({ lagS }: Felt): number | null => (lagS === null ? null : 8 * lagS)

const othersOf = (felt: Felt, members: readonly Felt[]): Felt[] => members.filter((f) => f.site !== felt.site)
