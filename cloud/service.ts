/** The fleet manager, put together from its configuration. `start` opens it to gateways and people; disposing stops it. */
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Finding, Reason } from '@minewarden/protocol/finding.ts'
import { type SiteId, UserId } from '@minewarden/protocol/ids.ts'
import type { PrivateKey } from '@minewarden/protocol/jws.ts'
import { foldName } from '@minewarden/protocol/order.ts'
import { type Clock, type Instant, instant } from '@minewarden/protocol/time.ts'
import type { CloudConfig } from './config.ts'
import type { AuditFact } from './core/audit.ts'
import { reasonText } from './core/detection/reason-text.ts'
import { createFeedback } from './core/feedback/feedback.ts'
import type { LawRules } from './core/law/rules.ts'
import { createLive } from './core/live.ts'
import { officialsAmong } from './core/orders/officials.ts'
import { noteText } from './core/orders/order-text.ts'
import { supplyOf } from './core/orders/supply.ts'
import type { JournalWindow, Live, Logger, OrderView } from './core/ports.ts'
import { CloudError } from './errors.ts'
import { createFleetReporter } from './fleet-reporter.ts'
import { type HistorySecrets, keptIn, openHistory } from './history-service.ts'
import { createServer } from './http/server.ts'
import { createSupplierServer } from './http/supplier-server.ts'
import { createIntake } from './intake.ts'
import { rulesOf } from './order-rules.ts'
import { createOrdersService } from './orders-service.ts'
import { createAuditKeeper } from './shell/audit-keeper.ts'
import { createAuditService } from './shell/audit-service.ts'
import { AedesBroker } from './shell/broker-aedes.ts'
import { createCheckpointFile } from './shell/checkpoint-file.ts'
import { createEvidenceContext } from './shell/evidence-context.ts'
import { createEvidenceService } from './shell/evidence-service.ts'
import { createEvidenceSupplements } from './shell/evidence-supplements.ts'
import { openFeedback } from './shell/feedback-sqlite.ts'
import { createEmbeddedTransport } from './shell/host-transport-embedded.ts'
import { createMqttTransport } from './shell/host-transport-mqtt.ts'
import { createHttpsClient } from './shell/https-client.ts'
import { createOrderHttps } from './shell/order-https.ts'
import { PRODUCT_VERSION } from './shell/process-figures.ts'
import { createProofDesk } from './shell/proof-desk.ts'
import { appendAudit } from './shell/records/audit-repository.ts'
import { openRecords } from './shell/records/database.ts'
import { createEvidenceFreezer } from './shell/records/evidence-repository.ts'
import { replaceUsers } from './shell/records/people-repository.ts'
import { createReplays } from './shell/replays.ts'
import { createSessions } from './shell/sessions.ts'
import { createStandingDesk } from './shell/standing-desk.ts'
import { createSupplierKeys } from './shell/supplier-keys.ts'
import { recordVetoChoice } from './shell/veto-choice.ts'

/** What the configuration names by file, read. */
export interface Secrets extends HistorySecrets {
  readonly signingKey: PrivateKey
  /** Seals secrets of one-time passwords in the records. */
  readonly sealingKey: Uint8Array
  readonly mqttPassword: string | null
  readonly mqttCa: string | null
  readonly tls: { readonly key: string; readonly cert: string } | null
  /** Of the HTTPS port for power companies; `null` without one. */
  readonly suppliersTls: { readonly key: string; readonly cert: string } | null
  /** The law that orders are judged by. */
  readonly law: LawRules
  /** PEM by supplier. */
  readonly supplierCas: ReadonlyMap<string, string>
}

export interface CloudDeps {
  readonly clock: Clock
  readonly logger: Logger
  /** 0 to 1, for spreading retries. */
  readonly random: () => number
}

export interface Cloud extends AsyncDisposable {
  /** Where it listens, once started. `mqttPort` is 0 with an external broker. */
  readonly httpPort: number
  readonly mqttPort: number
}

const CONSOLE_DIR = fileURLToPath(new URL('./console/dist', import.meta.url))
const MINUTE_MS = 60_000
/** So far back among a site's findings a blast is looked for. */
const LAST_BLAST_FINDINGS = 500
const wordsOf = (reason: Reason, language: 'zh' | 'en') => noteText(reason, language) ?? reasonText(reason, language)

