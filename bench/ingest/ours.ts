/**
 * The fleet manager's whole intake as a process: broker, ingest, journal, history, detection. `ours.ts DIR GATEWAYS`; with
 * an address behind it, the history is in the InfluxDB there.
 * Asked for its counts, it answers once history and detection have dealt with everything.
 */
import { createHash } from 'node:crypto'
import { parseConfig } from '@minewarden/cloud/config.ts'
import { createLive } from '@minewarden/cloud/core/live.ts'
import { openHistory } from '@minewarden/cloud/history-service.ts'
import { createIntake } from '@minewarden/cloud/intake.ts'
import { AedesBroker } from '@minewarden/cloud/shell/broker-aedes.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createEmbeddedTransport } from '@minewarden/cloud/shell/host-transport-embedded.ts'
import { createLogger } from '@minewarden/cloud/shell/logger.ts'
import { GROUP, gatewayId, METER } from './rows.ts'

const HOST = 'county'
const [dataDir = '', count = '1', influx] = process.argv.slice(2)
const ids = Array.from({ length: Number(count) }, (_, nth) => gatewayId(nth))
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const config = parseConfig({
  dataDir,
  hostId: HOST,
  sites: ids.map((id) => ({
    id: `site-${id}`,
    name: id,
    county: GROUP,
    latitude: 24,
    longitude: 110,
    closedOn: null,
    area: 'key',
    expectedLoads: [],
    permits: [],
    sensors: [{ gateway: id, id: METER, kind: 'power-meter' }],
    supplyPoints: [],
  })),
  gateways: ids.map((id) => ({ id, site: `site-${id}`, passwordSha256: sha256(`password-of-${id}`) })),
  orders: { issuer: { id: GROUP, name: 'county' } },
  history: influx ? { kind: 'influxdb', url: influx, database: 'bench' } : {},
})
const logger = createLogger('warn')
const accounts = new Map(
  config.gateways.map(({ id, passwordSha256 }) => [
    id as string,
    { identity: { kind: 'gateway', group: GROUP, gateway: id, host: HOST } as const, passwordSha256 },
  ]),
)
const broker = new AedesBroker({ host: '127.0.0.1', port: 0, tls: null, accounts }, { logger })
const transport = createEmbeddedTransport(broker, { hostId: HOST, clock: systemClock })
const intake = createIntake({
  config,
  transport,
  live: createLive(logger),
  clock: systemClock,
  logger,
  audit: async () => {},
  ...openHistory(config, { historyPassword: null, historyCa: null }, { clock: systemClock, logger }),
})
await intake.start({ onState: async () => {}, onAfterCut: async () => {}, onReading() {} })
process.on('disconnect', () => process.exit(0))
process.on('message', async () => {
  while (intake.lagRows > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  process.send?.({ counts: intake.counts })
})
process.send?.({ port: transport.port })
