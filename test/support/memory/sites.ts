import type { Finding, StateFinding } from '@minewarden/protocol/finding.ts'
import { GatewayId, SensorId, SiteId } from '@minewarden/protocol/ids.ts'
import { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { SitesService, SiteView } from '../../../cloud/core/ports.ts'

/** Sites in a map that a test may change. */
export interface MemorySites extends SitesService {
  put(view: SiteView): void
  addFinding(finding: Finding): void
}

export function createMemorySites(views: readonly SiteView[]): MemorySites {
  const sites = new Map<string, SiteView>(views.map((view) => [view.id, view]))
  const findings = new Map<string, Finding[]>()
  return {
    list: () => [...sites.values()],
    get: (id) => sites.get(id) ?? null,
    findings: (id, limit) => (findings.get(id) ?? []).slice(0, limit),
    put: (view) => void sites.set(view.id, view),
    addFinding: (finding) => void findings.set(finding.site, [finding, ...(findings.get(finding.site) ?? [])]),
  }
}

export interface SiteSketch {
  readonly id: string
  readonly name: string
  readonly latitude: number
  readonly longitude: number
  readonly state?: StateFinding['state']
  readonly probability?: number
  readonly since?: Instant
  readonly because?: StateFinding['because']
  readonly online?: boolean
}

/** A sealed mine with one gateway, its four sensors and one supply point without life safety. */
export function sketchSite(sketch: SiteSketch, now: Instant): SiteView {
  const gateway = GatewayId.parse(`gw-${sketch.id}`)
  const kinds = { 'geo-1': 'geophone', 'air-1': 'air-pressure', 'meter-1': 'power-meter', 'probe-1': 'camera-probe' }
  const site = Site.parse({
    id: sketch.id,
    name: sketch.name,
    county: '450324',
    latitude: sketch.latitude,
    longitude: sketch.longitude,
    closedOn: '2021-06-30',
    area: 'key',
    expectedLoads: [{ name: '抽水泵', ratedW: 7500 }],
    permits: [],
    sensors: Object.entries(kinds).map(([id, kind]) => ({ gateway, id, kind })),
    supplyPoints: [
      {
        id: `sp-${sketch.id}`,
        supplier: 'county-power',
        customerNumber: '0324500178',
        location: '10kV 石塘线 47 号杆 T 接，专用变',
        method: 'remote-switch',
        loadClass: 'A',
        loads: ['破碎机', '地面皮带', '工棚'],
        surveyedOn: '2026-03-12',
        residents: false,
        meter: { gateway, sensor: 'meter-1' },
      },
    ],
  })
  const online = sketch.online ?? true
  return {
    id: SiteId.parse(sketch.id),
    name: sketch.name,
    state: sketch.state ?? 'sealed',
    probability: sketch.probability ?? 0.02,
    since: sketch.since ?? instant(now - 86 * 3_600_000),
    because: sketch.because ?? [{ code: 'quiet', values: { hours: 86 } }],
    site,
    gateways: [
      {
        id: gateway,
        online,
        since: instant(now - 5 * 3_600_000),
        lastReadingAt: instant(online ? now - 1200 : now - 2_460_000),
        sensors: Object.keys(kinds).map((id) => ({
          id: SensorId.parse(id),
          online,
          state: online ? 'ok' : 'gateway-offline',
        })),
      },
    ],
    lastEvent: null,
  }
}
