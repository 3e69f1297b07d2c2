import { codeAt } from '@minewarden/cloud/shell/one-time-passwords.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAuthenticator } from '../../support/authenticator.ts'
import { createAuthorityCounty } from '../../support/cut-off/authority-county.ts'
import { HEAD, OFFICER, POINT, VIEWER } from '../../support/cut-off/fixtures.ts'
import { systemClock } from '../../support/memory/cloud.ts'
import { createTestServer, OWN_PAGE } from '../../support/memory/server.ts'

const DAY = 86_400_000
const SHA = 'a'.repeat(64)
let county: Awaited<ReturnType<typeof createAuthorityCounty>>
let server: Awaited<ReturnType<typeof createTestServer>>
beforeEach(async () => {
  county = await createAuthorityCounty(systemClock, { origin: OWN_PAGE.origin })
  server = await createTestServer({ proofs: county.proofs, standings: county.standings })
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await county[Symbol.asyncDispose]()
})

const proposal = (change: object = {}) => ({
  site: county.register.site.id,
  supplyPoints: [POINT],
  from: new Date().toISOString(),
  to: new Date(Date.now() + 30 * DAY).toISOString(),
  reason: '历年死灰复燃',
  ...change,
})

/** Everything that changes something, with a body that would do. */
const CHANGES: readonly (readonly [string, object])[] = [
  ['/api/v1/me/passkeys/options', {}],
  ['/api/v1/me/passkeys', { name: 'x', response: {} }],
  ['/api/v1/me/totp', {}],
  ['/api/v1/me/totp/confirm', { code: '123456' }],
  ['/api/v1/people/officer-1/passkeys/abc/revoke', { reason: 'x' }],
  ['/api/v1/people/officer-1/totp/revoke', { reason: 'x' }],
  ['/api/v1/standings/s-1/question', {}],
  ['/api/v1/standings/s-1/approve', { documentSha256: SHA }],
  ['/api/v1/standings/s-1/revoke', { reason: 'x' }],
]

describe('what changes proofs and authorisations', () => {
  test('needs a session, a page of ours, and more than a viewer', async () => {
    const officer = await server.signIn(OFFICER)
    const viewer = await server.signIn(VIEWER)
    for (const [url, body] of [...CHANGES, ['/api/v1/standings', proposal()] as const]) {
      const unsigned = await server.post(url, body)
      expect([url, unsigned.statusCode]).toEqual([url, 401])
      const crossed = await server.post(url, body, {
        ...officer,
        origin: 'http://evil.example',
        'sec-fetch-site': 'cross-site',
      })
      expect([url, crossed.statusCode, crossed.json().error.code]).toEqual([url, 403, 'cross-site'])
      const read = await server.post(url, body, viewer)
      expect([url, read.statusCode, read.json().error.code]).toEqual([url, 403, 'not-allowed'])
    }
    expect(await county.proofs.ofPerson(OFFICER.id)).toMatchObject({ passkeys: [], totp: null })
    expect(county.standings.list()).toEqual([])
  })

  test('names the field of a body that does not fit', async () => {
    const officer = await server.signIn(OFFICER)
    for (const [url, body, field] of [
      ['/api/v1/me/passkeys', { name: '', response: {} }, 'body.name'],
      ['/api/v1/me/passkeys', { name: 'x' }, 'body.response'],
      ['/api/v1/me/totp/confirm', { code: '12345' }, 'body.code'],
      ['/api/v1/me/totp/confirm', { code: '123456', proof: { kind: 'word' } }, 'body.proof'],
      ['/api/v1/standings', proposal({ supplyPoints: [] }), 'body.supplyPoints'],
      ['/api/v1/standings', proposal({ to: 'soon' }), 'body.to'],
      ['/api/v1/standings', proposal({ reason: ' ' }), 'body.reason'],
      ['/api/v1/standings/s-1/approve', { documentSha256: 'x' }, 'body.documentSha256'],
      ['/api/v1/standings/s-1/revoke', {}, 'body.reason'],
    ] as const) {
      const answer = await server.post(url, body, officer)
      expect([url, answer.statusCode, answer.json().error.problems?.[0]?.path]).toEqual([
        url,
        400,
        expect.stringContaining(field),
      ])
    }
  })
})

test('one’s own proofs are told to oneself alone, and a secret but once', async () => {
  expect((await server.get('/api/v1/me/proofs')).statusCode).toBe(401)
  const officer = await server.signIn(OFFICER)
  const device = createAuthenticator(OWN_PAGE.origin)
  const { options } = (await server.post('/api/v1/me/passkeys/options', {}, officer)).json()
  const added = await server.post('/api/v1/me/passkeys', { name: '指纹', response: device.create(options) }, officer)
  expect(added.json()).toMatchObject({ id: device.id, name: '指纹', lastUsedAt: null })
  const begun = (await server.post('/api/v1/me/totp', {}, officer)).json()
  const proof = { kind: 'passkey', assertion: device.get(begun.question.passkey) }
  const code = codeAt(begun.secret, Date.now())
  expect((await server.post('/api/v1/me/totp/confirm', { code, proof }, officer)).statusCode).toBe(204)
  const mine = await server.get('/api/v1/me/proofs', officer)
  expect(mine.json()).toMatchObject({ accepted: ['passkey', 'totp'], passkeys: [{ id: device.id }] })
  expect(mine.body).not.toContain(begun.secret)
  const others = await server.get('/api/v1/me/proofs', await server.signIn(HEAD))
  expect(others.json()).toMatchObject({ passkeys: [], totp: null })
  const gone = await server.post(
    `/api/v1/people/${OFFICER.id}/passkeys/${device.id}/revoke`,
    { reason: 'lost' },
    await server.signIn(HEAD),
  )
  expect(gone.statusCode).toBe(204)
})

test('an authorisation is proposed, shown with what stands against it, and revoked', async () => {
  const officer = await server.signIn(OFFICER)
  const made = await server.post('/api/v1/standings', proposal(), officer)
  expect(made.json()).toMatchObject({ state: 'proposed', valid: false, approvals: [] })
  const { id } = made.json()
  const shown = (await server.get(`/api/v1/standings/${id}`, officer)).json()
  expect(shown.problems.map(({ code }: { code: string }) => code)).toContain('standing-not-in-force')
  expect((await server.get('/api/v1/standings', officer)).json().length).toBe(1)
  const long = await server.post(
    '/api/v1/standings',
    proposal({ to: new Date(Date.now() + 91 * DAY).toISOString() }),
    officer,
  )
  expect([long.statusCode, long.json().error.code]).toEqual([422, 'standing-unlawful'])
  const unproven = await server.post(
    `/api/v1/standings/${id}/approve`,
    { documentSha256: shown.documentSha256 },
    officer,
  )
  expect([unproven.statusCode, unproven.json().error.code]).toEqual([403, 'proof-refused'])
  const revoked = await server.post(`/api/v1/standings/${id}/revoke`, { reason: '不再需要' }, officer)
  expect(revoked.json()).toMatchObject({ state: 'revoked', revoked: { by: OFFICER.id, reason: '不再需要' } })
  expect((await server.get('/api/v1/standings/none', officer)).statusCode).toBe(404)
})
