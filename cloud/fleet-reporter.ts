/**
 * Writes what the fleet manager knows of the fleet into the history: each minute how everything stands, a site at each
 * change, every finding from a persisted place, and every line of every order. A database that is away for an hour gets
 * all of it later; what is a fact is never dropped, of the minutes the oldest are when too many wait.
 */
import type { Reason } from '@minewarden/protocol/finding.ts'
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { CloudConfig } from './config.ts'
import { Consumer } from './core/consumer.ts'
import type { RecordedFinding } from './core/findings-port.ts'
import { appliancePoints } from './core/history/appliance-points.ts'
import type { HistoryCounts, PointSink } from './core/history/engine.ts'
import { findingPoint, type ReasonWords } from './core/history/finding-points.ts'
import { fleetManagerPoint } from './core/history/fleet-manager-point.ts'
import { GatewayWatch } from './core/history/gateway-watch.ts'
import type { HistoryPoint } from './core/history/measurement.ts'
import { MinuteBuffer } from './core/history/minute-buffer.ts'
import { isOpen, orderPoints, ordersPoint } from './core/history/order-points.ts'
import { countyPoint, gatewayPoint, probesPoints, sitePoint } from './core/history/place-points.ts'
import { placeOf } from './core/history/places.ts'
import type { JournalRow, Live, Logger, OrdersService, OrderView, SiteView } from './core/ports.ts'
import type { Intake } from './intake.ts'
import { createProcessFigures } from './shell/process-figures.ts'
import { repeatEach } from './shell/repeat.ts'

export interface FleetReporterDeps {
  readonly config: Pick<CloudConfig, 'sites' | 'gateways' | 'suppliers' | 'hostId'>
  readonly sink: PointSink
  readonly historyCounts: HistoryCounts
  readonly intake: Pick<Intake, 'sites' | 'probes' | 'counts' | 'lags' | 'findings' | 'snapshotOf' | 'freeDiskBytes'>
  readonly orders: Pick<OrdersService, 'list' | 'get'>
  readonly live: Live
  readonly wordsOf: (reason: Reason, language: 'zh' | 'en') => string
  readonly clock: Clock
  readonly logger: Logger
  /** Of the product. */
  readonly version: string
  readonly minuteMs?: Millis
  readonly pauseMs?: Millis
}

export interface FleetReporter extends AsyncDisposable {
  /** Fed with committed readings. */
  onReading(row: JournalRow): void
  start(): void
}

const MINUTE_MS: Millis = 60_000
const SOON_MS: Millis = 1_000
const FINDINGS_AT_ONCE = 200
/** Points of one write. */
const WRITE_POINTS = 5_000
/** Between so many sites everything else has its turn. */
const SITES_AT_ONCE = 20
const ORDERS_AT_ONCE = 100
/** After a write that failed. */
const PAUSE_MS: Millis = 10_000
/** Under this name the findings keep our place. */
const CONSUMER = 'history'

