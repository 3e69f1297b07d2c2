/**
 * The way of a reading inside the fleet manager, put together: transport -> ingest -> journal -> history and detection ->
 * findings -> orders. `start` begins to take rows; disposing stops in the opposite order and loses nothing.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { AfterCutFinding, Finding, StateFinding } from '@minewarden/protocol/finding.ts'
import { type GatewayId, SensorId, type SiteId } from '@minewarden/protocol/ids.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { IDENTITY_METRICS } from '@minewarden/protocol/sparkplug/birth.ts'
import { type Clock, instant } from '@minewarden/protocol/time.ts'
import type { CloudConfig } from './config.ts'
import { MAX_CONSUMER_LAG_ROWS, MAX_HISTORY_LAG_ROWS } from './core/back-pressure.ts'
import { type Birth, createStoredDecoder } from './core/born-layout.ts'
import { Consumer } from './core/consumer.ts'
import type { SupplyOrder } from './core/detection/cut-watch.ts'
import { DEFAULT_PARAMETERS } from './core/detection/parameters.ts'
import { type DetectionDeps, DetectionDesk } from './core/detection-desk.ts'
import type { FindingsStore, RecordedFinding } from './core/findings-port.ts'
import type { HistoryEngine, HistoryMirror } from './core/history/engine.ts'
import type { HostTransport } from './core/host-transport.ts'
import { Ingest } from './core/ingest.ts'
import { createPictures, type PicturesDeps, type PicturesService } from './core/pictures.ts'
import type { History, JournalRow, JournalWindow, Live, Logger } from './core/ports.ts'
import { ProbeBoard } from './core/probes/probe-board.ts'
import { Sites } from './core/sites.ts'
import { createTuning, type TuningService } from './core/tuning/tuning.ts'
import { createWaveforms, type WaveformsService } from './core/waveforms.ts'
import { openFindings } from './shell/findings-sqlite.ts'
import { GroupCommit } from './shell/group-commit.ts'
import { openSqliteHistory } from './shell/history-sqlite.ts'
import { openJournal } from './shell/journal.ts'
import { openProbesFile, type PictureRow } from './shell/probes-sqlite.ts'
import { repeatEach } from './shell/repeat.ts'
import { openTuning } from './shell/tuning-sqlite.ts'

export interface IntakeDeps {
  readonly config: CloudConfig
  readonly transport: HostTransport
  readonly live: Live
  readonly clock: Clock
  readonly logger: Logger
  readonly audit: PicturesDeps['audit']
  /** Where readings are kept over time; without it the embedded history of the configuration. */
  readonly history?: HistoryEngine
  /** Takes every reading too, and answers nothing. */
  readonly mirror?: HistoryMirror
  /** Another way of judging, for tests. */
  readonly createDetector?: DetectionDeps['createDetector']
}

/** Whom readings and findings are handed on to. */
export interface IntakeListeners {
  /** Resolves when the finding has been dealt with for good; rejects to be told again. */
  onState(finding: StateFinding, site: Site): Promise<void>
  /** What goes on at a site that was cut, or whose meter is silent; as above. */
  onAfterCut(finding: AfterCutFinding): Promise<void>
  onReading(row: JournalRow): void
}

export interface Intake extends AsyncDisposable {
  readonly sites: Sites
  readonly history: History
  readonly waveforms: WaveformsService
  readonly probes: Pick<ProbeBoard, 'list' | 'get' | 'counts'>
  readonly pictures: PicturesService
  readonly window: JournalWindow
  readonly counts: Ingest['counts']
  readonly tuning: TuningService
  /** What a gateway told of itself when it was born last; `null`: nothing since our start. */
  identityOf(gateway: GatewayId): { readonly software: string; readonly configSha256: string | null } | null
  /** What a site's detector knows, as plain JSON. */
  snapshotOf(site: SiteId): unknown
  /** Rows in the journal that history or detection has not dealt with. */
  readonly lagRows: number
  /** Of each consumer of the journal. */
  readonly lags: IntakeLags
  readonly findings: Pick<FindingsStore, 'head' | 'read' | 'offsetOf' | 'advance'>
  freeDiskBytes(): number
  /** An order cut a site's supply, or gave it back. */
  tellSupply(site: SiteId, order: SupplyOrder): void
  start(listeners: IntakeListeners): Promise<void>
}

