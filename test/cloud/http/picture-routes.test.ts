import { randomUUID } from 'node:crypto'
import { MOST_AN_HOUR } from '@minewarden/cloud/core/pictures.ts'
import type { User } from '@minewarden/cloud/core/ports.ts'
import { GatewayId, SensorId, UserId } from '@minewarden/protocol/ids.ts'
import { MAX_PICTURE_PART_BYTES } from '@minewarden/protocol/picture.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'
import { createTestServer } from '../../support/memory/server.ts'

const VIEWER: User = { id: UserId.parse('viewer-1'), name: '值班员', department: 'emergency', role: 'viewer' }
const OFFICER: User = { ...VIEWER, id: UserId.parse('officer-1'), role: 'officer' }
const gateway = GatewayId.parse('gw-shihuiling')
const sensor = SensorId.parse('probe-1')
const PICTURES = `/api/v1/probes/${gateway}/${sensor}/pictures`
const WHY = { reason: '夜间震动，核实洞口是否有人' }
const JPEG = [Uint8Array.of(0xff, 0xd8, 1), Uint8Array.of(2, 0xff, 0xd9)]

/** A part as the gateway sends it. */
const part = (request: string, n: number, more: object = {}) => ({
  gateway,
  reading: {
    kind: 'picture' as const,
    sensor,
    channel: null,
    measuredAt: instant(1.7e12),
    clock: 'ntp' as const,
    fields: { request, part: n, parts: JPEG.length, refusal: null, data: JPEG[n] ?? null, ...more },
  },
})

test('an officer asks with a reason: it is on record before the gateway is asked, and so is each view', async () => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(OFFICER)
  const asked = await server.post(PICTURES, WHY, { cookie })
  expect(asked.statusCode).toBe(202)
  const { request } = asked.json()
  const { story, store } = server.pictures
  expect(story).toMatchObject([
    ['audit', { actor: 'officer-1', action: 'picture.asked', subject: `${gateway}/${sensor}`, detail: WHY }],
    ['command', { gateway, sensor, request }],
  ])
  const image = `/api/v1/pictures/${request}/image`
  expect((await server.get(image, { cookie })).statusCode).toBe(404)

  // Parts come in any order, and more than once.
  store.deal({ offset: 1, probes: [], pictures: [part(request, 1), part(request, 1)] })
  expect((await server.get(`/api/v1/pictures/${request}`, { cookie })).json()).toMatchObject({ parts: 1, expected: 2 })
  expect((await server.get(image, { cookie })).statusCode).toBe(404)
  store.deal({ offset: 2, probes: [], pictures: [part(request, 0)] })
  expect(story).toHaveLength(2)

  const { cookie: viewer } = await server.signIn(VIEWER)
  const shown = await server.get(image, { cookie: viewer })
  expect(shown.headers).toMatchObject({ 'content-type': 'image/jpeg', 'cache-control': 'no-store' })
  expect([...shown.rawPayload]).toEqual(JPEG.flatMap((bytes) => [...bytes]))
  expect(story[2]).toMatchObject(['audit', { actor: 'viewer-1', action: 'picture.viewed', detail: { request } }])
  expect((await server.get(PICTURES, { cookie })).json()).toMatchObject([
    { request, reason: WHY.reason, by: 'officer-1' },
  ])
})

test('nobody asks or looks without a session, though reading be public; a viewer looks but does not ask', async () => {
  await using server = await createTestServer({ publicReading: true })
  expect((await server.post(PICTURES, WHY)).statusCode).toBe(401)
  for (const url of [PICTURES, `/api/v1/pictures/${randomUUID()}`, `/api/v1/pictures/${randomUUID()}/image`])
    expect((await server.get(url)).statusCode).toBe(401)
  const { cookie } = await server.signIn(VIEWER)
  expect((await server.post(PICTURES, WHY, { cookie })).json().error.code).toBe('not-allowed')
  const { cookie: officer } = await server.signIn(OFFICER)
  const foreign = await server.post(PICTURES, WHY, { cookie: officer, 'sec-fetch-site': 'cross-site' })
  expect(foreign.json().error.code).toBe('cross-site')
  expect(server.pictures.story).toEqual([])
})

