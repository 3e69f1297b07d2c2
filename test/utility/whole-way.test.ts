import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalRow, OrderView } from '@minewarden/cloud/core/ports.ts'
import { createOrdersService } from '@minewarden/cloud/orders-service.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createHttpsClient } from '@minewarden/cloud/shell/https-client.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { createOrderHttps } from '@minewarden/cloud/shell/order-https.ts'
import { verifyChain } from '@minewarden/cloud/shell/records/audit-repository.ts'
import { openRecords } from '@minewarden/cloud/shell/records/database.ts'
import { createSupplierKeys } from '@minewarden/cloud/shell/supplier-keys.ts'
import { createFeederServer } from '@minewarden/hardware/feeder/server.ts'
import { GatewayId, type OrderId, SensorId, SupplierId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey } from '@minewarden/protocol/jws.ts'
import { instant } from '@minewarden/protocol/time.ts'
import type { ConfigInput } from '@minewarden/utility/config.ts'
import { runUtility } from '@minewarden/utility/main.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCertificate } from '../support/cut-off/certificate.ts'
import { serveCounty } from '../support/cut-off/county.ts'
import {
  FEEDER,
  HEAD,
  ISSUER,
  METER,
  makeFinding,
  makeSite,
  OFFICER,
  POINT,
  SUPPLIER,
} from '../support/cut-off/fixtures.ts'
import { recordLawfully } from '../support/cut-off/lawful.ts'
import { eventually } from '../support/eventually.ts'

/** The whole way: county, power company, feeder and meter, over real sockets on this machine. */
let resources: AsyncDisposableStack
let folder: string

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  folder = await mkdtemp(join(tmpdir(), 'minewarden-cut-off-'))
  resources.defer(() => rm(folder, { recursive: true, force: true }))
})
afterEach(() => resources.disposeAsync())

async function makeWorld(policy: ConfigInput['policy'] = {}) {
  const tls = await makeCertificate()
  const supplier = SupplierId.parse(SUPPLIER)
  const feeders = createFeederServer({ clock: systemClock }, { feeders: [FEEDER], port: 0 })
  resources.use(feeders)
  const feederPort = await feeders.start()
  const site = makeSite({
    supplyPoints: [{ ...makeSite().supplyPoints[0], surveyedOn: '2020-01-10' }],
  })
  let service: ReturnType<typeof createOrdersService> | null = null
  const county = resources.use(await serveCounty(() => service, tls))

  const config: ConfigInput = {
    supplier: { id: SUPPLIER, name: '全州供电公司' },
    listen: { port: 0 },
    tls: { certFile: 'tls.crt', keyFile: 'tls.key' },
    signingKeyFile: 'signing.jwk',
    database: 'utility.sqlite',
    county: {
      issuer: ISSUER.id,
      jwksUrl: `${county.url}/.well-known/jwks.json`,
      answersUrl: `${county.url}/api/v1/suppliers/${SUPPLIER}/answers`,
      caFile: 'tls.crt',
    },
    feeders: { port: feederPort, points: [{ supplyPoint: POINT, feeder: FEEDER }] },
    policy: { acceptDelayMs: 50, executeDelayMs: 50, ...policy },
    logLevel: 'silent',
  }
  await writeFile(join(folder, 'tls.crt'), tls.cert)
  await writeFile(join(folder, 'tls.key'), tls.key)
  await writeFile(join(folder, 'utility.json'), JSON.stringify(config))
  const stop = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const port = await new Promise<number>((onReady, fail) => {
    running = runUtility(join(folder, 'utility.json'), stop.signal, { onReady })
    running.catch(fail)
  })
  resources.defer(async () => {
    stop.abort()
    await running
  })

  const records = await openRecords(join(folder, 'records.sqlite'))
  resources.defer(() => records.destroy())
  const client = resources.use(createHttpsClient(tls.cert))
  const url = `https://127.0.0.1:${port}`
  const shown: OrderView[] = []
  service = createOrdersService({
    records,
    clock: systemClock,
    logger: silentLogger,
    live: { publish: (event) => void (event.kind === 'order' && shown.push(event.order)) },
    adapter: createOrderHttps([{ supplier, ordersUrl: `${url}/orders`, client }]),
    supplierKeys: createSupplierKeys([{ supplier, jwksUrl: `${url}/.well-known/jwks.json`, client }], systemClock),
    suppliers: [supplier],
    siteOf: (id) => (id === site.id ? site : null),
    issuer: ISSUER,
    signingKey: await generatePrivateKey(),
    rules: { effectHoldMs: 300, effectTimeoutMs: 2_000 },
    retry: { firstMs: 100, maxMs: 500 },
    tickMs: 50,
    random: Math.random,
  })
  resources.use(service)
  await service.start()
  return { service, site, feeders, records, shown, url, client }
}