/** Rows that wait for each consumer. */
export interface IntakeLags {
  readonly history: number
  readonly detection: number
  readonly probes: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const BATCH_ROWS = 1_000
/** A database takes large batches at half the cost; a file is written in small ones, which hold up nothing. */
const DATABASE_BATCH_ROWS = 5_000
/** An hour's rows may wait for a database that is away without anybody having to slow down. */
const HISTORY_PATIENCE = MAX_CONSUMER_LAG_ROWS / MAX_HISTORY_LAG_ROWS
const DEFAULT_RETENTION_HOURS = 72
const TEND_EACH_MS = 30_000
const HISTORY_LINGER_MS = 250
const DETECTION_LINGER_MS = 20
const PROBES_LINGER_MS = 100
/** Offsets are written down lazily: what is dealt with again after a kill comes to the same. */
const SETTLE_EACH_MS = 5_000
const PRUNE_EACH_MS = 60_000
const PRUNE_ROWS = 5_000
/** Gateways that are connected give birth by themselves when the host comes online; who has not by then is asked. */
const BIRTH_GRACE_MS = 5_000
const STATE_METRIC = 'Sensor/State'

export function createIntake(deps: IntakeDeps): Intake {
  const { config, transport, live, clock, logger, audit, createDetector, history: given, mirror } = deps
  const file = (name: string) => join(config.dataDir, name)
  const siteById = new Map(config.sites.map((site) => [site.id, site]))
  const journal = openJournal(file('journal.sqlite'), createStoredDecoder(), (offset, error) =>
    logger.error({ err: error, offset }, 'a stored row cannot be read'),
  )
  const historyBatch = given ? DATABASE_BATCH_ROWS : BATCH_ROWS
  const keptHours = 'retentionHours' in config.history ? config.history.retentionHours : DEFAULT_RETENTION_HOURS
  const history = given ?? openSqliteHistory(file('history.sqlite'), keptHours * HOUR_MS)
  const findings = openFindings(file('findings.sqlite'))
  const sites = new Sites({ sites: config.sites, gateways: config.gateways, findings, journal, live })
  const probesFile = openProbesFile(file('probes.sqlite'))
  const probes = new ProbeBoard({ sites: config.sites, stored: probesFile.stored() })
  const county = { ...DEFAULT_PARAMETERS, ...config.detection }
  const tuningFile = openTuning(file('findings.sqlite'))
  const tuning = createTuning({ store: tuningFile, county, audit, clock })
  /** Of configured gateways only: no other is born. */
  const identities = new Map<GatewayId, { readonly software: string; readonly configSha256: string | null }>()
  const stop = new AbortController()
  const running: Promise<void>[] = []
  let listeners: IntakeListeners | null = null

  const desk = new DetectionDesk({
    sites: config.sites,
    siteOf: new Map(config.gateways.map(({ id, site }) => [id, site])),
    findings,
    parameters: county,
    parametersOf: (site) => tuning.parametersOf(site, clock.now()),
    quarries: config.quarries,
    ...(createDetector ? { createDetector } : {}),
    onFinding(finding: Finding, number: number) {
      sites.found(finding, number)
      handover.notify()
    },
  })

  const read = (after: number, limit: number) => journal.read(after, limit)
  const toHistory = new Consumer<JournalRow>(
    {
      name: 'history',
      from: journal.offsetOf('history'),
      read,
      deal: (rows) => history.write(rows),
      batch: historyBatch,
      lingerMs: HISTORY_LINGER_MS,
    },
    { clock, logger },
  )
  const toMirror =
    mirror &&
    new Consumer<JournalRow>(
      {
        name: 'mirror',
        from: journal.offsetOf('mirror'),
        read,
        deal: (rows) => mirror.write(rows),
        batch: DATABASE_BATCH_ROWS,
        lingerMs: HISTORY_LINGER_MS,
      },
      { clock, logger },
    )
  const toDetection = new Consumer<JournalRow>(
    {
      name: 'detection',
      from: desk.offset,
      read,
      async deal(rows) {
        desk.judge(rows, clock.now())
        for (const row of rows) listeners?.onReading(row)
      },
      batch: BATCH_ROWS,
      lingerMs: DETECTION_LINGER_MS,
    },
    { clock, logger },
  )
  const toProbes = new Consumer<JournalRow>(
    {
      name: 'probes',
      from: probesFile.offset,
      read,
      async deal(rows) {
        const pictures = rows.flatMap(({ gateway, reading }): PictureRow[] =>
          reading.kind === 'picture' ? [{ gateway, reading }] : [],
        )
        const offset = rows.at(-1)?.offset ?? probesFile.offset
        const unasked = probesFile.deal({ offset, probes: probes.take(rows), pictures })
        if (unasked > 0) logger.warn({ unasked }, 'pictures that nobody asked for are not kept')
      },
      batch: BATCH_ROWS,
      lingerMs: PROBES_LINGER_MS,
    },
    { clock, logger },
  )
  const handover = new Consumer<RecordedFinding>(
    {
      name: 'orders',
      from: findings.offsetOf('orders'),
      read: (after, limit) => findings.read(after, limit),
      async deal(recorded) {
        for (const { offset, finding } of recorded) {
          const site = siteById.get(finding.site)
          if (finding.kind === 'state' && site) await listeners?.onState(finding, site)
          if (finding.kind === 'after-cut') await listeners?.onAfterCut(finding)
          findings.advance('orders', offset)
        }
      },
      batch: 1,
      lingerMs: 0,
    },
    { clock, logger },
  )

  const lags = (): IntakeLags => ({
    history: journal.head - Math.min(toHistory.offset, toMirror?.offset ?? Number.POSITIVE_INFINITY),
    detection: journal.head - toDetection.offset,
    probes: journal.head - toProbes.offset,
  })
  const lagRows = () => Math.max(...Object.values(lags()))
  const pressingRows = () => {
    const { history: patient, detection, probes: board } = lags()
    return Math.max(patient * HISTORY_PATIENCE, detection, board)
  }
  const ingest = new Ingest(
    {
      journal,
      send: (topic, payload) => transport.publish(topic, payload),
      onRows(rows) {
        sites.committed(rows)
        toHistory.notify()
        toMirror?.notify()
        toDetection.notify()
        toProbes.notify()
      },
      onPresence(gateway, action) {
        sites.presence(gateway, action)
        probes.presence(gateway, action)
      },
      onBirth(gateway, birth: Birth) {
        const software = birth.states.get(IDENTITY_METRICS.software)
        const configured = birth.states.get(IDENTITY_METRICS.configSha256)
        if (typeof software === 'string')
          identities.set(gateway, { software, configSha256: typeof configured === 'string' ? configured : null })
        const sensor = SensorId.safeParse(birth.born.layout.sensor)
        const state = birth.states.get(STATE_METRIC)
        if (sensor.success && typeof state === 'string') sites.sensorState(gateway, sensor.data, state)
        if (sensor.success) probes.born({ gateway, sensor: sensor.data }, birth, clock.now())
      },
      consumerLagRows: pressingRows,
      logger,
    },
    {
      gateways: config.gateways.map(({ id, site, county }) => ({
        id,
        group: county ?? siteById.get(site)?.county ?? '',
      })),
    },
  )
  const commit = new GroupCommit(ingest, clock)
  const waveforms = createWaveforms({
    journal,
    command: (gateway, request, at) => ingest.requestWaveform(gateway, request, at),
    isOnline: (gateway) => ingest.isOnline(gateway),
    newId: randomUUID,
    clock,
    logger,
  })

  const pictures = createPictures({
    store: probesFile,
    audit,
    isOnline: (gateway) => ingest.isOnline(gateway),
    givesPictures: (gateway, sensor) => ingest.givesPictures(gateway, sensor),
    command: (gateway, sensor, request, at) => ingest.requestPicture(gateway, sensor, { request }, at),
    learnsScene: (gateway, sensor) => ingest.learnsScene(gateway, sensor),
    commandRelearning: (gateway, sensor, request, at) => ingest.requestRelearning(gateway, sensor, { request }, at),
    newId: randomUUID,
    clock,
    logger,
  })

  const settle = () => {
    journal.advance('probes', toProbes.offset)
    journal.advance('history', history.settledOffset(toHistory.offset))
    // Without a mirror its place goes along: one that is set up later begins there.
    journal.advance('mirror', toMirror && mirror ? mirror.settledOffset(toMirror.offset) : toHistory.offset)
    journal.advance('detection', findings.checkpointOffset())
  }
  const prune = async () => {
    const olderThan = instant(clock.now() - config.journal.retentionHours * HOUR_MS)
    while (!stop.signal.aborted && journal.prune(olderThan, PRUNE_ROWS) === PRUNE_ROWS)
      await clock.sleep(100, stop.signal).catch(() => {})
    probesFile.prune(instant(clock.now() - config.pictures.retentionDays * DAY_MS))
    await history.prune(clock.now())
  }
  const tend = async () => {
    await history.tend()
    await mirror?.tend()
  }
  const askForBirths = async () => {
    await clock.sleep(BIRTH_GRACE_MS, stop.signal).catch(() => {})
    if (!stop.signal.aborted) ingest.askForBirths(clock.now())
  }
  const letTimePass = () => {
    for (const site of tuning.due(clock.now())) desk.retune(site)
    if (toDetection.caughtUp) desk.advance(clock.now())
  }

  return {
    sites,
    history,
    waveforms,
    probes,
    pictures,
    window: journal,
    counts: ingest.counts,
    tuning,
    identityOf: (gateway) => identities.get(gateway) ?? null,
    snapshotOf: (site) => desk.snapshotOf(site),
    get lagRows() {
      return lagRows()
    },
    get lags() {
      return lags()
    },
    findings,
    freeDiskBytes: () => journal.freeDiskBytes(),
    tellSupply: (site, order) => desk.tellSupply(site, order),
    async start(handed) {
      listeners = handed
      settle()
      const deps = { clock, logger, signal: stop.signal }
      running.push(toHistory.run(stop.signal), toDetection.run(stop.signal), toProbes.run(stop.signal))
      running.push(handover.run(stop.signal))
      running.push(repeatEach(1_000, letTimePass, deps), repeatEach(SETTLE_EACH_MS, settle, deps))
      running.push(repeatEach(PRUNE_EACH_MS, prune, deps), repeatEach(TEND_EACH_MS, tend, deps))
      if (toMirror) running.push(toMirror.run(stop.signal))
      await transport.start({
        onMessage: (topic, payload) => commit.receive(topic, payload),
        onOnline() {
          ingest.hostReturned(clock.now())
          void askForBirths()
        },
        onOffline: () => logger.warn({}, 'the MQTT broker is out of reach'),
      })
    },
    async [Symbol.asyncDispose]() {
      await transport.stop()
      commit[Symbol.dispose]()
      stop.abort(new Error('stopping'))
      history.interrupt()
      mirror?.interrupt()
      await Promise.all(running)
      desk.checkpoint(clock.now())
      settle()
      await history.close()
      await mirror?.close()
      tuningFile.close()
      findings.close()
      probesFile.close()
      journal.close()
    },
  }
}