test.each([[{}], [{ reason: '' }], [{ reason: '  ok  ' }], [{ reason: 'x'.repeat(501) }]])(
  'without a reason nothing is asked: %j',
  async (body) => {
    await using server = await createTestServer()
    const { cookie } = await server.signIn(OFFICER)
    expect((await server.post(PICTURES, body, { cookie })).statusCode).toBe(400)
    expect(server.pictures.story).toEqual([])
  },
)

test('a probe that is none, a gateway that is away and a probe without pictures are told apart', async () => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(OFFICER)
  const none = await server.post(`/api/v1/probes/${gateway}/geo-1/pictures`, WHY, { cookie })
  expect(none.json().error.code).toBe('not-found')
  server.pictures.world.givesPictures = false
  expect((await server.post(PICTURES, WHY, { cookie })).json().error.code).toBe('no-picture')
  server.pictures.world.isOnline = false
  expect((await server.post(PICTURES, WHY, { cookie })).json().error.code).toBe('gateway-offline')
  expect(server.pictures.story).toEqual([])
})

test('a person asks for so many an hour and no more', async () => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(OFFICER)
  for (let i = 0; i < MOST_AN_HOUR.person; i++)
    expect((await server.post(PICTURES, WHY, { cookie })).statusCode).toBe(202)
  expect((await server.post(PICTURES, WHY, { cookie })).statusCode).toBe(429)
  expect(server.pictures.story).toHaveLength(2 * MOST_AN_HOUR.person)
})

test('an officer has a camera that was turned on purpose learnt anew, with a reason, on record first', async () => {
  await using server = await createTestServer()
  const relearn = `/api/v1/probes/${gateway}/${sensor}/relearn`
  const { cookie: viewer } = await server.signIn(VIEWER)
  expect((await server.post(relearn, WHY, { cookie: viewer })).json().error.code).toBe('not-allowed')
  const { cookie } = await server.signIn(OFFICER)
  expect((await server.post(relearn, {}, { cookie })).statusCode).toBe(400)
  const asked = await server.post(relearn, WHY, { cookie })
  expect(asked.statusCode).toBe(202)
  const { request } = asked.json()
  expect(server.pictures.story).toMatchObject([
    ['audit', { actor: 'officer-1', action: 'scene.relearn-asked', detail: { request, ...WHY } }],
    ['relearn', { gateway, sensor, request }],
  ])
  server.pictures.world.givesPictures = false
  expect((await server.post(relearn, WHY, { cookie })).json().error.code).toBe('no-picture')
  expect(server.pictures.story).toHaveLength(2)
})

test('a refusal is told; pictures that nobody asked for, or of another probe, are not kept', async () => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(OFFICER)
  const { request } = (await server.post(PICTURES, WHY, { cookie })).json()
  const { store } = server.pictures
  const stray = [
    part(randomUUID(), 0),
    { ...part(request, 0), gateway: GatewayId.parse('gw-laohuchong-n') },
    part(request, 7),
    part(request, 0, { parts: 1e9 }),
    part(request, 0, { data: new Uint8Array(MAX_PICTURE_PART_BYTES + 1) }),
    { ...part(request, 0), reading: { ...part(request, 0).reading, measuredAt: instant(1e19) } },
  ]
  expect(store.deal({ offset: 1, probes: [], pictures: stray })).toBe(stray.length)
  const refused = part(request, 0, { parts: 0, data: null, refusal: 'the camera does not answer' })
  expect(store.deal({ offset: 2, probes: [], pictures: [refused] })).toBe(0)
  expect((await server.get(`/api/v1/pictures/${request}`, { cookie })).json()).toMatchObject({
    parts: 0,
    expected: null,
    refusal: 'the camera does not answer',
  })
})

test('pictures are forgotten after their time, with who asked', async () => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(OFFICER)
  const { request } = (await server.post(PICTURES, WHY, { cookie })).json()
  const { store } = server.pictures
  store.deal({ offset: 1, probes: [], pictures: [part(request, 0), part(request, 1)] })
  expect(store.prune(instant(Date.now() - 60_000))).toBe(0)
  expect(store.prune(instant(Date.now() + 1))).toBe(1)
  expect((await server.get(`/api/v1/pictures/${request}`, { cookie })).statusCode).toBe(404)
  expect(store.jpeg(request)).toBeNull()
})
