/** The networks of all counties, between the detectors of their sites: what one feels, the others may have felt. */
import type { Finding } from '@minewarden/protocol/finding.ts'
import type { CountyCode, SiteId } from '@minewarden/protocol/ids.ts'
import type { LicensedQuarry } from '@minewarden/protocol/quarry.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { NetworkMember } from '../site-detector.ts'
import { CountyNetwork } from './county-network.ts'
import { createNeighbours } from './neighbours.ts'

export interface NetworksDeps {
  readonly sites: readonly Site[]
  readonly quarries: readonly LicensedQuarry[]
  readonly utcOffsetHours: number
  /** One that knows nothing of networks stays out of them. */
  readonly memberOf: (site: SiteId) => Partial<NetworkMember> | undefined
  readonly snapshotOf?: (county: CountyCode) => unknown
}

export class Networks {
  readonly #deps: NetworksDeps
  readonly #ofSite = new Map<SiteId, { readonly county: CountyCode; readonly network: CountyNetwork }>()
  readonly #networks = new Map<CountyCode, CountyNetwork>()
  readonly #changed = new Set<CountyCode>()

  constructor(deps: NetworksDeps) {
    this.#deps = deps
    for (const [county, sites] of byCounty(deps.sites)) {
      const quarries = deps.quarries.filter((quarry) => quarry.county === county)
      // A site alone feels nothing with others; it may still feel a quarry.
      if (sites.length < 2 && quarries.length === 0) continue
      const places = new Map(sites.map((site) => [site.id, site]))
      const network = new CountyNetwork(
        {
          name: county,
          quarries,
          utcOffsetHours: deps.utcOffsetHours,
          placeOf: (site) => places.get(site)!,
          neighboursOf: createNeighbours(sites),
        },
        deps.snapshotOf?.(county),
      )
      this.#networks.set(county, network)
      for (const site of sites) this.#ofSite.set(site.id, { county, network })
    }
  }

  /** After a site has taken readings in. @param onChanged a site whose detector has changed by it */
  exchange(site: SiteId, onChanged: (site: SiteId) => void = () => undefined): Finding[] {
    const felt = this.#deps.memberOf(site)?.takeFelt?.() ?? []
    const here = this.#ofSite.get(site)
    if (felt.length === 0 || !here) return []
    this.#changed.add(here.county)
    return felt
      .flatMap((one) => here.network.feel(one))
      .flatMap(({ site: to, key, onsetMs, attribution, against }) => {
        onChanged(to)
        return this.#deps.memberOf(to)?.attribute?.(key, onsetMs, { attribution, against }) ?? []
      })
  }

  /** Of the counties that changed since they were last {@link saved}, as plain JSON. */
  snapshots(): { readonly county: CountyCode; readonly snapshot: unknown }[] {
    return [...this.#changed].map((county) => ({ county, snapshot: this.#networks.get(county)?.snapshot() }))
  }

  saved(): void {
    this.#changed.clear()
  }
}

function byCounty(sites: readonly Site[]): Map<CountyCode, Site[]> {
  const counties = new Map<CountyCode, Site[]>()
  for (const site of sites) {
    if (!Number.isFinite(site.latitude) || !Number.isFinite(site.longitude)) continue
    const known = counties.get(site.county)
    if (known) known.push(site)
    else counties.set(site.county, [site])
  }
  return counties
}
