import { expect, test } from 'vitest'
import { systemClock } from '../../support/memory/cloud.ts'
import { createMemoryEvidence } from '../../support/memory/evidence.ts'
import { createMemoryLive } from '../../support/memory/live.ts'
import { createMemoryOrders } from '../../support/memory/orders.ts'
import { createTestServer, OWN_PAGE } from '../../support/memory/server.ts'
import { USERS } from '../../support/memory/sessions.ts'
import { createStory, STORY_ORDER } from '../../support/memory/story.ts'

const EVIDENCE = `/api/v1/orders/${STORY_ORDER}/evidence`
const REVIEW = { verdict: 'sound', remark: '波形清楚', contentSha256: 'd'.repeat(64) }

async function withOrder() {
  const orders = createMemoryOrders(createMemoryLive())
  const evidence = createMemoryEvidence(orders)
  const server = await createTestServer({ orders, evidence })
  createStory({ ...server, orders }).draft(systemClock.now())
  return { ...server, evidence }
}

test('people who are signed in see the pieces, their hashes, pictures and content', async () => {
  await using server = await withOrder()
  for (const address of [EVIDENCE, `${EVIDENCE}/waveforms`, `${EVIDENCE}/${'b'.repeat(64)}`])
    expect((await server.get(address)).statusCode).toBe(401)
  const viewer = await server.signIn(USERS.viewer)
  const document = (await server.get(EVIDENCE, viewer)).json()
  expect(document.pieces.map(({ kind }: { kind: string }) => kind)).toEqual(['finding', 'readings', 'supplement'])
  expect(document).toMatchObject({
    reviewed: false,
    reviews: [],
    pieces: [{ frozenAt: null }, { frozenAt: expect.stringMatching(/Z$/) }, {}],
  })
  expect((await server.get(`${EVIDENCE}/waveforms`, viewer)).json()[0].lows).toHaveLength(600)
  expect((await server.get(`${EVIDENCE}/${'b'.repeat(64)}`, viewer)).body).toBe('{"reading":1}\n')
  expect((await server.get(`${EVIDENCE}/${'e'.repeat(64)}`, viewer)).statusCode).toBe(404)
  expect((await server.get(`${EVIDENCE}/short`, viewer)).statusCode).toBe(400)
  expect((await server.get('/api/v1/orders/none/evidence', viewer)).statusCode).toBe(404)
})

test('an officer reviews exactly what was seen; a viewer does not', async () => {
  await using server = await withOrder()
  const officer = await server.signIn(USERS.officer)
  const viewer = await server.signIn(USERS.viewer)
  expect((await server.post(`${EVIDENCE}/reviews`, REVIEW, viewer)).statusCode).toBe(403)
  expect(
    (await server.post(`${EVIDENCE}/reviews`, { ...REVIEW, contentSha256: 'e'.repeat(64) }, officer)).statusCode,
  ).toBe(409)
  const answer = await server.post(`${EVIDENCE}/reviews`, REVIEW, officer)
  expect(answer.json()).toMatchObject({
    reviewed: true,
    reviews: [{ number: 1, user: USERS.officer.id, verdict: 'sound' }],
  })
})

test.each([
  ['no remark', { remark: ' ' }, 'body.remark'],
  ['another verdict', { verdict: 'fine' }, 'body.verdict'],
  ['no hash', { contentSha256: 'x' }, 'body.contentSha256'],
])('a review with %s is refused and named', async (_what, change, path) => {
  await using server = await withOrder()
  const answer = await server.post(`${EVIDENCE}/reviews`, { ...REVIEW, ...change }, await server.signIn(USERS.head))
  expect(answer.json().error).toMatchObject({ code: 'request-invalid', problems: [{ path }] })
})

test('an officer takes the bundle as a file; a viewer and another page do not', async () => {
  await using server = await withOrder()
  const take = (headers: Record<string, string>) => server.get(`${EVIDENCE}/bundle`, { ...OWN_PAGE, ...headers })
  expect((await take({})).statusCode).toBe(401)
  expect((await take(await server.signIn(USERS.viewer))).statusCode).toBe(403)
  const officer = await server.signIn(USERS.officer)
  expect((await take({ ...officer, 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
  const answer = await take(officer)
  expect(answer.headers).toMatchObject({
    'content-type': 'application/x-tar',
    'content-disposition': `attachment; filename="evidence-${STORY_ORDER}.tar"`,
  })
  expect(answer.rawPayload).toHaveLength(1024)
  expect(server.evidence.takenBy).toEqual([USERS.officer.id])
})
