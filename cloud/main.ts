import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { CodedError, describeProblems } from '@minewarden/protocol/errors.ts'
import { generatePrivateKey, PrivateKey, type Suite } from '@minewarden/protocol/jws.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import { type CloudConfig, parseConfig } from './config.ts'
import { DEFAULT_LAW } from './core/law/default-rules.ts'
import { readLaw } from './core/law/law-file.ts'
import type { LawRules } from './core/law/rules.ts'
import { CloudError } from './errors.ts'
import type { HistorySecrets } from './history-service.ts'
import { type Cloud, checkpointPath, type Secrets, startCloud } from './service.ts'
import { exportAudit } from './shell/audit-export.ts'
import { noteExport } from './shell/audit-service.ts'
import { createCheckpointFile } from './shell/checkpoint-file.ts'
import { systemClock } from './shell/clock.ts'
import { createLogger } from './shell/logger.ts'
import { openRecords } from './shell/records/database.ts'
import { sealingKey } from './shell/sealing-key.ts'

export interface RunOptions {
  /** Another clock than the machine's: for replays faster than time. */
  readonly clock?: Clock
  readonly onReady?: (cloud: Cloud) => void
}

/** Folders that we make are for their owner alone: keys, sessions and evidence stand in them. */
const PRIVATE_DIR = 0o700
/** A stop that takes longer than this is cut short: what is not committed is still with the gateways. */
const STOP_WITHIN_MS = 5_000

/**
 * Runs the fleet manager from its configuration file until the signal. @throws CloudError `config-invalid` with every
 * problem, `port-busy`, or another code of its table
 */
export async function runCloud(configPath: string, signal: AbortSignal, options: RunOptions = {}): Promise<void> {
  const folder = dirname(resolve(configPath))
  const config = await readConfig(configPath, folder)
  const logger = createLogger(config.logLevel)
  const deps = { clock: options.clock ?? systemClock, logger, random: Math.random }
  const cloud = await startCloud(config, await readSecrets(config, folder), deps)
  options.onReady?.(cloud)
  await new Promise<void>((stop) =>
    signal.aborted ? stop() : signal.addEventListener('abort', () => stop(), { once: true }),
  )
  logger.info({}, 'stopping')
  const late = setTimeout(() => {
    logger.error({}, 'could not stop in time')
    process.exit(1)
  }, STOP_WITHIN_MS)
  await cloud[Symbol.asyncDispose]()
  clearTimeout(late)
}

/**
 * The lines of an export of the audit log, whether the fleet manager runs or not; that it was taken stands in it.
 * @throws CloudError `config-invalid`, `data-unusable`
 */
export async function exportAuditLog(configPath: string, by: string): Promise<AsyncIterable<string>> {
  const folder = dirname(resolve(configPath))
  const config = await readConfig(configPath, folder)
  const recordsPath = join(config.dataDir, 'records.sqlite')
  if (!existsSync(recordsPath)) throw new CloudError('data-unusable', `${recordsPath}: not there`)
  const records = await openRecords(recordsPath)
  await noteExport(records, `command:${by}`, systemClock)
  await records.destroy()
  const keyFile = config.orders.signingKeyFile
  return exportAudit(
    {
      recordsPath,
      checkpointFile: createCheckpointFile(checkpointPath(config)),
      signingKey: await signingKey(
        keyFile ? resolve(folder, keyFile) : join(config.dataDir, 'signing-key.json'),
        config.orders.signatures,
      ),
      issuer: config.orders.issuer,
    },
    `command:${by}`,
    systemClock.now(),
  )
}

async function readConfig(path: string, folder: string): Promise<CloudConfig> {
  const text = await readText(resolve(path), 'configuration file')
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw new CloudError('config-invalid', `${path}: not JSON: ${(error as Error).message}`, error)
  }
  const config = parseConfig(raw)
  const checkpointFile = config.audit.checkpointFile && resolve(folder, config.audit.checkpointFile)
  return {
    ...config,
    dataDir: resolve(folder, config.dataDir),
    audit: checkpointFile === undefined ? {} : { checkpointFile },
  }
}