const reading = (watts: number): JournalRow => ({
  offset: 1,
  gateway: GatewayId.parse(METER.gateway),
  receivedAt: systemClock.now(),
  historical: false,
  reading: {
    kind: 'power',
    sensor: SensorId.parse(METER.sensor),
    channel: null,
    measuredAt: systemClock.now(),
    clock: 'ntp',
    fields: {
      activePowerW: watts,
      reactivePowerVar: 0,
      voltageAV: 230,
      voltageBV: 230,
      voltageCV: 230,
      currentAA: watts / 690,
      currentBA: watts / 690,
      currentCA: watts / 690,
      activeEnergyWh: 0,
      simulated: true,
    },
  },
})

async function draftAndApprove({ service, site }: Awaited<ReturnType<typeof makeWorld>>): Promise<OrderId> {
  await service.onState(makeFinding(instant(systemClock.now() - 1_000)), site)
  const { id, documentSha256, gates } = await recordLawfully(service, service.list()[0] as OrderView, systemClock.now())
  expect(gates.filter(({ passed }) => !passed)).toEqual([])
  await service.approve(id, OFFICER, documentSha256)
  const { state } = await service.approve(id, HEAD, documentSha256)
  expect(state).toBe('issued')
  return id
}

test('an approved order is delivered, executed once, and verified by the meter', async () => {
  const world = await makeWorld()
  const { service, feeders } = world
  const id = await draftAndApprove(world)
  const meter = setInterval(() => {
    const [feeder] = feeders.states()
    service.onReading(reading(feeder?.position === 'closed' ? 40_000 : 0))
  }, 50)
  resources.defer(() => clearInterval(meter))
  await eventually('the verified effect', () => service.get(id)?.effect?.verdict === 'verified')
  expect(feeders.states()[0]).toMatchObject({ position: 'open', operations: 1 })
  const told = service.get(id)?.timeline.map(({ what }) => what) ?? []
  expect(told.filter((what) => !/^(legal-.*|called|call-ended|watched)$/.test(what))).toEqual([
    'drafted',
    'approved-once',
    'approved',
    'issued',
    'received',
    'accepted',
    'point-permitted',
    'point-executed',
    'point-measured',
    'effect-verified',
  ])
  expect(await verifyChain(world.records)).toMatchObject({ intact: true })
})

test('a meter that still shows load makes the order ineffective', async () => {
  const world = await makeWorld()
  const id = await draftAndApprove(world)
  const meter = setInterval(() => world.service.onReading(reading(40_000)), 50)
  resources.defer(() => clearInterval(meter))
  await eventually('the end', () => world.service.get(id)?.effect?.verdict === 'ineffective')
  expect(world.service.get(id)?.supplyPoints[0]?.result).toBe('loaded')
})

test('a supplier that refuses ends the order with its reason', async () => {
  const world = await makeWorld({ refuse: [{ supplyPoint: POINT, reason: '线路检修' }] })
  const id = await draftAndApprove(world)
  await eventually('the refusal', () => world.service.get(id)?.state === 'refused')
  expect(JSON.stringify(world.service.get(id)?.timeline.at(-1)?.notes)).toContain('线路检修')
  expect(world.feeders.states()[0]).toMatchObject({ position: 'closed', operations: 0 })
})

test('the status page lists the order for operators on the machine', async () => {
  const world = await makeWorld()
  const id = await draftAndApprove(world)
  await eventually('receipt', () => world.service.get(id)?.state !== 'issued')
  const { body, status } = await world.client.get(`${world.url}/orders`)
  expect(status).toBe(200)
  expect(JSON.parse(body)[0]).toMatchObject({ id, error: null })
})
