/**
 * The whole intake with its history in InfluxDB: gateway, broker, ingest, journal. The database dies while rows come and
 * is away for a while; what the journal took must be in it afterwards, and nobody else may have noticed.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '@minewarden/cloud/config.ts'
import { FULL_WINDOW } from '@minewarden/cloud/core/back-pressure.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { createIntake } from '@minewarden/cloud/intake.ts'
import { AedesBroker } from '@minewarden/cloud/shell/broker-aedes.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createEmbeddedTransport } from '@minewarden/cloud/shell/host-transport-embedded.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { METER, powerReading } from '../support/fake-gateway.ts'
import { historyIn, number } from '../support/history/influx.ts'
import { startInfluxd } from '../support/influxd.ts'
import { accountsOf, fakeGateway, GROUP, HOST } from '../support/ingest-chain.ts'
import { requires } from '../support/requires.ts'

const GATEWAY = 'gw-1'
const PATIENCE_MS = 180_000
/** An hour stands for it in the field; what matters is that it outlasts every retry's first pauses. */
const AWAY_MS = 8_000
const ROWS_A_TURN = 250

describe.runIf(requires('influxd'))('a database that dies and comes back', () => {
  test(
    'has every row afterwards, while detection never waited and no gateway was slowed',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'minewarden-outage-'))
      await using server = await startInfluxd()
      const config = configOf(dir)
      const history = historyIn(server.url, 'outage', { fleet: config })
      const broker = new AedesBroker(
        { host: '127.0.0.1', port: 0, tls: null, accounts: accountsOf([GATEWAY]) },
        { logger: silentLogger },
      )
      const transport = createEmbeddedTransport(broker, { hostId: HOST, clock: systemClock })
      const shared = { config, transport, clock: systemClock, logger: silentLogger, history }
      const live = { publish() {}, subscribe: () => () => {} }
      const intake = createIntake({ ...shared, live, audit: async () => {} })
      const judged: JournalRow[] = []
      await intake.start({
        onState: async () => {},
        onAfterCut: async () => {},
        onReading: (row) => void judged.push(row),
      })
      const gateway = fakeGateway(GATEWAY)
      await gateway.connect(transport.port)
      await gateway.birth()
      await eventually('the births', () => intake.sites.get(config.sites[0]!.id)?.gateways[0]?.online, PATIENCE_MS)

      let sequence = 0
      const started = Date.now() - 3_600_000
      const send = async () => {
        for (let i = 0; i < ROWS_A_TURN; i++)
          gateway.sendRow(++sequence, powerReading(sequence, instant(started + sequence)))
        await gateway.untilAcknowledged(sequence)
      }
      const kept = () => number(server.url, `SELECT count("activePowerW") FROM "outage"."raw"."power"`)
      await send()
      await eventually('the first rows', async () => (await kept()) === ROWS_A_TURN, PATIENCE_MS)

      await server.kill()
      const end = Date.now() + AWAY_MS
      while (Date.now() < end) await send()
      await eventually('detection', () => judged.length === sequence, PATIENCE_MS)
      expect(intake.lags).toMatchObject({ detection: 0, history: sequence - ROWS_A_TURN })
      expect(gateway.acknowledgements.at(-1)?.window).toBe(FULL_WINDOW)
      expect(history.settledOffset(Number.MAX_SAFE_INTEGER)).toBeLessThanOrEqual(sequence)

      await server.start()
      await eventually('every row', async () => (await kept()) === sequence, PATIENCE_MS)
      expect(history.counts.failures).toBeGreaterThan(0)
      expect(history.counts.refused).toEqual(new Map())
      // The windows that nobody computed meanwhile are owed, and computed.
      await history.tend()
      const most = `SELECT max("activePowerW_max") FROM "outage"."tenMinutes"."power"`
      expect(await number(server.url, most)).toBe(sequence)
      await gateway.close()
      await intake[Symbol.asyncDispose]()
      await rm(dir, { recursive: true, force: true })
    },
    2 * PATIENCE_MS,
  )
})

const configOf = (dataDir: string) =>
  parseConfig({
    ...{ dataDir, hostId: HOST, orders: { issuer: { id: GROUP, name: 'county' } } },
    sites: [
      {
        ...{ id: 'site-1', name: 'site', county: GROUP, latitude: 24, longitude: 110, closedOn: null, area: 'key' },
        ...{ expectedLoads: [], permits: [], supplyPoints: [] },
        sensors: [{ gateway: GATEWAY, id: METER, kind: 'power-meter' }],
      },
    ],
    gateways: [
      {
        id: GATEWAY,
        site: 'site-1',
        passwordSha256: createHash('sha256').update(`password-of-${GATEWAY}`).digest('hex'),
      },
    ],
    suppliers: [],
  })