/** Files are named relative to the folder of the configuration file. */
async function readSecrets(
  { mqtt, suppliers, suppliersHttps, orders, history, dataDir }: CloudConfig,
  folder: string,
): Promise<Secrets> {
  const read = (file: string, what: string) => readText(resolve(folder, file), what)
  const supplierCas = new Map<string, string>()
  for (const { id, caFile } of suppliers) if (caFile) supplierCas.set(id, await read(caFile, `suppliers ${id} caFile`))
  const keyFile = orders.signingKeyFile ? resolve(folder, orders.signingKeyFile) : join(dataDir, 'signing-key.json')
  const suppliersTls = suppliersHttps && (await readTls(suppliersHttps, 'suppliersHttps', read))
  const shared = {
    signingKey: await signingKey(keyFile, orders.signatures),
    sealingKey: await sealingKey(join(dataDir, 'sealing-key')),
    law: await lawOf(orders, read),
    supplierCas,
    suppliersTls: suppliersTls ?? null,
    ...(await historySecrets(history, read)),
  }
  if ('url' in mqtt) {
    const password = mqtt.passwordFile ? (await read(mqtt.passwordFile, 'mqtt.passwordFile')).trim() : null
    const ca = mqtt.caFile ? await read(mqtt.caFile, 'mqtt.caFile') : null
    return { ...shared, mqttPassword: password, mqttCa: ca, tls: null }
  }
  const files = mqtt.embedded.tls
  const tls = files && (await readTls(files, 'mqtt.embedded.tls', read))
  return { ...shared, mqttPassword: null, mqttCa: null, tls: tls ?? null }
}

async function historySecrets(
  history: CloudConfig['history'],
  read: (file: string, what: string) => Promise<string>,
): Promise<HistorySecrets> {
  if (!('url' in history)) return { historyPassword: null, historyCa: null }
  const { passwordFile, caFile } = history
  return {
    historyPassword: passwordFile ? (await read(passwordFile, 'history.passwordFile')).trim() : null,
    historyCa: caFile ? await read(caFile, 'history.caFile') : null,
  }
}

/** The law that ships with us, with the county's own file laid over it; the basis that orders name must stand in it. */
async function lawOf(
  { lawFile, issuer }: CloudConfig['orders'],
  read: (file: string, what: string) => Promise<string>,
): Promise<LawRules> {
  const law = lawFile === undefined ? DEFAULT_LAW : await readLawFile(await read(lawFile, 'orders.lawFile'))
  const codes = law.bases.map(({ code }) => code)
  if (codes.includes(issuer.basis)) return law
  throw new CloudError('config-invalid', `orders.issuer.basis: ${issuer.basis} is none of ${codes.join(', ')}`)
}

async function readLawFile(text: string): Promise<LawRules> {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    throw new CloudError('config-invalid', `orders.lawFile: not JSON: ${(error as Error).message}`, error)
  }
  const law = readLaw(DEFAULT_LAW, file)
  if (law.ok) return law.value
  throw new CloudError('config-invalid', `orders.lawFile: ${describeProblems(law.problems)}`)
}

/** Key and certificate of a server, tried together: what OpenSSL will not take must not surface as a failed start. */
async function readTls(
  { keyFile, certFile }: { readonly keyFile: string; readonly certFile: string },
  field: string,
  read: (file: string, what: string) => Promise<string>,
): Promise<{ key: string; cert: string }> {
  const tls = { key: await read(keyFile, `${field}.keyFile`), cert: await read(certFile, `${field}.certFile`) }
  try {
    createSecureContext(tls)
  } catch {
    throw new CloudError('config-invalid', `${field}: keyFile and certFile are no PEM key with its certificate`)
  }
  return tls
}

/** The key that orders are signed with; made, readable to its owner alone, when there is none. */
async function signingKey(path: string, suite: Suite): Promise<PrivateKey> {
  try {
    return PrivateKey.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    // What a parser says of a key quotes the key; what the file system says does not.
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === undefined ? `${path} is not a private key (JWK)` : message
    if (code !== 'ENOENT') throw new CloudError('config-invalid', `orders.signingKeyFile: ${why}`)
  }
  const key = await generatePrivateKey(suite)
  try {
    await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIR })
    await writeFile(path, JSON.stringify(key), { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    throw new CloudError('data-unusable', `the signing key: ${(error as Error).message}`, error)
  }
  return key
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new CloudError('config-invalid', `${what}: ${(error as Error).message}`, error)
  }
}

/** What the caller can put right: they end with 2. */
const INPUT_ERRORS: ReadonlySet<string> = new Set(['config-invalid', 'data-unusable', 'port-busy'])

/** Exit codes: 0 stopped, 1 failed, 2 the configuration or the call was wrong. */
async function main(): Promise<void> {
  const path = process.argv[2]
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort())
  if (!path) {
    console.error('usage: main.ts CONFIG.json')
    process.exit(2)
  }
  try {
    await runCloud(path, stop.signal)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    console.error(`${error.code}: ${error.message}`)
    process.exit(INPUT_ERRORS.has(error.code) ? 2 : 1)
  }
}

if (import.meta.main) await main()
