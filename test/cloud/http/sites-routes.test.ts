import { expect, test } from 'vitest'
import { systemClock } from '../../support/memory/cloud.ts'
import { createTestServer } from '../../support/memory/server.ts'
import { USERS } from '../../support/memory/sessions.ts'
import { createStory, STORY_SITE } from '../../support/memory/story.ts'

test('the sites are a JSON list with id, state, reasons in both languages and ISO times', async () => {
  await using server = await createTestServer()
  const answer = await server.get('/api/v1/sites')
  expect(answer.statusCode).toBe(200)
  const sites = answer.json()
  expect(sites).toHaveLength(6)
  expect(sites[0]).toMatchObject({
    id: STORY_SITE,
    name: '青石坳 1 号硐',
    state: 'sealed',
    because: [{ code: 'quiet', zh: '已平静 86 小时', en: 'Quiet for 86 hours' }],
    gateways: [{ id: `gw-${STORY_SITE}`, online: true }],
  })
  expect(sites[0].since).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
  expect(sites[0].gateways[0].sensors[0]).toEqual({ id: 'geo-1', kind: 'geophone', online: true, state: 'ok' })
})

test('one site is found by its id, an unknown one is 404 and a malformed id names the field', async () => {
  await using server = await createTestServer()
  expect((await server.get(`/api/v1/sites/${STORY_SITE}`)).json().id).toBe(STORY_SITE)
  const unknown = await server.get('/api/v1/sites/nowhere')
  expect([unknown.statusCode, unknown.json().error.code]).toEqual([404, 'not-found'])
  const malformed = await server.get('/api/v1/sites/a%20b')
  expect(malformed.statusCode).toBe(400)
  expect(malformed.json().error).toMatchObject({ code: 'request-invalid', problems: [{ path: 'path.site' }] })
})

test('findings come newest first and no more than asked for', async () => {
  await using server = await createTestServer()
  createStory(server).reopen(systemClock.now())
  const all = (await server.get(`/api/v1/sites/${STORY_SITE}/findings`)).json()
  expect(all.map((one: { kind: string }) => one.kind)).toEqual([
    'state',
    'event',
    'event',
    'state',
    'event',
    'event',
    'state',
  ])
  expect(all[0]).toMatchObject({ state: 'reopened', probability: 0.97 })
  expect((await server.get(`/api/v1/sites/${STORY_SITE}/findings?limit=2`)).json()).toHaveLength(2)
  const bad = await server.get(`/api/v1/sites/${STORY_SITE}/findings?limit=0`)
  expect(bad.json().error.problems[0].path).toBe('query.limit')
})

test.each([
  '/api/v1/sites',
  `/api/v1/sites/${STORY_SITE}`,
  `/api/v1/sites/${STORY_SITE}/findings`,
  `/api/v1/sites/${STORY_SITE}/trace`,
  '/api/v1/orders',
  '/api/v1/orders/x',
  '/api/v1/live',
])('without public reading %s needs a session', async (url) => {
  await using server = await createTestServer({ publicReading: false })
  const answer = await server.get(url)
  expect([answer.statusCode, answer.json().error.code]).toEqual([401, 'not-signed-in'])
})

test('a viewer with a session may read where reading is not public', async () => {
  await using server = await createTestServer({ publicReading: false })
  const session = await server.signIn(USERS.viewer)
  expect((await server.get('/api/v1/sites', session)).statusCode).toBe(200)
  expect((await server.get('/api/v1/sites', { cookie: 'minewarden-session=forged' })).statusCode).toBe(401)
})
