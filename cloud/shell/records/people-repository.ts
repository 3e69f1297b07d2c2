import { UserId } from '@minewarden/protocol/ids.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { DEPARTMENT_LEVELS, ROLES, type User } from '../../core/ports.ts'
import type { Records } from './database.ts'

/** Users, their used sign-in tokens and their sessions. Tokens and session secrets are kept only as SHA-256. */

/** Makes the table agree with the configuration: who is no longer in it can no longer sign in, and is signed out. */
export async function replaceUsers(records: Records, users: readonly User[]): Promise<void> {
  await records.transaction().execute(async (transaction) => {
    await transaction.updateTable('users').set({ active: 0 }).execute()
    for (const { id, name, department, role, level, competent } of users) {
      const values = { name, department, role, active: 1, level: level ?? null, competent: competent ? 1 : 0 }
      await transaction
        .insertInto('users')
        .values({ id, ...values })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
        .execute()
    }
  })
}

interface UserRow {
  id: string
  name: string
  department: string
  role: string
  level: string | null
  competent: number
}
function toUser({ id, name, department, role, level, competent }: UserRow): User | null {
  const known = ROLES.find((one) => one === role)
  const height = DEPARTMENT_LEVELS.find((one) => one === level)
  if (known === undefined) return null
  return {
    ...{ id: UserId.parse(id), name, department, role: known },
    ...(height === undefined ? {} : { level: height }),
    ...(competent === 1 ? { competent: true } : {}),
  }
}

export async function findUser(records: Records, id: string): Promise<User | null> {
  const row = await records
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .where('active', '=', 1)
    .executeTakeFirst()
  return row ? toUser(row) : null
}

export interface NewSession {
  readonly tokenSha256: string
  readonly secretSha256: string
  readonly user: string
  readonly now: Instant
  readonly expiresAt: Instant
}

/** Uses the token up and opens the session, both or neither; false when the token was used before. */
export async function openSession(records: Records, session: NewSession): Promise<boolean> {
  return await records.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('sign_in_tokens')
      .values({ sha256: session.tokenSha256, user_id: session.user, redeemed_at: session.now })
      .onConflict((conflict) => conflict.column('sha256').doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows !== 1n) return false
    await transaction
      .insertInto('sessions')
      .values({
        sha256: session.secretSha256,
        user_id: session.user,
        created_at: session.now,
        expires_at: session.expiresAt,
      })
      .execute()
    return true
  })
}

/** The user of a session that has not expired. */
export async function findSession(records: Records, secretSha256: string, now: Instant): Promise<User | null> {
  const row = await records
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['users.id', 'users.name', 'users.department', 'users.role', 'users.level', 'users.competent'])
    .select('sessions.created_at')
    .where('sessions.sha256', '=', secretSha256)
    .where('sessions.expires_at', '>', now)
    .where('users.active', '=', 1)
    .executeTakeFirst()
  // A session from the future means that the clock was set back: its end cannot be trusted.
  return row && instant(row.created_at) <= now ? toUser(row) : null
}

export async function deleteSession(records: Records, secretSha256: string): Promise<string | null> {
  const row = await records
    .deleteFrom('sessions')
    .where('sha256', '=', secretSha256)
    .returning('user_id')
    .executeTakeFirst()
  return row?.user_id ?? null
}

export async function deleteExpiredSessions(records: Records, now: Instant): Promise<void> {
  await records.deleteFrom('sessions').where('expires_at', '<=', now).execute()
}
