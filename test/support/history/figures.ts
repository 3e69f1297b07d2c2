import type { HistoryField } from '@minewarden/cloud/core/history/field.ts'
import { FLEET_MEASUREMENTS } from '@minewarden/cloud/core/history/fleet-measurements.ts'
import type { HistoryPoint, Measurement } from '@minewarden/cloud/core/history/measurement.ts'
import type { TagName } from '@minewarden/cloud/core/history/tags.ts'
import { ORDER_STATES } from '@minewarden/cloud/core/ports.ts'
import { MINUTE_MS } from './fleet.ts'

/** Which of its values a place has: sites are told apart by number, everything else follows. */
const tagsOf = (site: number, minute: number): { readonly [T in TagName]: string } => ({
  ...{ county: '450324', township: String(450324100 + (site % 10)), site: `site-${site}`, gateway: `gateway-${site}` },
  ...{ sensor: 'geophone-0', channel: 'HHZ', onPhase: 'A', period: '60', supplier: 'grid-company', host: 'minewarden' },
  orderState: ORDER_STATES[minute % ORDER_STATES.length] ?? 'other',
  ...SCOPES[site % SCOPES.length]!,
})
const SCOPES = [
  { scope: 'all', code: 'all' },
  { scope: 'county', code: '450324' },
  { scope: 'township', code: '450324100' },
  { scope: 'area', code: 'key' },
  { scope: 'area', code: 'general' },
]

/** Values that panels tell from others; the rest are waves about one. */
const GIVEN: { readonly [field: string]: (site: number, minute: number) => number | string } = {
  level: (site) => (site % 10 === 3 ? 3 : site % 10 === 7 ? 1 : 0),
  latitude: (site) => 25.5 + site / 100,
  longitude: (site) => 110.5 + site / 90,
  online: (site) => (site % 10 === 5 ? 0 : 1),
  sensorsTroubled: (site) => (site % 10 === 5 ? 2 : 0),
  name: (site) => `site ${site}`,
}

function waveOf(name: string, { type }: HistoryField, site: number, minute: number): number | string | boolean {
  const given = GIVEN[name]?.(site, minute)
  if (given !== undefined) return type === 'flag' ? given === 1 : given
  if (type === 'text') return `${name} of site ${site}`
  return type === 'flag' ? site % 2 === 1 : 1 + Math.sin(minute / 9 + site)
}

/** What the fleet manager writes of so many sites in one minute: a point of each declared series, every field given. */
export function figuresOf(sites: number, atMs: number): HistoryPoint[] {
  const minute = Math.floor(atMs / MINUTE_MS)
  return Object.entries<Measurement>(FLEET_MEASUREMENTS).flatMap(([measurement, { tags, fields }]) => {
    const ofPlaces = tags.includes('site') || tags.includes('scope')
    return Array.from({ length: ofPlaces ? sites : 1 }, (_, site): HistoryPoint => {
      const own = tagsOf(site, minute)
      return {
        ...{ measurement, atMs },
        tags: Object.fromEntries(tags.map((tag) => [tag, own[tag]])),
        fields: Object.fromEntries(
          Object.entries(fields).map(([name, field]) => [name, waveOf(name, field, site, minute)]),
        ),
      }
    })
  })
}
