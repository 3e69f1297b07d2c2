import { expect, test } from 'vitest'
import { systemClock } from '../../support/memory/cloud.ts'
import { createTestServer, OWN_PAGE } from '../../support/memory/server.ts'
import { USERS } from '../../support/memory/sessions.ts'
import { createStory, STORY_ORDER, STORY_SITE } from '../../support/memory/story.ts'

const ORDER = `/api/v1/orders/${STORY_ORDER}`

async function withOrder() {
  const server = await createTestServer()
  createStory(server).draft(systemClock.now())
  const sha = server.orders.get(STORY_ORDER)?.documentSha256
  return { ...server, approval: { documentSha256: sha } }
}

test('the orders are a JSON list with id and state, and one is found by its id', async () => {
  await using server = await withOrder()
  const list = (await server.get('/api/v1/orders')).json()
  expect(list).toMatchObject([{ id: STORY_ORDER, state: 'drafted', site: STORY_SITE, approvals: [] }])
  expect(list[0].validUntil).toMatch(/Z$/)
  expect((await server.get(ORDER)).json()).toEqual(list[0])
  expect((await server.get('/api/v1/orders/none')).statusCode).toBe(404)
})

test('two officials of two departments approve an order', async () => {
  await using server = await withOrder()
  const officer = await server.signIn(USERS.officer)
  const head = await server.signIn(USERS.head)
  const first = await server.post(`${ORDER}/approve`, server.approval, officer)
  expect(first.json()).toMatchObject({ state: 'approved-once', approvals: [{ user: USERS.officer.id }] })
  const second = await server.post(`${ORDER}/approve`, server.approval, head)
  expect(second.json()).toMatchObject({ state: 'approved' })
})

test('what the service refuses keeps its code and status', async () => {
  await using server = await withOrder()
  const officer = await server.signIn(USERS.officer)
  const colleague = await server.signIn(USERS.colleague)
  await server.post(`${ORDER}/approve`, server.approval, officer)
  const same = await server.post(`${ORDER}/approve`, server.approval, colleague)
  expect([same.statusCode, same.json().error.code]).toEqual([403, 'not-allowed'])
  const other = await server.post(`${ORDER}/approve`, { documentSha256: '0'.repeat(64) }, colleague)
  expect([other.statusCode, other.json().error.code]).toEqual([409, 'order-conflict'])
  const none = await server.post('/api/v1/orders/none/approve', server.approval, colleague)
  expect(none.statusCode).toBe(404)
})

test('approving and cancelling need a session even where reading is public', async () => {
  await using server = await withOrder()
  for (const [action, body] of [['approve', server.approval] as const, ['cancel', { reason: 'x' }] as const]) {
    const answer = await server.post(`${ORDER}/${action}`, body)
    expect([answer.statusCode, answer.json().error.code]).toEqual([401, 'not-signed-in'])
  }
  expect(server.orders.get(STORY_ORDER)?.state).toBe('drafted')
})

test('a viewer may neither approve nor cancel', async () => {
  await using server = await withOrder()
  const viewer = await server.signIn(USERS.viewer)
  for (const [action, body] of [['approve', server.approval] as const, ['cancel', { reason: 'x' }] as const]) {
    const answer = await server.post(`${ORDER}/${action}`, body, viewer)
    expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'not-allowed'])
  }
})

test.each([
  ['another origin', { origin: 'http://evil.example' }],
  ['another port', { origin: 'http://mines.example:8081' }],
  ['no origin at all', { origin: undefined, 'sec-fetch-site': undefined }],
  ['an opaque origin', { origin: 'null' }],
  ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
  ['a sibling site', { 'sec-fetch-site': 'same-site' }],
])('a signed-in request from %s changes nothing', async (_from, changes) => {
  await using server = await withOrder()
  const { cookie } = await server.signIn(USERS.head)
  const headers = Object.entries({ ...OWN_PAGE, ...changes, cookie }).filter((entry) => entry[1] !== undefined)
  const answer = await server.app.inject({
    method: 'POST',
    url: `${ORDER}/approve`,
    headers: Object.fromEntries(headers) as Record<string, string>,
    payload: server.approval,
  })
  expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'cross-site'])
  expect(server.orders.get(STORY_ORDER)?.state).toBe('drafted')
})

test('a client that is no browser may name the origin itself', async () => {
  await using server = await withOrder()
  const { cookie } = await server.signIn(USERS.head)
  const answer = await server.app.inject({
    method: 'POST',
    url: `${ORDER}/approve`,
    headers: { host: OWN_PAGE.host, origin: OWN_PAGE.origin, cookie },
    payload: server.approval,
  })
  expect(answer.statusCode).toBe(200)
})

test.each([
  ['a hash that is none', 'approve', { documentSha256: 'abc' }, 'body.documentSha256'],
  ['a hash in capitals', 'approve', { documentSha256: 'A'.repeat(64) }, 'body.documentSha256'],
  ['no hash', 'approve', {}, 'body.documentSha256'],
  ['a list', 'approve', [], 'body'],
  ['a reason of blanks', 'cancel', { reason: '   ' }, 'body.reason'],
  ['an endless reason', 'cancel', { reason: 'x'.repeat(501) }, 'body.reason'],
  ['no reason', 'cancel', {}, 'body.reason'],
])('%s is refused and named', async (_what, action, body, path) => {
  await using server = await withOrder()
  const answer = await server.post(`${ORDER}/${action}`, body, await server.signIn(USERS.head))
  expect(answer.statusCode).toBe(400)
  expect(answer.json().error).toMatchObject({ code: 'request-invalid', problems: [{ path }] })
})

test('an order is cancelled with a reason', async () => {
  await using server = await withOrder()
  const answer = await server.post(`${ORDER}/cancel`, { reason: '误报' }, await server.signIn(USERS.officer))
  expect(answer.json()).toMatchObject({ state: 'cancelled' })
})

test('broken JSON, a body too large and a foreign content type are each told apart', async () => {
  await using server = await withOrder()
  const { cookie } = await server.signIn(USERS.head)
  const send = (payload: string, type: string) =>
    server.app.inject({
      method: 'POST',
      url: `${ORDER}/approve`,
      headers: { ...OWN_PAGE, cookie, 'content-type': type },
      payload,
    })
  const broken = await send('{"documentSha256":', 'application/json')
  expect([broken.statusCode, broken.json().error.code]).toEqual([400, 'request-invalid'])
  const large = await send(`"${'x'.repeat(20_000)}"`, 'application/json')
  expect([large.statusCode, large.json().error.code]).toEqual([413, 'request-too-large'])
  const foreign = await send('a=b', 'application/x-www-form-urlencoded')
  expect([foreign.statusCode, foreign.json().error.code]).toEqual([415, 'request-unsupported'])
})
