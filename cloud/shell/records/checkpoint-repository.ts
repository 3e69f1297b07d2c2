import type { SignedCheckpoint } from '../../core/audit-checkpoints.ts'
import type { Records } from './database.ts'

/** Signed texts in order of their numbers. */
export async function readCheckpoints(records: Records): Promise<string[]> {
  const rows = await records.selectFrom('audit_checkpoints').select('jws').orderBy('number').execute()
  return rows.map(({ jws }) => jws)
}

export async function insertCheckpoint(records: Records, { checkpoint, jws }: SignedCheckpoint): Promise<void> {
  const { number, sequence } = checkpoint
  await records.insertInto('audit_checkpoints').values({ number, sequence, jws }).execute()
}