export function createFleetReporter(deps: FleetReporterDeps): FleetReporter {
  const { config, sink, intake, orders, live, clock, logger } = deps
  const stop = new AbortController()
  const running: Promise<void>[] = []
  const watch = new GatewayWatch()
  const buffer = new MinuteBuffer()
  const figures = createProcessFigures()
  const siteOf = new Map<string, Site>(config.sites.map((site) => [site.id, site]))
  const changedSites = new Set<SiteId>()
  const changedOrders = new Set<OrderView['id']>()
  const wordsOf: ReasonWords = deps.wordsOf
  let pausedUntil = Number.NEGATIVE_INFINITY
  let last = { atMs: clock.monotonic(), rows: intake.counts.rows }

  const pointsOfSite = (view: SiteView, open: number): HistoryPoint[] => [
    sitePoint(view, open, clock.now()),
    ...view.gateways.map((gateway) =>
      gatewayPoint(gateway, placeOf(view.site), watch.figuresOf(gateway.id), clock.now()),
    ),
  ]
  const openBySite = () => Map.groupBy(orders.list().filter(isOpen), ({ site }) => site)

  const ofOwn = (gatewaysOnline: number): HistoryPoint => {
    const atMs = clock.monotonic()
    const { rows } = intake.counts
    const rowsPerS = ((rows - last.rows) * 1000) / Math.max(1, atMs - last.atMs)
    last = { atMs, rows }
    return fleetManagerPoint(
      {
        ...{ ingest: intake.counts, history: deps.historyCounts, lags: intake.lags, process: figures.take(), rowsPerS },
        diskFreeBytes: intake.freeDiskBytes(),
        ...{ gateways: config.gateways.length, gatewaysOnline, sites: config.sites.length, version: deps.version },
      },
      config.hostId,
      clock.now(),
    )
  }

  const ofCounties = (views: readonly SiteView[], listed: readonly OrderView[]): HistoryPoint[] =>
    [...Map.groupBy(views, ({ site }) => site.county)].flatMap(([county, sites]) => {
      const own = listed.filter(({ site }) => siteOf.get(site)?.county === county)
      return [
        countyPoint(county, sites, own.filter(isOpen).length, clock.now()),
        ...config.suppliers.map(({ id: supplier }) =>
          ordersPoint(
            own.filter((order) => order.supplier === supplier),
            { county, supplier },
            clock.now(),
          ),
        ),
      ]
    })

  const everyMinute = async (): Promise<void> => {
    const views = intake.sites.list()
    const listed = orders.list()
    const open = Map.groupBy(listed.filter(isOpen), ({ site }) => site)
    const online = views.flatMap(({ gateways }) => gateways).filter((gateway) => gateway.online).length
    buffer.add([ofOwn(online), ...ofCounties(views, listed), ...probesPoints(intake.probes.counts(), clock.now())])
    for (const [i, view] of views.entries()) {
      if (stop.signal.aborted) return
      const place = placeOf(view.site)
      buffer.add(pointsOfSite(view, open.get(view.id)?.length ?? 0))
      if (view.site.sensors.some(({ kind }) => kind === 'power-meter'))
        buffer.add(appliancePoints(intake.snapshotOf(view.id), place, clock.now()))
      if (i % SITES_AT_ONCE === SITES_AT_ONCE - 1) await clock.sleep(1, stop.signal).catch(() => {})
    }
    await flush()
  }

  const flush = async (): Promise<void> => {
    while (buffer.length > 0 && !stop.signal.aborted) {
      const points = buffer.take(WRITE_POINTS)
      await sink.writePoints(points).catch((error: unknown) => {
        buffer.putBack(points)
        pausedUntil = clock.monotonic() + (deps.pauseMs ?? PAUSE_MS)
        throw error
      })
    }
  }

  /** What changed is written soon; an order that cannot be written stays changed. */
  const soon = async (): Promise<void> => {
    if (changedSites.size > 0) {
      const open = openBySite()
      for (const id of changedSites) {
        const view = intake.sites.get(id)
        if (view) buffer.add(pointsOfSite(view, open.get(id)?.length ?? 0))
      }
      changedSites.clear()
    }
    if (clock.monotonic() < pausedUntil) return
    await flush()
    const told = [...changedOrders].slice(0, ORDERS_AT_ONCE)
    await sink.writePoints(
      told.flatMap((id) => {
        const order = orders.get(id)
        const site = order && siteOf.get(order.site)
        return site ? orderPoints(order, placeOf(site)) : []
      }),
    )
    for (const id of told) changedOrders.delete(id)
  }

  const findings = new Consumer<RecordedFinding>(
    {
      name: 'findings to history',
      from: intake.findings.offsetOf(CONSUMER),
      read: (after, limit) => intake.findings.read(after, limit),
      async deal(recorded) {
        await sink.writePoints(
          recorded.flatMap((one) => {
            const site = siteOf.get(one.finding.site)
            return site ? [findingPoint(one, placeOf(site), wordsOf)] : []
          }),
        )
        const newest = recorded.at(-1)
        if (newest) intake.findings.advance(CONSUMER, newest.offset)
      },
      batch: FINDINGS_AT_ONCE,
      lingerMs: SOON_MS,
    },
    { clock, logger },
  )
  const unsubscribe = live.subscribe((event) => {
    if (event.kind === 'site') changedSites.add(event.site.id)
    else if (event.kind === 'order') changedOrders.add(event.order.id)
    if (event.kind === 'site' || event.kind === 'event') findings.notify()
  })

  return {
    onReading: (row) => watch.take(row),
    start() {
      // The stories of all orders once more: what was told while nobody listened is there, and the rest is as it was.
      for (const { id } of orders.list()) changedOrders.add(id)
      const tasks = { clock, logger, signal: stop.signal }
      running.push(repeatEach(deps.minuteMs ?? MINUTE_MS, everyMinute, tasks), repeatEach(SOON_MS, soon, tasks))
      running.push(findings.run(stop.signal))
    },
    async [Symbol.asyncDispose]() {
      unsubscribe()
      stop.abort(new Error('stopping'))
      await Promise.all(running)
      figures[Symbol.dispose]()
    },
  }
}
