import { OrderId } from '@minewarden/protocol/ids.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestServer } from '../../support/memory/server.ts'
import { USERS } from '../../support/memory/sessions.ts'
import { createStory, STORY_ORDER } from '../../support/memory/story.ts'

let server: Awaited<ReturnType<typeof createTestServer>>
beforeEach(async () => {
  server = await createTestServer()
  createStory(server).draft(server.deps.clock.now())
})
afterEach(() => server[Symbol.asyncDispose]())

const ORDER = `/api/v1/orders/${OrderId.parse(STORY_ORDER)}`
const AT = '2026-03-03T22:00:00+08:00'
const ON_SITE = { name: '甲', unit: '救护队' }
const BODIES: readonly (readonly [string, object, string, object])[] = [
  ['legal-steps', { step: 'decision', at: AT }, 'body.step', { step: 'luck', at: AT }],
  ['legal-steps', { step: 'decision', at: AT }, 'body.at', { step: 'decision', at: 'yesterday' }],
  ['waiver', { number: '1', at: AT, danger: 'x', reason: 'y' }, 'body.reason', { number: '1', at: AT, danger: 'x' }],
  ['sighting', { at: AT, person: '甲', unit: '乙', saw: '丙' }, 'body.saw', { at: AT, person: '甲', unit: '乙' }],
  ['people', { kind: 'unknown', at: AT }, 'body.kind', { kind: 'none', at: AT }],
  [
    'evacuation',
    { siren: true, messages: 'm', rescue: ON_SITE, police: ON_SITE, neighbours: 'n' },
    'body.police',
    { siren: true, messages: 'm', rescue: ON_SITE, neighbours: 'n' },
  ],
  ['all-out', { at: AT, people: [ON_SITE], rescue: ON_SITE }, 'body.people', { at: AT, people: 2, rescue: ON_SITE }],
  ['fumes', { at: AT, people: [], coPpm: 1, no2Ppm: 1 }, 'body.coPpm', { at: AT, people: [], coPpm: -1, no2Ppm: 1 }],
]

test.each(BODIES)('%s takes %j, and names %s of what does not fit', async (name, good, field, bad) => {
  const cookie = await server.signIn(USERS.officer)
  expect((await server.post(`${ORDER}/${name}`, good, cookie)).statusCode).toBe(200)
  const refused = await server.post(`${ORDER}/${name}`, bad, cookie)
  expect(refused.statusCode).toBe(400)
  expect(refused.json().error.message).toContain(field)
})

test.each(BODIES)('%s is for who approves, and for nobody without a session', async (name, good) => {
  expect((await server.post(`${ORDER}/${name}`, good)).statusCode).toBe(401)
  const viewer = await server.signIn(USERS.viewer)
  expect((await server.post(`${ORDER}/${name}`, good, viewer)).statusCode).toBe(403)
})

test('the law of a site is read by who is signed in, and recorded by who approves', async () => {
  const step = { step: 'stop-decision', number: '1', at: AT }
  expect((await server.get('/api/v1/sites/site-1/legal')).statusCode).toBe(401)
  const viewer = await server.signIn(USERS.viewer)
  expect((await server.get('/api/v1/sites/site-1/legal', viewer)).json().steps.length).toBeGreaterThan(5)
  expect((await server.post('/api/v1/sites/site-1/legal-steps', step, viewer)).statusCode).toBe(403)
  const officer = await server.signIn(USERS.officer)
  expect((await server.post('/api/v1/sites/site-1/legal-steps', step, officer)).statusCode).toBe(200)
})
