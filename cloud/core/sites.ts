/** The present state of every site, gateway and sensor, put together from findings, births, deaths and committed rows. */
import type { EventFinding, Finding, StateFinding } from '@minewarden/protocol/finding.ts'
import type { GatewayId, SensorId, SiteId } from '@minewarden/protocol/ids.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { HostAction } from '@minewarden/protocol/sparkplug/host-session.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { FindingsStore } from './findings-port.ts'
import type { Journal } from './journal-port.ts'
import type { GatewayView, JournalRow, Live, SitesService, SiteView } from './ports.ts'

export interface SitesDeps {
  readonly sites: readonly Site[]
  readonly gateways: readonly { readonly id: GatewayId; readonly site: SiteId }[]
  readonly findings: Pick<FindingsStore, 'latest' | 'lastState' | 'lastEvent'>
  readonly journal: Pick<Journal, 'lastMeasuredAt'>
  readonly live: Pick<Live, 'publish'>
}

interface Gateway {
  readonly id: GatewayId
  readonly site: SiteId
  online: boolean
  since: Instant | null
  lastReadingAt: Instant | null
  readonly sensors: Map<SensorId, { online: boolean; state: string }>
}

interface Judged {
  state: StateFinding | null
  event: EventFinding | null
}

/** A sensor of which nothing was heard. */
const UNKNOWN = 'unknown'
/** A reading within this time of the newest one is news for a page; a backlog is not. */
const NEWS_MS = 60_000

export class Sites implements SitesService {
  readonly #deps: SitesDeps
  readonly #sites: ReadonlyMap<SiteId, Site>
  readonly #judged = new Map<SiteId, Judged>()
  readonly #gateways = new Map<string, Gateway>()

  constructor(deps: SitesDeps) {
    this.#deps = deps
    this.#sites = new Map(deps.sites.map((site) => [site.id, site]))
    for (const { id } of deps.sites)
      this.#judged.set(id, { state: deps.findings.lastState(id), event: deps.findings.lastEvent(id) })
    for (const { id, site } of deps.gateways) this.#gateways.set(id, this.#gateway(id, site))
  }

  list(): SiteView[] {
    return [...this.#sites.values()].map((site) => this.#view(site))
  }

  get(id: SiteId): SiteView | null {
    const site = this.#sites.get(id)
    return site ? this.#view(site) : null
  }

  findings(id: SiteId, limit: number): Finding[] {
    return this.#deps.findings.latest(id, limit)
  }

  siteOf(gateway: GatewayId): Site | null {
    const known = this.#gateways.get(gateway)
    return known ? (this.#sites.get(known.site) ?? null) : null
  }

  /** A gateway or a sensor came or went. */
  presence(id: GatewayId, action: HostAction): void {
    const gateway = this.#gateways.get(id)
    if (!gateway) return
    if (action.kind === 'node-online' || action.kind === 'node-offline') {
      gateway.online = action.kind === 'node-online'
      gateway.since = action.at
    } else if (action.kind === 'device-online' || action.kind === 'device-offline') {
      this.#sensor(gateway, action.device as SensorId).online = action.kind === 'device-online'
    } else return
    this.#tell(gateway.site)
  }

  /** The state that a sensor's birth declares. */
  sensorState(id: GatewayId, sensor: SensorId, state: string): void {
    const gateway = this.#gateways.get(id)
    if (!gateway) return
    const known = this.#sensor(gateway, sensor)
    if (known.state === state) return
    known.state = state
    this.#tell(gateway.site)
  }

  /** Rows that were just committed. */
  committed(rows: readonly JournalRow[]): void {
    for (const { gateway: id, reading, historical, receivedAt } of rows) {
      const gateway = this.#gateways.get(id)
      if (!gateway) continue
      // Nothing was measured later than now: a clock that ran ahead must not make all that follows look old.
      const measuredAt = earlier(reading.measuredAt, receivedAt)
      const last = gateway.lastReadingAt === null ? measuredAt : earlier(gateway.lastReadingAt, receivedAt)
      const isNews = measuredAt >= last - NEWS_MS
      gateway.lastReadingAt = isAfter(measuredAt, last) ? measuredAt : last
      if (!isNews || historical) continue
      if (reading.kind === 'sensor' && reading.sensor !== null)
        this.sensorState(id, reading.sensor, reading.fields.state ?? UNKNOWN)
      if (reading.kind !== 'waveform' && reading.kind !== 'picture')
        this.#deps.live.publish({ kind: 'reading', site: gateway.site, gateway: id, reading })
    }
  }

  /** A finding that is on the disk. */
  found(finding: Finding, number?: number): void {
    const judged = this.#judged.get(finding.site)
    if (!judged) return
    if (finding.kind === 'state') judged.state = finding
    else if (finding.kind === 'event') {
      judged.event = finding
      this.#deps.live.publish({ kind: 'event', event: finding, ...(number === undefined ? {} : { number }) })
    }
    this.#tell(finding.site)
  }

  #tell(id: SiteId): void {
    const site = this.get(id)
    if (site) this.#deps.live.publish({ kind: 'site', site })
  }

  #gateway(id: GatewayId, site: SiteId): Gateway {
    const lastReadingAt = this.#deps.journal.lastMeasuredAt(id)
    const gateway: Gateway = { id, site, online: false, since: null, lastReadingAt, sensors: new Map() }
    for (const sensor of this.#sites.get(site)?.sensors ?? [])
      if (sensor.gateway === id) gateway.sensors.set(sensor.id, { online: false, state: UNKNOWN })
    return gateway
  }

  /** Sensors that nobody registered are shown too: the gateway has them. Their number is bounded by its session. */
  #sensor(gateway: Gateway, id: SensorId): { online: boolean; state: string } {
    const known = gateway.sensors.get(id)
    if (known) return known
    const sensor = { online: false, state: UNKNOWN }
    gateway.sensors.set(id, sensor)
    return sensor
  }

  #view(site: Site): SiteView {
    const { state, event } = this.#judged.get(site.id) ?? { state: null, event: null }
    return {
      id: site.id,
      name: site.name,
      state: state?.state ?? 'sealed',
      probability: state?.probability ?? 0,
      since: (state?.at ?? null) as Instant | null,
      because: state?.because ?? [],
      site,
      gateways: [...this.#gateways.values()].filter((gateway) => gateway.site === site.id).map(viewGateway),
      lastEvent: event,
    }
  }
}

const viewGateway = ({ id, online, since, lastReadingAt, sensors }: Gateway): GatewayView => ({
  id,
  online,
  since,
  lastReadingAt,
  sensors: [...sensors].map(([sensor, { online: isOnline, state }]) => ({ id: sensor, online: isOnline, state })),
})

const isAfter = (one: Instant, other: Instant): boolean => one > other
const earlier = (one: Instant, other: Instant): Instant => (isAfter(one, other) ? other : one)
