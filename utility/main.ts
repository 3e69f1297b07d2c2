import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { dirname, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { connectFeeders } from '@minewarden/hardware/feeder/client.ts'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { OrderId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey, PrivateKey, publicKeyOf, type Suite, signDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES, SupplierAnswer } from '@minewarden/protocol/order.ts'
import { type Clock, isoTime } from '@minewarden/protocol/time.ts'
import { parseConfig } from './config.ts'
import { createDispatcher } from './dispatcher.ts'
import { UtilityError } from './errors.ts'
import { type AnswerSigner, createOrderDesk } from './order-desk.ts'
import { createServer } from './server.ts'
import { createAnswerOutbox } from './shell/answer-outbox.ts'
import { systemClock } from './shell/clock.ts'
import { createCountyKeys } from './shell/county-keys.ts'
import { createHttpsClient } from './shell/https-client.ts'
import { createLogger } from './shell/logger.ts'
import { createPermissionClient } from './shell/permission-client.ts'
import { openStore, type Store } from './shell/store.ts'
import { createSwitchgear } from './shell/switchgear-feeder.ts'

/** For each question to a switch; three of them must fit into `operateMarginMs`. */
const SWITCH_TIMEOUT_MS = 2_000

/** Folders that we make are for their owner alone: keys, orders and answers stand in them. */
const PRIVATE_DIR = 0o700

export interface RunOptions {
  /** Another clock than the machine's: a demo at a higher speed. */
  readonly clock?: Clock
  /** Told the port once the server takes orders. */
  readonly onReady?: (port: number) => void
}

/**
 * Runs the reference power company until the signal aborts, then stops everything and resolves.
 * @throws UtilityError `config-invalid`, `data-unusable`, `port-busy`
 */
export async function runUtility(
  configPath: string,
  signal: AbortSignal,
  { clock = systemClock, onReady = () => {} }: RunOptions = {},
): Promise<void> {
  const base = dirname(resolve(configPath))
  const config = parseConfig(await readJson(configPath, 'the configuration'))
  const path = (relative: string) => resolve(base, relative)
  const logger = createLogger(config.logLevel)
  const key = await loadSigningKey(path(config.signingKeyFile), config.signatures)
  const ca =
    config.county.caFile === undefined ? undefined : await readText(path(config.county.caFile), 'county.caFile')
  const tls = {
    cert: await readText(path(config.tls.certFile), 'tls.certFile'),
    key: await readText(path(config.tls.keyFile), 'tls.keyFile'),
  }
  requireKeyPair(tls)

  await using resources = new AsyncDisposableStack()
  const store = resources.use(await openDatabase(path(config.database)))
  const client = resources.use(createHttpsClient(ca))
  const feeders = resources.use(connectFeeders({ ...config.feeders, clock, requestTimeoutMs: SWITCH_TIMEOUT_MS }))
  const sign: AnswerSigner = async (order, saying) => {
    const shared = { type: 'cut-off-answer', version: 1, supplier: config.supplier.id } as const
    const about = { order: OrderId.parse(order.id), orderSha256: order.orderSha256, at: isoTime(clock.now()) }
    return await signDocument(SupplierAnswer.parse({ ...shared, ...about, ...saying }), DOCUMENT_TYPES.answer, key)
  }
  /** The person at the switch, who presses it closed once that is permitted. */
  const closeOnSite = async (feeder: string) => {
    await clock.sleep(config.closeOnSiteMs, signal).catch(() => {})
    if (signal.aborted) return
    await feeders.press(feeder).catch((error) => logger.warn({ feeder, error: String(error) }, 'not closed on site'))
  }
  const outbox = resources.use(
    createAnswerOutbox({ store, clock, logger, client, answersUrl: config.county.answersUrl }),
  )
  const keys = createCountyKeys(() => client.getJson(config.county.jwksUrl), clock)
  const dispatcher = resources.use(
    createDispatcher({
      store,
      clock,
      logger,
      switchgear: createSwitchgear(feeders, clock),
      sign,
      ask: createPermissionClient({ client, keys, answersUrl: config.county.answersUrl, logger }),
      supplier: config.supplier.id,
      crew: config.crew,
      policy: config.policy,
      operateMarginMs: config.operateMarginMs,
      clockSkewMs: config.clockSkewMs,
      onClosePermitted: (feeder) => void closeOnSite(feeder),
      onAnswer: () => outbox.nudge(),
    }),
  )
  const desk = createOrderDesk({
    store,
    clock,
    logger,
    keys,
    sign,
    supplier: config.supplier.id,
    issuer: config.county.issuer,
    feeders: new Map(config.feeders.points.map(({ supplyPoint, feeder }) => [supplyPoint, feeder])),
    clockSkewMs: config.clockSkewMs,
    onReceived: () => dispatcher.nudge(),
    withdraw: (id) => dispatcher.withdraw(id),
  })
  const { statusFor, supplier } = config
  const jwks = { keys: [await publicKeyOf(key)] }
  const server = createServer({ desk, store, jwks, supplierName: supplier.name, statusFor, tls, logger })
  resources.defer(() => server.close())
  await server.listen(config.listen).catch((error) => {
    throw new UtilityError('port-busy', `listen: ${error.message}`, error)
  })
  outbox.start()
  dispatcher.start()
  const { port } = server.server.address() as AddressInfo
  logger.info({ supplier: supplier.id, host: config.listen.host, port }, 'listening')
  onReady(port)
  // A switch that does not answer must not hold up the end: what was under way is asked for at the next start.
  signal.addEventListener('abort', () => void feeders.close(), { once: true })
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
}

/** Tried at once: what OpenSSL will not take must not surface as a failed start. */
function requireKeyPair(tls: { readonly cert: string; readonly key: string }): void {
  try {
    createSecureContext(tls)
  } catch {
    throw new UtilityError('config-invalid', 'tls: keyFile and certFile are no PEM key with its certificate')
  }
}

async function openDatabase(path: string): Promise<Store> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIR })
    return openStore(path)
  } catch (error) {
    throw new UtilityError('data-unusable', `database: ${path}: ${(error as Error).message}`, error)
  }
}

const readText = async (path: string, field: string): Promise<string> =>
  await readFile(path, 'utf8').catch((error) => {
    throw new UtilityError('config-invalid', `${field}: cannot be read: ${error.message}`, error)
  })

async function readJson(path: string, field: string): Promise<unknown> {
  const text = await readText(path, field)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UtilityError('config-invalid', `${field}: not JSON: ${(error as Error).message}`, error)
  }
}

/** A parser's complaint quotes the text that it could not read: of a key nothing may be quoted. */
function parseKey(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UtilityError('config-invalid', 'signingKeyFile: not JSON')
  }
}

/** The company's key; made at the first start, readable by its owner only. */
async function loadSigningKey(path: string, suite: Suite): Promise<PrivateKey> {
  try {
    await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIR })
    await writeFile(`${path}.new`, JSON.stringify(await generatePrivateKey(suite)), { mode: 0o600, flush: true })
    await rename(`${path}.new`, path)
  }
  const checked = check(PrivateKey, parseKey(await readText(path, 'signingKeyFile')))
  if (checked.ok) return checked.value
  throw new UtilityError('config-invalid', `signingKeyFile: ${describeProblems(checked.problems)}`)
}
