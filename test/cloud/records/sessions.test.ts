import { openRecords, type Records } from '@minewarden/cloud/shell/records/database.ts'
import { replaceUsers } from '@minewarden/cloud/shell/records/people-repository.ts'
import { createSessions, hashSecret } from '@minewarden/cloud/shell/sessions.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HEAD, NOW, OFFICER } from '../../support/cut-off/fixtures.ts'
import { createManualClock, type ManualClock } from '../../support/cut-off/manual-clock.ts'

const HOUR = 3_600_000
const TOKEN = 'one-time-token-of-the-officer'
let records: Records
let clock: ManualClock

beforeEach(async () => {
  records = await openRecords(':memory:')
  clock = createManualClock(NOW)
  await replaceUsers(records, [OFFICER, HEAD])
})
afterEach(() => records.destroy())

const open = (expiresAt = instant(NOW + HOUR)) =>
  createSessions({ records, clock, tokens: [{ sha256: hashSecret(TOKEN), user: OFFICER.id, expiresAt }] })

test('a token opens one session, and only one', async () => {
  const sessions = open()
  const session = await sessions.redeem(TOKEN)
  expect(session?.user).toEqual(OFFICER)
  expect(await sessions.userOf(session?.secret ?? '')).toEqual(OFFICER)
  expect(await sessions.redeem(TOKEN)).toBeNull()
})

test('a token that was used stays used after a restart', async () => {
  await open().redeem(TOKEN)
  expect(await open().redeem(TOKEN)).toBeNull()
})

test('of two people with one token at the same moment one gets in', async () => {
  const sessions = open()
  const both = await Promise.all([sessions.redeem(TOKEN), sessions.redeem(TOKEN)])
  expect(both.filter((session) => session !== null)).toHaveLength(1)
})

test('an unknown, an expired and an overlong token are refused', async () => {
  expect(await open().redeem('guess')).toBeNull()
  expect(await open(NOW).redeem(TOKEN)).toBeNull()
  expect(await open().redeem('x'.repeat(1_000_000))).toBeNull()
  expect(await open().redeem(hashSecret(TOKEN))).toBeNull()
})

test('a session ends by its time, by signing out, and with its user', async () => {
  const sessions = open()
  const secret = (await sessions.redeem(TOKEN))?.secret ?? ''
  await replaceUsers(records, [HEAD])
  expect(await sessions.userOf(secret)).toBeNull()
  await replaceUsers(records, [OFFICER, HEAD])
  expect(await sessions.userOf(secret)).toEqual(OFFICER)
  await clock.advance(12 * HOUR)
  expect(await sessions.userOf(secret)).toBeNull()
  await clock.advance(-12 * HOUR)
  await sessions.end(secret)
  expect(await sessions.userOf(secret)).toBeNull()
})

test('a session survives a restart', async () => {
  const secret = (await open().redeem(TOKEN))?.secret ?? ''
  expect(await open().userOf(secret)).toEqual(OFFICER)
})

test('a session from the future, after the clock was set back, is not believed', async () => {
  const sessions = open()
  const secret = (await sessions.redeem(TOKEN))?.secret ?? ''
  await clock.advance(-HOUR)
  expect(await sessions.userOf(secret)).toBeNull()
})

test('neither token nor secret is anywhere in the records', async () => {
  const sessions = open()
  const secret = (await sessions.redeem(TOKEN))?.secret ?? 'absent'
  await sessions.end(secret)
  const tables = ['users', 'sign_in_tokens', 'sessions', 'audit'] as const
  const all = JSON.stringify(await Promise.all(tables.map((table) => records.selectFrom(table).selectAll().execute())))
  expect(all).toContain('sign-out')
  expect(all).not.toContain(TOKEN)
  expect(all).not.toContain(secret)
  // The hash of the secret went with the session.
  expect(all).not.toContain(hashSecret(secret))
})

test('a role or department that changed counts at once', async () => {
  const sessions = open()
  const secret = (await sessions.redeem(TOKEN))?.secret ?? ''
  await replaceUsers(records, [{ ...OFFICER, role: 'viewer', department: '别处' }])
  expect(await sessions.userOf(secret)).toMatchObject({ role: 'viewer', department: '别处' })
})
