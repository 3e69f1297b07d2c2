import type { User } from '@minewarden/cloud/core/ports.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import { expect, test } from 'vitest'
import { systemClock } from '../../support/memory/cloud.ts'
import { createTestServer } from '../../support/memory/server.ts'
import { createStory, STORY_SITE } from '../../support/memory/story.ts'

const VIEWER: User = { id: UserId.parse('viewer-1'), name: '值班员', department: 'emergency', role: 'viewer' }
const OFFICER: User = { ...VIEWER, id: UserId.parse('officer-1'), name: '执法员', role: 'officer' }
const SITE = `/api/v1/sites/${STORY_SITE}`
const FALSE = { verdict: 'false', cause: 'quarry', note: '北面采石场放炮' }

/** A server with the story's seven findings, and the number of its newest event. */
async function told(options: Parameters<typeof createTestServer>[0] = {}) {
  const server = await createTestServer(options)
  createStory(server).reopen(systemClock.now())
  return server
}

test('an officer marks a finding false, with its cause; changing the mark tells the audit log both', async () => {
  await using server = await told()
  const { cookie } = await server.signIn(OFFICER)
  const before = (await server.get(`${SITE}/findings`, { cookie })).json()
  expect(before[0]).toMatchObject({ number: 7, mark: null })
  const marked = await server.post(`${SITE}/findings/6/mark`, FALSE, { cookie })
  expect([marked.statusCode, marked.json()]).toEqual([200, { ...FALSE, name: '执法员', at: expect.any(String) }])
  const changed = await server.post(`${SITE}/findings/6/mark`, { verdict: 'true' }, { cookie })
  expect(changed.json()).toMatchObject({ verdict: 'true', cause: null, note: '' })

  const after = (await server.get(`${SITE}/findings`, { cookie })).json()
  expect(after[1].mark).toMatchObject({ verdict: 'true', name: '执法员' })
  // What was found is what it was.
  const bare = (list: object[]) => list.map((one) => ({ ...one, mark: null }))
  expect(bare(after)).toEqual(bare(before))
  expect(server.feedback.audited).toMatchObject([
    {
      actor: 'officer-1',
      action: 'finding.marked',
      subject: STORY_SITE,
      detail: { number: 6, ...FALSE, before: null },
    },
    { detail: { number: 6, verdict: 'true', before: { verdict: 'false', cause: 'quarry', by: 'officer-1' } } },
  ])
})

test('a viewer, a stranger and another page mark nothing', async () => {
  await using server = await told()
  const { cookie } = await server.signIn(VIEWER)
  const url = `${SITE}/findings/6/mark`
  expect((await server.post(url, FALSE, { cookie })).statusCode).toBe(403)
  expect((await server.post(url, FALSE)).statusCode).toBe(401)
  const officer = await server.signIn(OFFICER)
  const foreign = await server.post(url, FALSE, { ...officer, 'sec-fetch-site': 'cross-site' })
  expect(foreign.json().error.code).toBe('cross-site')
  expect(server.feedback.audited).toEqual([])
})

test.each([
  ['6', { verdict: 'perhaps' }, 400, 'body.verdict'],
  ['6', { verdict: 'false', cause: 'aliens' }, 400, 'body.cause'],
  ['6', { verdict: 'false', note: 'x'.repeat(501) }, 400, 'body.note'],
  ['6', { verdict: 'false', more: 1 }, 400, 'body'],
  ['0', { verdict: 'false' }, 400, 'path.number'],
  ['99', { verdict: 'false' }, 404, undefined],
])('finding %s with %j is refused', async (number, body, status, path) => {
  await using server = await told()
  const { cookie } = await server.signIn(OFFICER)
  const answer = await server.post(`${SITE}/findings/${number}/mark`, body, { cookie })
  expect([answer.statusCode, answer.json().error.problems?.[0].path]).toEqual([status, path])
})

test('who marked, and in which words, is not for the public', async () => {
  await using server = await told({ publicReading: true })
  const { cookie } = await server.signIn(OFFICER)
  await server.post(`${SITE}/findings/6/mark`, FALSE, { cookie })
  const seen = (await server.get(`${SITE}/findings`)).json()[1].mark
  expect(seen).toMatchObject({ verdict: 'false', cause: 'quarry', note: '', name: '' })
})

test('false alarms are counted by class and by reason, of what was marked', async () => {
  await using server = await told()
  const { cookie } = await server.signIn(OFFICER)
  const mark = (number: number, verdict: string) =>
    server.post(`${SITE}/findings/${number}/mark`, { verdict }, { cookie })
  await mark(2, 'false')
  await mark(3, 'true')
  await mark(7, 'false')
  const rates = (await server.get(`${SITE}/false-alarms`)).json()
  expect(rates.all).toMatchObject({ found: 7, markedTrue: 1, markedFalse: 2, falseShare: 2 / 3 })
  expect(rates.all.falsePerDay).toBeCloseTo(2 / 30)
  expect(rates.classes).toContainEqual(
    expect.objectContaining({ kind: 'event', name: 'blast', found: 2, falseShare: 0.5 }),
  )
  expect(rates.reasons.find(({ name }: { name: string }) => name === 'load-unexplained')).toMatchObject({
    found: 2,
    markedFalse: 1,
  })
  const later = `?from=${new Date(Date.now() + 1000).toISOString()}&to=${new Date(Date.now() + 9000).toISOString()}`
  expect((await server.get(`${SITE}/false-alarms${later}`)).json().all).toMatchObject({ found: 0, falseShare: null })
  const wrong = await server.get(`${SITE}/false-alarms?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`)
  expect(wrong.json().error.problems[0].path).toBe('query.to')
})
