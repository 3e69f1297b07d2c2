import { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'
import { createTestServer } from '../../support/memory/server.ts'

const gateway = GatewayId.parse('gw-shihuiling')
const sensor = SensorId.parse('probe-1')
const AT = instant(1.7e12)

async function serverWithProbe() {
  const server = await createTestServer()
  server.probes.presence(gateway, { kind: 'node-online', at: AT })
  const fields = { status: 'online', sinceMs: AT, cause: 'disk-full', confidence: 0.9, clockOffsetS: 3 }
  const reading = { kind: 'probe', sensor, channel: null, measuredAt: AT, clock: 'ntp', fields } as const
  server.probes.take([{ offset: 1, gateway, receivedAt: AT, historical: false, reading }])
  return server
}

test('the probes and how many of them are online, by area', async () => {
  await using server = await serverWithProbe()
  const { counts, probes } = (await server.get('/api/v1/probes')).json()
  expect(counts.all).toMatchObject({ total: 6, onlinePercent: 16.7, byStatus: { online: 1, unknown: 5 } })
  expect(counts.counties).toMatchObject([{ code: '450324', total: 6 }])
  expect(counts.areas).toMatchObject([{ code: 'key', total: 6 }])
  expect(probes.find((probe: { gateway: string }) => probe.gateway === gateway)).toMatchObject({
    site: 'shihuiling',
    siteName: '石灰岭采石场',
    status: 'online',
    told: { since: '2023-11-14T22:13:20.000Z', cause: 'disk-full', confidence: 0.9, clockOffsetS: 3 },
  })
})

test('a status chooses what is listed, an area what is counted', async () => {
  await using server = await serverWithProbe()
  const online = (await server.get('/api/v1/probes?status=online')).json()
  expect([online.probes.length, online.counts.all.total]).toEqual([1, 6])
  const general = (await server.get('/api/v1/probes?area=general')).json()
  expect([general.probes.length, general.counts.all]).toMatchObject([0, { total: 0, onlinePercent: null }])
  expect((await server.get('/api/v1/probes?county=45')).statusCode).toBe(400)
})

test('nobody reads it without a session where reading is not public', async () => {
  await using server = await createTestServer({ publicReading: false })
  expect((await server.get('/api/v1/probes')).statusCode).toBe(401)
})