/** Starts the whole fleet manager. @throws CloudError `port-busy`, `broker-unavailable`, `journal-unusable` and its like */
export async function startCloud(config: CloudConfig, secrets: Secrets, deps: CloudDeps): Promise<Cloud> {
  const { clock, logger } = deps
  await using built = new AsyncDisposableStack()
  await makeDataDir(config.dataDir)
  const live = createLive(logger)
  const transport = createTransport(config, secrets, deps)

  const recordsPath = join(config.dataDir, 'records.sqlite')
  const records = await openRecords(recordsPath)
  built.defer(() => records.destroy())
  const checkpointFile = createCheckpointFile(checkpointPath(config))
  const { signingKey } = secrets
  const issuer = { ...config.orders.issuer, department: config.orders.issuer.department ?? config.orders.issuer.name }
  // Made before whatever writes to the log, so that it signs what they write last.
  const keeper = built.use(
    createAuditKeeper({ records, file: checkpointFile, signingKey, issuer: issuer.id, clock, logger }),
  )
  const people = peopleOf(config)
  await replaceUsers(records, people)
  const vetoWindow = config.orders.vetoWindow ?? null
  await recordVetoChoice(records, issuer.id, vetoWindow, clock.now())

  // Known only once the server listens; nobody asks before.
  const httpPort = (): number => {
    const address = server.server.address()
    return typeof address === 'object' && address ? address.port : config.http.port
  }
  const siteById = new Map(config.sites.map((site) => [site.id, site]))
  const clients = config.suppliers.map((supplier) => ({
    supplier: supplier.id,
    ordersUrl: supplier.url,
    jwksUrl: supplier.jwksUrl,
    client: built.use(createHttpsClient(secrets.supplierCas.get(supplier.id))),
  }))
  const gatewaysOf = (site: string) => config.gateways.filter((gateway) => gateway.site === site).map(({ id }) => id)
  // The intake is made after the orders; the journal is asked only once both run.
  const journal: JournalWindow = { rowsOf: (window) => intake.window.rowsOf(window) }
  const contextOf = createEvidenceContext(config, {
    parametersOf(site) {
      const known = siteById.get(site as SiteId)
      return known ? intake.tuning.parametersOf(known.id, clock.now()) : null
    },
    identityOf: (gateway) => intake.identityOf(gateway),
  })
  // A cut that was verified changes what the readings of its site mean.
  const told: Pick<Live, 'publish'> = {
    publish(message) {
      live.publish(message)
      const supply = message.kind === 'order' ? supplyOf(message.order) : null
      if (message.kind === 'order' && supply) intake.tellSupply(message.order.site, supply)
    },
  }
  const proofs = createProofDesk({
    ...{ records, clock, sealingKey: secrets.sealingKey, accepted: config.orders.approvals },
    relyingParty: () => relyingPartyAt(config.http.publicOrigin ?? `http://localhost:${httpPort()}`),
  })
  const siteOf = (id: SiteId) => siteById.get(id) ?? null
  const isOfficial = officialsAmong(people)
  const standings = createStandingDesk({ records, clock, issuer, siteOf, isOfficial, proofs })
  const orders = built.use(
    createOrdersService({
      records,
      clock,
      logger,
      live: told,
      adapter: createOrderHttps(clients),
      supplierKeys: createSupplierKeys(clients, clock),
      suppliers: config.suppliers.map(({ id }) => id),
      siteOf,
      issuer,
      proofs,
      standings,
      vetoWindow,
      callRules: callRulesOf(config),
      law: secrets.law,
      lastBlastOf: (site) => newestBlast(intake.sites.findings(site, LAST_BLAST_FINDINGS)),
      signingKey: secrets.signingKey,
      rules: rulesOf(config),
      users: people,
      journal,
      evidenceOf: createEvidenceFreezer({ records, clock, journal, gatewaysOf, contextOf }),
      random: deps.random,
    }),
  )
  // Made after the orders, so that it stops before them: what it finds last is still handed over.
  const audit = async (fact: AuditFact) => {
    await records.transaction().execute((transaction) => appendAudit(transaction, fact))
  }
  const configured = openHistory(config, secrets, deps)
  const intake = built.use(
    createIntake({ config, transport: transport.host, live, clock, logger, audit, ...configured }),
  )
  const engine = configured.history ?? configured.mirror
  const reporter = engine?.points
    ? built.use(
        createFleetReporter({
          ...{
            config,
            sink: engine.points,
            historyCounts: engine.counts,
            intake,
            orders,
            live,
            wordsOf,
            clock,
            logger,
          },
          version: PRODUCT_VERSION,
        }),
      )
    : null
  // Opened after the intake has made the file of findings.
  const marks = openFeedback(join(config.dataDir, 'findings.sqlite'))
  built.defer(() => marks.close())
  const feedback = createFeedback({ store: marks, audit, clock })
  const replays = built.use(createReplays({ source: keptIn(config, secrets), newId: randomUUID }))
  const supplements = built.use(
    createEvidenceSupplements({
      ...{ records, journal, gatewaysOf, clock, logger },
      orders: () => orders.list().map(supplementedOrder),
      ask: (stretch) => void intake.waveforms.ask(stretch, UserId.parse('system')),
    }),
  )
  const sessions = createSessions({ records, clock, tokens: config.signInTokens })
  const server = await createServer({
    ...{
      sites: intake.sites,
      feedback,
      tuning: intake.tuning,
      replays,
      snapshotOf: (site) => intake.snapshotOf(site),
      orders,
      proofs,
      standings,
      audit: createAuditService({
        ...{ records, keeper, clock },
        exporting: { recordsPath, checkpointFile, signingKey, issuer },
      }),
      evidence: createEvidenceService({ records, clock, issuer, signingKey }),
      sessions,
      history: intake.history,
      waveforms: intake.waveforms,
      probes: intake.probes,
      pictures: intake.pictures,
      live,
      clock,
      logger,
    },
    reasonText: (reason) => ({ zh: wordsOf(reason, 'zh'), en: wordsOf(reason, 'en') }),
    publicReading: config.http.publicReading,
    trustProxy: config.http.trustProxy,
    staticDir: CONSOLE_DIR,
  })
  built.defer(async () => server.close())

  if (config.suppliersHttps && secrets.suppliersTls) {
    const suppliers = await createSupplierServer({ orders, clock, logger }, secrets.suppliersTls)
    built.defer(async () => suppliers.close())
    await listen(suppliers, config.suppliersHttps)
  }
  keeper.start()
  supplements.start()
  for (const id of await standings.load()) {
    logger.error({ standing: id }, 'the record of this standing authorisation was edited: it carries nothing')
    const detail = { reason: 'the record is not the one that the audit log vouches for' }
    await audit({ at: clock.now(), actor: 'system', action: 'standing.quarantined', subject: id, detail })
  }
  await orders.start()
  built.defer(
    live.subscribe((message) => {
      if (message.kind !== 'event') return
      orders.onEvent(message.event).catch((error) => logger.error({ error: String(error) }, 'an event was not heard'))
    }),
  )
  await listen(server, config.http)
  await intake.start({
    onState: (finding, site) => orders.onState(finding, site),
    onAfterCut: (finding) => orders.onAfterCut(finding),
    onReading(row) {
      orders.onReading(row)
      reporter?.onReading(row)
    },
  })
  reporter?.start()
  logger.info({ http: httpPort(), mqtt: transport.port(), sites: config.sites.length }, 'the fleet manager is up')
  const running = built.move()
  return {
    httpPort: httpPort(),
    mqttPort: transport.port(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Where the signed checkpoints of the audit log are kept beside the database. */
export const checkpointPath = ({ audit, dataDir }: Pick<CloudConfig, 'audit' | 'dataDir'>) =>
  audit.checkpointFile ?? join(dataDir, 'audit-checkpoints.ndjson')

const supplementedOrder = ({ id, site, draftedAt, document }: OrderView) => ({
  ...{ id, site, draftedAt, pieces: document.evidence },
  findingAt: instant(Date.parse(document.finding.at)),
})

const newestBlast = (findings: readonly Finding[]): Instant | null => {
  const blasts = findings.flatMap((one) => (one.kind === 'event' && one.class === 'blast' ? [one.at] : []))
  return blasts.length === 0 ? null : instant(Math.max(...blasts))
}

/** Passkeys are bound to the name in the address of the pages. */
const relyingPartyAt = (origin: string) => ({ rpId: new URL(origin).hostname, origins: [origin] })

const callRulesOf = ({ orders: { calls } }: CloudConfig) => ({
  headAfterMs: calls.headAfterMinutes * MINUTE_MS,
  countyAfterMs: calls.countyAfterMinutes * MINUTE_MS,
})

/** People with what their department says of them. */
function peopleOf({ users, departments, orders: { issuer } }: CloudConfig) {
  const competent = foldName(issuer.department ?? issuer.name)
  return users.map((user) => {
    const level = departments.find(({ name }) => foldName(name) === foldName(user.department))?.level
    return {
      ...user,
      ...(level === undefined ? {} : { level }),
      ...(foldName(user.department) === competent ? { competent: true } : {}),
    }
  })
}

async function makeDataDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new CloudError('data-unusable', `dataDir: ${(error as Error).message}`, error)
  }
}

function createTransport(
  { mqtt, hostId, gateways, sites }: CloudConfig,
  secrets: Secrets,
  { clock, logger }: CloudDeps,
) {
  if ('url' in mqtt) {
    const { mqttPassword: password, mqttCa: ca } = secrets
    const options = { url: mqtt.url, hostId, username: mqtt.username ?? null, password, ca }
    return { host: createMqttTransport(options, { clock, logger }), port: () => 0 }
  }
  const countyOf = new Map(sites.map(({ id, county }) => [id, county]))
  const accounts = new Map(
    gateways.map(({ id, site, county, passwordSha256 }) => {
      const identity = {
        kind: 'gateway',
        group: county ?? countyOf.get(site) ?? '',
        gateway: id,
        host: hostId,
      } as const
      return [id as string, { identity, passwordSha256 }]
    }),
  )
  const { host, port } = mqtt.embedded
  const broker = new AedesBroker({ host, port, tls: secrets.tls, accounts }, { logger })
  const embedded = createEmbeddedTransport(broker, { hostId, clock })
  return { host: embedded, port: () => embedded.port }
}

async function listen(
  server: Awaited<ReturnType<typeof createServer>>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  try {
    await server.listen({ host, port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new CloudError('port-busy', `HTTP ${host}:${port}: another program listens there`, error)
  }
}
