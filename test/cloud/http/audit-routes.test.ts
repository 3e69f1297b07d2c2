import { expect, test } from 'vitest'
import { createMemoryAudit } from '../../support/memory/audit.ts'
import { createTestServer, OWN_PAGE } from '../../support/memory/server.ts'
import { USERS } from '../../support/memory/sessions.ts'

async function withAudit() {
  const audit = createMemoryAudit()
  return { ...(await createTestServer({ audit })), audit }
}

test('people who are signed in see how far the log has come, and whether it is whole', async () => {
  await using server = await withAudit()
  expect((await server.get('/api/v1/audit')).statusCode).toBe(401)
  const viewer = await server.signIn(USERS.viewer)
  expect((await server.get('/api/v1/audit', viewer)).json()).toEqual({
    entries: 1,
    head: { sequence: 1, hash: 'a'.repeat(64) },
    verified: 1,
    checkpoint: { number: 1, sequence: 1, at: '2026-03-03T15:00:00.000Z' },
    trouble: null,
  })
  server.audit.trouble = { sequence: 7, reason: 'the link is broken' }
  expect((await server.get('/api/v1/audit', viewer)).json()).toMatchObject({ trouble: { sequence: 7 } })
  expect((await server.get('/api/v1/audit/checkpoints', viewer)).body).toBe('a.b.c\n')
})

test('an officer takes the whole log as a file; a viewer, a stranger and another page do not', async () => {
  await using server = await withAudit()
  const take = (headers: Record<string, string>) => server.get('/api/v1/audit/export', { ...OWN_PAGE, ...headers })
  expect((await take({})).statusCode).toBe(401)
  expect((await take(await server.signIn(USERS.viewer))).statusCode).toBe(403)
  const officer = await server.signIn(USERS.officer)
  expect((await take({ ...officer, 'sec-fetch-site': 'cross-site' })).json().error.code).toBe('cross-site')
  expect(server.audit.exportedBy).toEqual([])
  const answer = await take(officer)
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="audit-\d{8}T\d{6}Z\.ndjson"$/)
  expect(answer.body).toBe('{"kind":"header"}\n{"kind":"seal"}\n')
  expect(server.audit.exportedBy).toEqual([USERS.officer.id])
})
