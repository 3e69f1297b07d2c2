/**
 * How long a cut-off takes where seconds count, with 1 000 sites registered and their orders open: from the deciding
 * finding to a draft on the disk with every gate evaluated, and from the duty officer's confirmation (the second
 * approval) to the power company's signed receipt, over HTTPS on this machine, both sides on disks of their own. No
 * peer does this: the bound is the promise, and the run fails when it is missed.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LiveEvent, OrderView } from '@minewarden/cloud/core/ports.ts'
import { createOrdersService, type RunningOrdersService } from '@minewarden/cloud/orders-service.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createHttpsClient } from '@minewarden/cloud/shell/https-client.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { createOrderHttps } from '@minewarden/cloud/shell/order-https.ts'
import { openRecords } from '@minewarden/cloud/shell/records/database.ts'
import { createSupplierKeys } from '@minewarden/cloud/shell/supplier-keys.ts'
import { createFeederServer } from '@minewarden/hardware/feeder/server.ts'
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { SupplierId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey } from '@minewarden/protocol/jws.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { runUtility } from '@minewarden/utility/main.ts'
import { makeCertificate } from '../test/support/cut-off/certificate.ts'
import { serveCounty } from '../test/support/cut-off/county.ts'
import { HEAD, ISSUER, makeFinding, makeSite, OFFICER, pointInput, SUPPLIER } from '../test/support/cut-off/fixtures.ts'
import { recordLawfully } from '../test/support/cut-off/lawful.ts'
import { type BenchRow, costRow, formatRows } from './row.ts'

const SITES = 1_000
/** Of these the whole way is timed. */
const CONFIRMED = 200
const DRAFT_BOUND_MS = 2_000
const RECEIPT_BOUND_MS = 300

const meterOf = (i: number) => ({ gateway: `gw-${i}`, sensor: 'meter-1' })
const siteOf = (i: number) =>
  makeSite({
    id: `site-${i}`,
    sensors: [{ gateway: `gw-${i}`, id: 'meter-1', kind: 'power-meter' }],
    supplyPoints: [pointInput({ id: `sp-${i}`, meter: meterOf(i), surveyedOn: '2020-01-10' })],
  })

export async function bench(): Promise<BenchRow[]> {
  await using world = await startWorld()
  const { service, sites, received } = world
  const drafts: number[] = []
  for (const site of sites) {
    const finding = makeFinding(instant(systemClock.now() - 1_000), { site: site.id })
    const began = performance.now()
    await service.onState(finding, site)
    drafts.push(performance.now() - began)
  }
  const receipts: number[] = []
  for (const { id } of service.list().slice(-CONFIRMED)) {
    const order = await recordLawfully(service, service.get(id) as OrderView, systemClock.now())
    await service.approve(id, OFFICER, order.documentSha256)
    const began = performance.now()
    await service.approve(id, HEAD, order.documentSha256)
    await receiptOf(received, id)
    receipts.push(performance.now() - began)
  }
  const rows = [
    costRow('deciding finding to draft, every gate asked: p99', p99(drafts), null, 'ms'),
    costRow('the same: median', median(drafts), null, 'ms'),
    costRow('confirmation to signed receipt: p99', p99(receipts), null, 'ms'),
    costRow('the same: median', median(receipts), null, 'ms'),
  ]
  // Said also when it is missed.
  console.log(formatRows(rows))
  if (p99(drafts) >= DRAFT_BOUND_MS) throw new InvariantError(`a draft took ${p99(drafts)} ms`)
  if (p99(receipts) >= RECEIPT_BOUND_MS) throw new InvariantError(`a receipt took ${p99(receipts)} ms`)
  return []
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b)
const p99 = (values: readonly number[]): number => sorted(values)[Math.ceil(values.length * 0.99) - 1] ?? 0
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1] ?? 0

const PATIENCE_MS = 10_000
async function receiptOf(received: ReadonlySet<string>, id: OrderView['id']): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!received.has(id)) {
    if (performance.now() > end) throw new InvariantError(`order ${id}: no receipt`)
    await systemClock.sleep(1)
  }
}

async function startWorld() {
  await using made = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'minewarden-bench-orders-'))
  made.defer(() => rm(folder, { recursive: true, force: true }))
  const tls = await makeCertificate()
  const sites = Array.from({ length: SITES }, (_, i) => siteOf(i))
  const feeder = (i: number) => `feeder-${i}`
  const feeders = made.use(
    createFeederServer({ clock: systemClock }, { feeders: sites.map((_, i) => feeder(i)), port: 0 }),
  )
  const feederPort = await feeders.start()
  let service: RunningOrdersService | null = null
  const county = made.use(await serveCounty(() => service, tls))
  await writeFile(join(folder, 'tls.crt'), tls.cert)
  await writeFile(join(folder, 'tls.key'), tls.key)
  const config = {
    supplier: { id: SUPPLIER, name: '供电公司' },
    listen: { port: 0 },
    tls: { certFile: 'tls.crt', keyFile: 'tls.key' },
    ...{ signingKeyFile: 'signing.jwk', database: 'utility.sqlite', logLevel: 'silent' },
    county: {
      ...{ issuer: ISSUER.id, jwksUrl: `${county.url}/.well-known/jwks.json`, caFile: 'tls.crt' },
      answersUrl: `${county.url}/api/v1/suppliers/${SUPPLIER}/answers`,
    },
    feeders: { port: feederPort, points: sites.map((_, i) => ({ supplyPoint: `sp-${i}`, feeder: feeder(i) })) },
    // What comes after the receipt is not measured.
    policy: { acceptDelayMs: 3_600_000 },
  }
  await writeFile(join(folder, 'utility.json'), JSON.stringify(config))
  const stop = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const port = await new Promise<number>((onReady, fail) => {
    running = runUtility(join(folder, 'utility.json'), stop.signal, { onReady })
    running.catch(fail)
  })
  made.defer(async () => {
    stop.abort()
    await running
  })
  const records = await openRecords(join(folder, 'records.sqlite'))
  made.defer(() => records.destroy())
  const client = made.use(createHttpsClient(tls.cert))
  const url = `https://127.0.0.1:${port}`
  const supplier = SupplierId.parse(SUPPLIER)
  const received = new Set<string>()
  const live = {
    publish(event: LiveEvent) {
      if (event.kind === 'order' && event.order.state === 'received') received.add(event.order.id)
    },
  }
  const byId = new Map(sites.map((site) => [site.id, site]))
  service = made.use(
    createOrdersService({
      ...{ records, clock: systemClock, logger: silentLogger, live },
      adapter: createOrderHttps([{ supplier, ordersUrl: `${url}/orders`, client }]),
      supplierKeys: createSupplierKeys([{ supplier, jwksUrl: `${url}/.well-known/jwks.json`, client }], systemClock),
      ...{ suppliers: [supplier], siteOf: (id) => byId.get(id) ?? null, issuer: ISSUER },
      ...{ signingKey: await generatePrivateKey(), random: Math.random },
    }),
  )
  await service.start()
  const running_ = made.move()
  return { service, sites, received, [Symbol.asyncDispose]: () => running_.disposeAsync() }
}
