import type { Site } from '@minewarden/protocol/site.ts'
import type { RegisteredFleet } from './cardinality.ts'

/** Tags that say where something is. */
export interface PlaceTags {
  readonly county: string
  readonly township: string | null
  readonly site: string
}

export const placeOf = ({ county, township, id }: Site): PlaceTags => ({ county, township: township ?? null, site: id })

/** The place of each gateway; one that stands at no configured site has none. */
export function placesOfGateways({
  sites,
  gateways,
}: Pick<RegisteredFleet, 'sites' | 'gateways'>): ReadonlyMap<string, PlaceTags> {
  const places = new Map<string, PlaceTags>(sites.map((site) => [site.id, placeOf(site)]))
  return new Map(
    gateways.flatMap(({ id, site }): [string, PlaceTags][] => {
      const place = places.get(site)
      return place ? [[id, place]] : []
    }),
  )
}
