import { Networks } from '@minewarden/cloud/core/detection/network/networks.ts'
import { createSiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import type { Attribution } from '@minewarden/protocol/attribution.ts'
import type { EventFinding, Finding, StateFinding } from '@minewarden/protocol/finding.ts'
import { GatewayId } from '@minewarden/protocol/ids.ts'
import type { LicensedQuarry } from '@minewarden/protocol/quarry.ts'
import type { FieldsOf, Reading } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { event, siteOf } from './detection.ts'

/** A county of sites on a plane, and sources that shake them, for tests of what many felt. */

export interface Kilometres {
  readonly east: number
  readonly north: number
}

const DEGREE_KM = 111.195
const SOUTH_WEST = { latitude: 26, longitude: 111 }
export const placeAt = ({ east, north }: Kilometres) => ({
  latitude: SOUTH_WEST.latitude + north / DEGREE_KM,
  longitude: SOUTH_WEST.longitude + east / (DEGREE_KM * Math.cos((SOUTH_WEST.latitude * Math.PI) / 180)),
})

export const siteAt = (number: number, where: Kilometres): Site =>
  siteOf({ id: `450324-${String(number).padStart(4, '0')}`, ...placeAt(where) })

export interface Told {
  readonly site: Site
  readonly reading: Reading
}

/** Waves that distance has drawn out: low, long, dying slowly. */
const FAR_WAVES: Partial<FieldsOf<'event'>> = {
  durationS: 14,
  dominantHz: 4,
  centroidHz: 6,
  lowShare: 0.8,
  highShare: 0.03,
  attackS: 0.4,
  riseS: 1.5,
  firstRatio: 0.4,
  energyHalfS: 2.5,
  energySpanS: 7,
  decayS: 2,
  codaDbPerS: -4,
  impulses: 1,
  impulseIntervalS: 0,
  kurtosis: 6,
  snrTo45HzDb: 8,
}

/** A quarry some fifteen kilometres off: higher and shorter than an earthquake. */
export const DOUBTFUL: Partial<FieldsOf<'event'>> = { highShare: 0.12, lowShare: 0.45, snrDb: 30, durationS: 9 }

export const kmBetween = (a: Site, where: Kilometres): number => {
  const there = placeAt(where)
  const east = (a.longitude - there.longitude) * Math.cos((26 * Math.PI) / 180)
  return DEGREE_KM * Math.hypot(a.latitude - there.latitude, east)
}

/** A source that all sites feel, weaker with distance. @param peakAt10Km in m/s */
export function shake(
  sites: readonly Site[],
  where: Kilometres,
  originMs: number,
  { speed = 5.8, peakAt10Km = 2e-5, changes = {} as Partial<FieldsOf<'event'>> } = {},
): Told[] {
  return sites.map((site) => {
    const km = kmBetween(site, where)
    const peak = peakAt10Km * (Math.max(km, 0.3) / 10) ** -1.6
    const snrDb = Math.min(40, 20 * Math.log10(peak / 1e-7))
    const fields = { ...FAR_WAVES, snrDb, snrTo4HzDb: snrDb, snrTo9HzDb: snrDb, peakVelocityMPerS: peak, ...changes }
    return { site, reading: event(originMs + (1000 * km) / speed, fields) }
  })
}

/** The county's detectors and network; readings are fed in order of measurement, and two minutes pass. */
export function countyOf(sites: readonly Site[], quarries: readonly LicensedQuarry[] = []) {
  const detectors = new Map(sites.map((site) => [site.id, createSiteDetector(site)]))
  const networks = new Networks({ sites, quarries, utcOffsetHours: 8, memberOf: (site) => detectors.get(site) })
  const findings: Finding[] = []
  const advance = (at: Instant) => {
    for (const [site, detector] of detectors) findings.push(...detector.advanceTo(at), ...networks.exchange(site))
  }
  return {
    detectors,
    networks,
    findings,
    advance,
    play(told: readonly Told[]): Finding[] {
      const sorted = [...told].sort((a, b) => a.reading.measuredAt - b.reading.measuredAt)
      for (const { site, reading } of sorted) {
        advance(instant(reading.measuredAt - 1))
        const gateway = GatewayId.parse(`gw-${site.id}`)
        findings.push(...detectors.get(site.id)!.observe(gateway, reading, { historical: false }))
        findings.push(...networks.exchange(site.id))
      }
      const last = sorted.at(-1)!.reading.measuredAt
      for (let ms = 0; ms < 120_000; ms += 1000) advance(instant(last + ms))
      return findings
    },
  }
}

/** The last word on each event of a site. */
export function eventsAt(findings: readonly Finding[], site: Site): EventFinding[] {
  const told = new Map<number, EventFinding>()
  for (const f of findings) if (f.kind === 'event' && f.site === site.id) told.set(f.onset, f)
  return [...told.values()]
}

export const attributedAt = (findings: readonly Finding[], site: Site): Attribution | undefined =>
  eventsAt(findings, site).at(-1)?.attributed

/** The last state of a site. */
export const stateAt = (findings: readonly Finding[], site: Site): string =>
  findings.filter((f): f is StateFinding => f.kind === 'state' && f.site === site.id).at(-1)?.state ?? 'sealed'
