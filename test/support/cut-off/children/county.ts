/**
 * The county's side of the cut-off as a process that can be killed at any moment: `county.ts CONFIG`. It drafts
 * for every finding in its folder, has both officials approve, and reads the meters off the feeders. Some messages are
 * lost on either way, before or after they were taken.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import type { OrderAdapter } from '@minewarden/cloud/core/ports.ts'
import { createOrdersService } from '@minewarden/cloud/orders-service.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createHttpsClient } from '@minewarden/cloud/shell/https-client.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { createOrderHttps } from '@minewarden/cloud/shell/order-https.ts'
import { openRecords } from '@minewarden/cloud/shell/records/database.ts'
import { createSupplierKeys } from '@minewarden/cloud/shell/supplier-keys.ts'
import { connectFeeders } from '@minewarden/hardware/feeder/client.ts'
import { StateFinding } from '@minewarden/protocol/finding.ts'
import { GatewayId, SensorId, SupplierId } from '@minewarden/protocol/ids.ts'
import type { PrivateKey } from '@minewarden/protocol/jws.ts'
import { JOSE_MEDIA_TYPE } from '@minewarden/protocol/order.ts'
import { Site } from '@minewarden/protocol/site.ts'
import { HEAD, ISSUER, OFFICER, SUPPLIER } from '../fixtures.ts'
import { recordLawfully } from '../lawful.ts'

export interface CountyChildConfig {
  readonly folder: string
  readonly port: number
  readonly utilityUrl: string
  readonly feederPort: number
  readonly key: PrivateKey
  readonly validityMs: number
  readonly answerGraceMs: number
  /** 0 to 1: the share of messages that are lost. */
  readonly loss: number
}

const config: CountyChildConfig = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const { folder, loss } = config
const lost = () => Math.random() < loss
const cert = readFileSync(join(folder, 'tls.crt'), 'utf8')
const key = readFileSync(join(folder, 'tls.key'), 'utf8')
const client = createHttpsClient(cert)
const supplier = SupplierId.parse(SUPPLIER)
const honest = createOrderHttps([{ supplier, ordersUrl: `${config.utilityUrl}/orders`, client }])
const lossy: OrderAdapter = {
  async deliver(...message) {
    if (lost()) return { kind: 'failed', reason: 'lost on the way' }
    const delivery = await honest.deliver(...message)
    return lost() ? { kind: 'failed', reason: 'reply lost' } : delivery
  },
}

const sites = new Map<string, Site>()
const service = createOrdersService({
  records: await openRecords(join(folder, 'records.sqlite')),
  clock: systemClock,
  logger: silentLogger,
  live: { publish() {} },
  adapter: lossy,
  supplierKeys: createSupplierKeys(
    [{ supplier, jwksUrl: `${config.utilityUrl}/.well-known/jwks.json`, client }],
    systemClock,
  ),
  suppliers: [supplier],
  siteOf: (id) => sites.get(id) ?? null,
  issuer: ISSUER,
  signingKey: config.key,
  rules: {
    validityMs: config.validityMs,
    answerGraceMs: config.answerGraceMs,
    effectHoldMs: 200,
    selectTimeoutMs: 2_000,
  },
  retry: { firstMs: 50, maxMs: 200 },
  tickMs: 50,
  random: Math.random,
})

const server = createServer({ cert, key }, async (request, response) => {
  if (request.url === '/.well-known/jwks.json') return void response.end(JSON.stringify(service.jwks()))
  if (lost()) return void request.socket.destroy()
  let body = ''
  for await (const chunk of request) body += chunk
  const taken = await service.answer(SUPPLIER, body).catch(() => null)
  if (lost()) return void request.socket.destroy()
  response.statusCode = taken ? 200 : 409
  if (taken?.permission) response.setHeader('content-type', JOSE_MEDIA_TYPE)
  response.end(taken?.permission ?? '{}')
})

const feeders = connectFeeders({ host: '127.0.0.1', port: config.feederPort, clock: systemClock })
function readMeter(feeder: string): void {
  const watts = feeders.known(feeder)?.position === 'open' ? 0 : 40_000
  const fields = { activePowerW: watts, currentAA: watts / 230, currentBA: null, currentCA: null }
  const unknown = { reactivePowerVar: null, voltageAV: null, voltageBV: null, voltageCV: null, activeEnergyWh: null }
  service.onReading({
    offset: 1,
    gateway: GatewayId.parse('gw-1'),
    receivedAt: systemClock.now(),
    historical: false,
    reading: {
      kind: 'power',
      sensor: SensorId.parse(`meter-of-${feeder}`),
      channel: null,
      measuredAt: systemClock.now(),
      clock: 'ntp',
      fields: { ...fields, ...unknown, simulated: true },
    },
  })
}

/** The sites and findings in the folder; the sites are registered. */
function takeUp(): { site: Site; finding: StateFinding }[] {
  const files = readdirSync(folder).filter((file) => file.startsWith('finding-'))
  return files.sort().map((name) => {
    const { site, finding } = JSON.parse(readFileSync(join(folder, name), 'utf8'))
    const parsed = Site.parse(site)
    if (!sites.has(parsed.id)) feeders.watch(`feeder-of-${parsed.id}`, () => {})
    sites.set(parsed.id, parsed)
    return { site: parsed, finding: StateFinding.parse(finding) }
  })
}

/** Hands on what is in the folder, and approves what is open: as often as one likes. */
async function goOn(): Promise<void> {
  for (const { site, finding } of takeUp()) await service.onState(finding, site)
  for (const order of service.list()) {
    const { id, state, documentSha256, gates } = order
    if (state === 'drafted' && gates.some(({ passed }) => !passed))
      await recordLawfully(service, order, systemClock.now()).catch(() => {})
    if (state === 'drafted') await service.approve(id, OFFICER, documentSha256).catch(() => {})
    if (state === 'drafted' || state === 'approved-once')
      await service.approve(id, HEAD, documentSha256).catch(() => {})
  }
  for (const id of sites.keys()) readMeter(`feeder-of-${id}`)
}

// The register stands before the service, as in the product: an approved order is signed again at the start.
takeUp()
await service.start()
await new Promise<void>((done) => server.listen(config.port, '127.0.0.1', done))
process.send?.('ready')
process.on('disconnect', () => process.exit(0))
for (;;) {
  await goOn()
  await systemClock.sleep(30)
}
