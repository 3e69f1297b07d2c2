import { expect, test } from 'vitest'
import { createTestServer, OWN_PAGE } from '../../support/memory/server.ts'
import { USERS } from '../../support/memory/sessions.ts'

test('a token is exchanged once for a session cookie that no script can read', async () => {
  await using server = await createTestServer()
  const token = server.sessions.tokenFor(USERS.head)
  const answer = await server.post('/api/v1/sign-in', { token })
  expect(answer.json()).toEqual({
    user: { id: USERS.head.id, name: USERS.head.name, department: USERS.head.department, role: 'head' },
    publicReading: true,
  })
  expect(answer.cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' })
  expect(answer.cookies[0]).not.toHaveProperty('secure')
  expect((await server.post('/api/v1/sign-in', { token })).statusCode).toBe(401)
})

test('behind a trusted proxy with TLS the cookie is for TLS only and browsers are told to stay there', async () => {
  await using server = await createTestServer({ trustProxy: true })
  const token = server.sessions.tokenFor(USERS.head)
  const answer = await server.post('/api/v1/sign-in', { token }, { 'x-forwarded-proto': 'https' })
  expect(answer.cookies[0]).toMatchObject({ secure: true })
  expect(answer.headers['strict-transport-security']).toMatch(/max-age=\d{7,}/)
})

test('a forwarded header of a stranger is not believed', async () => {
  await using server = await createTestServer()
  const token = server.sessions.tokenFor(USERS.head)
  const answer = await server.post('/api/v1/sign-in', { token }, { 'x-forwarded-proto': 'https' })
  expect(answer.cookies[0]).not.toHaveProperty('secure')
})

test('who we are is told before, during and after a session', async () => {
  await using server = await createTestServer()
  expect((await server.get('/api/v1/me')).json()).toEqual({ user: null, publicReading: true })
  const session = await server.signIn(USERS.officer)
  expect((await server.get('/api/v1/me', session)).json().user.id).toBe(USERS.officer.id)
  const out = await server.post('/api/v1/sign-out', {}, session)
  expect(out.statusCode).toBe(204)
  expect(out.cookies[0]).toMatchObject({ value: '' })
  expect((await server.get('/api/v1/me', session)).json().user).toBeNull()
})

test('signing in as another ends the first session', async () => {
  await using server = await createTestServer()
  const first = await server.signIn(USERS.officer)
  await server.post('/api/v1/sign-in', { token: server.sessions.tokenFor(USERS.head) }, first)
  expect((await server.get('/api/v1/me', first)).json().user).toBeNull()
})

test('the eleventh attempt of an address within a minute is refused, good token or not', async () => {
  await using server = await createTestServer()
  for (let attempt = 0; attempt < 10; attempt += 1) {
    expect((await server.post('/api/v1/sign-in', { token: 'guess-guess-guess-guess' })).statusCode).toBe(401)
  }
  const token = server.sessions.tokenFor(USERS.head)
  const refused = await server.post('/api/v1/sign-in', { token })
  expect([refused.statusCode, refused.json().error.code]).toEqual([429, 'too-many-attempts'])
})

test('no token, good or bad, reaches the log', async () => {
  await using server = await createTestServer()
  await server.post('/api/v1/sign-in', { token: 'bad-token-bad-token-bad' })
  await server.signIn(USERS.head)
  const log = JSON.stringify(server.logger.lines)
  expect(log).toContain('sign-in link was refused')
  expect(log).not.toContain('bad-token')
  expect(log).not.toContain('token-head')
})

test('another site can sign nobody in or out', async () => {
  await using server = await createTestServer()
  const token = server.sessions.tokenFor(USERS.head)
  for (const url of ['/api/v1/sign-in', '/api/v1/sign-out']) {
    const answer = await server.app.inject({
      method: 'POST',
      url,
      headers: { ...OWN_PAGE, origin: 'http://evil.example' },
      payload: { token },
    })
    expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'cross-site'])
  }
})

test('a token that is no text is refused and named', async () => {
  await using server = await createTestServer()
  const answer = await server.post('/api/v1/sign-in', { token: 7 })
  expect(answer.json().error.problems).toMatchObject([{ path: 'body.token' }])
})
