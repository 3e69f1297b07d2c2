import { PASSKEY_ALGORITHMS, type PasskeyProof } from '@minewarden/protocol/approval-proof.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { AuditFact } from '../../core/audit.ts'
import { MAX_PASSKEYS } from '../../core/proofs-port.ts'
import { appendAudit } from './audit-repository.ts'
import type { Records } from './database.ts'

/** Passkeys and secrets of one-time passwords. What was revoked stays, so that an old approval still has its key. */

export interface StoredPasskey {
  readonly id: string
  readonly user: string
  readonly name: string
  readonly spki: string
  readonly cose: string
  readonly algorithm: PasskeyProof['algorithm']
  readonly counter: number
  readonly createdAt: Instant
  readonly lastUsedAt: Instant | null
}

/** The passkeys of a person that are not revoked, oldest first. */
export async function livingPasskeys(records: Records, user: string): Promise<StoredPasskey[]> {
  const rows = await records
    .selectFrom('passkeys')
    .selectAll()
    .where('user_id', '=', user)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    user: row.user_id,
    name: row.name,
    spki: row.spki,
    cose: row.cose,
    algorithm: PASSKEY_ALGORITHMS.find((one) => one === row.algorithm) ?? -7,
    counter: row.counter,
    createdAt: instant(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : instant(row.last_used_at),
  }))
}

/** Whether this key (SubjectPublicKeyInfo) was ever registered for this person: what an old approval is held against. */
export async function wasKeyOf(records: Records, user: string, credentialId: string, spki: string): Promise<boolean> {
  const row = await records
    .selectFrom('passkeys')
    .select('id')
    .where('id', '=', credentialId)
    .where('user_id', '=', user)
    .where('spki', '=', spki)
    .executeTakeFirst()
  return row !== undefined
}

/** Writes a passkey with its audit entry; false when the person has as many as are kept, or the key is known already. */
export async function insertPasskey(
  records: Records,
  passkey: Omit<StoredPasskey, 'lastUsedAt'>,
  fact: AuditFact,
): Promise<boolean> {
  return await records.transaction().execute(async (transaction) => {
    const { count } = await transaction
      .selectFrom('passkeys')
      .select((select) => select.fn.countAll<number>().as('count'))
      .where('user_id', '=', passkey.user)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (Number(count) >= MAX_PASSKEYS) return false
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('passkeys')
      .values({
        id: passkey.id,
        user_id: passkey.user,
        name: passkey.name,
        spki: passkey.spki,
        cose: passkey.cose,
        algorithm: passkey.algorithm,
        counter: passkey.counter,
        created_at: passkey.createdAt,
        last_used_at: null,
        revoked_at: null,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows !== 1n) return false
    await appendAudit(transaction, fact)
    return true
  })
}

/** Notes a use; false when the passkey was revoked or used since it was read. */
export async function notePasskeyUse(
  records: Records,
  { id, counter: before }: StoredPasskey,
  counter: number,
  now: Instant,
): Promise<boolean> {
  const { numUpdatedRows } = await records
    .updateTable('passkeys')
    .set({ counter, last_used_at: now })
    .where('id', '=', id)
    .where('counter', '=', before)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function revokeStoredPasskey(
  records: Records,
  user: string,
  id: string,
  fact: AuditFact,
): Promise<boolean> {
  return await records.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('passkeys')
      .set({ revoked_at: fact.at })
      .where('id', '=', id)
      .where('user_id', '=', user)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows === 1n) await appendAudit(transaction, fact)
    return numUpdatedRows === 1n
  })
}

export interface StoredTotp {
  readonly sealed: string
  readonly since: Instant
}

export async function findTotp(records: Records, user: string): Promise<StoredTotp | null> {
  const row = await records.selectFrom('totp').selectAll().where('user_id', '=', user).executeTakeFirst()
  return row ? { sealed: row.sealed, since: instant(row.since) } : null
}

/** Writes a secret whose first code, of `step`, was right; false when the person has one. */
export async function insertTotp(
  records: Records,
  user: string,
  sealed: string,
  step: number,
  fact: AuditFact,
): Promise<boolean> {
  return await records.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('totp')
      .values({ user_id: user, sealed, since: fact.at, last_step: step })
      .onConflict((conflict) => conflict.column('user_id').doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows === 1n) await appendAudit(transaction, fact)
    return numInsertedOrUpdatedRows === 1n
  })
}

/** Uses a step up; false when it, or a later one, was used before. */
export async function useTotpStep(records: Records, user: string, step: number): Promise<boolean> {
  const { numUpdatedRows } = await records
    .updateTable('totp')
    .set({ last_step: step })
    .where('user_id', '=', user)
    .where('last_step', '<', step)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function deleteTotp(records: Records, user: string, fact: AuditFact): Promise<boolean> {
  return await records.transaction().execute(async (transaction) => {
    const { numDeletedRows } = await transaction.deleteFrom('totp').where('user_id', '=', user).executeTakeFirst()
    if (numDeletedRows === 1n) await appendAudit(transaction, fact)
    return numDeletedRows === 1n
  })
}
