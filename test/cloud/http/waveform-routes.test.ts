import { randomUUID } from 'node:crypto'
import type { User } from '@minewarden/cloud/core/ports.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import { expect, test } from 'vitest'
import { createTestServer } from '../../support/memory/server.ts'
import { STORY_SITE } from '../../support/memory/story.ts'

const VIEWER: User = { id: UserId.parse('viewer-1'), name: '值班员', department: 'emergency', role: 'viewer' }
const GOOD = {
  gateway: `gw-${STORY_SITE}`,
  sensor: 'geo-1',
  channel: 'HHZ',
  from: '2026-05-04T20:00:00+08:00',
  to: '2026-05-04T12:01:00Z',
}
const URL = `/api/v1/sites/${STORY_SITE}/waveforms`

test('who is signed in asks for a stretch, and fetches what has come of it', async () => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(VIEWER)
  const asked = await server.post(URL, GOOD, { cookie })
  expect(asked.statusCode).toBe(202)
  const { request } = asked.json()
  expect(server.waveforms.asked).toMatchObject([
    { request, by: 'viewer-1', stretch: { sensor: 'geo-1', from: Date.parse(GOOD.from), to: Date.parse(GOOD.to) } },
  ])

  const nothing = await server.get(`/api/v1/waveforms/${request}`, { cookie })
  expect([nothing.statusCode, nothing.headers['waveform-parts-expected']]).toEqual([204, undefined])

  server.waveforms.answers.set(request, { parts: [Uint8Array.of(1, 2), Uint8Array.of(3)], expected: 5 })
  const some = await server.get(`/api/v1/waveforms/${request}`, { cookie })
  expect(some.statusCode).toBe(200)
  expect(some.headers).toMatchObject({
    'content-type': 'application/vnd.fdsn.mseed',
    'waveform-parts': '2',
    'waveform-parts-expected': '5',
  })
  expect([...some.rawPayload]).toEqual([1, 2, 3])
})

test('nobody asks without a session or from another site, though reading be public', async () => {
  await using server = await createTestServer({ publicReading: true })
  expect((await server.post(URL, GOOD)).statusCode).toBe(401)
  const { cookie } = await server.signIn(VIEWER)
  const foreign = await server.post(URL, GOOD, { cookie, 'sec-fetch-site': 'cross-site' })
  expect(foreign.json().error.code).toBe('cross-site')
  expect(server.waveforms.asked).toEqual([])
})

test('nobody fetches without a session where reading is not public', async () => {
  await using server = await createTestServer({ publicReading: false })
  expect((await server.get(`/api/v1/waveforms/${randomUUID()}`)).statusCode).toBe(401)
})

test.each([
  ['body.channel', { channel: 'hhz' }],
  ['body.to', { to: GOOD.from }],
  ['body.from', { from: '2026-05-01T00:00:00Z' }],
  ['body.gateway', { gateway: 'no/such' }],
  ['body.from', { from: 'yesterday' }],
])('a wrong %s is refused and named', async (path, changes) => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(VIEWER)
  const answer = await server.post(URL, { ...GOOD, ...changes }, { cookie })
  expect(answer.statusCode).toBe(400)
  expect(answer.json().error.problems.map((problem: { path: string }) => problem.path)).toContain(path)
})

test('a sensor of another site, an unknown request and a gateway that is away are told apart', async () => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(VIEWER)
  expect((await server.post(URL, { ...GOOD, gateway: 'gw-shihuiling' }, { cookie })).statusCode).toBe(404)
  expect((await server.get(`/api/v1/waveforms/${randomUUID()}`)).statusCode).toBe(404)
  server.waveforms.offline = true
  const away = await server.post(URL, GOOD, { cookie })
  expect([away.statusCode, away.json().error.code]).toEqual([409, 'gateway-offline'])
})
