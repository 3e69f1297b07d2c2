import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import type { AuditFact } from '../../core/audit.ts'
import type { Standing } from '../../core/orders/authorisation.ts'
import { appendAudit } from './audit-repository.ts'
import type { Records } from './database.ts'

/** Writes a standing authorisation's step with its audit entry; false when it has moved on since the step was taken. */
export async function writeStanding(records: Records, standing: Standing, fact: AuditFact): Promise<boolean> {
  const record = JSON.stringify(standing)
  return await records
    .transaction()
    .execute(async (transaction) => {
      const detail = { ...fact.detail, recordSha256: await sha256Hex(record) }
      const { sequence } = await appendAudit(transaction, { ...fact, detail })
      const { id, version } = standing
      const row = { id, site: standing.content.site.id, version, record, audit_sequence: sequence }
      if (version === 1) {
        await transaction.insertInto('standings').values(row).execute()
        return true
      }
      const { numUpdatedRows } = await transaction
        .updateTable('standings')
        .set(row)
        .where('id', '=', id)
        .where('version', '=', version - 1)
        .executeTakeFirst()
      // Nothing of it may stay: the audit entry neither.
      if (numUpdatedRows !== 1n) throw new Moved()
      return true
    })
    .catch((error) => {
      if (error instanceof Moved) return false
      throw error
    })
}

class Moved extends Error {}

export interface LoadedStandings {
  readonly standings: readonly Standing[]
  /** Whose record is not the one that the audit log vouches for: they carry nothing. */
  readonly altered: readonly string[]
}

/** The newest authorisations, oldest first. */
export async function loadStandings(records: Records, limit: number): Promise<LoadedStandings> {
  const rows = await records
    .selectFrom('standings')
    .innerJoin('audit', 'audit.sequence', 'standings.audit_sequence')
    .select(['standings.id', 'standings.record', 'audit.detail', 'audit.subject'])
    .orderBy('audit.sequence', 'desc')
    .limit(limit)
    .execute()
  const standings: Standing[] = []
  const altered: string[] = []
  for (const { id, record, detail, subject } of rows.toReversed()) {
    const vouched = subject === id && JSON.parse(detail).recordSha256 === (await sha256Hex(record))
    const newest = vouched && (await isNewest(records, id, record))
    if (newest) standings.push(JSON.parse(record) as Standing)
    else altered.push(id)
  }
  return { standings, altered }
}

/** An older record put back over a revocation is vouched for by an older entry: the newest one decides. */
async function isNewest(records: Records, id: string, record: string): Promise<boolean> {
  const row = await records
    .selectFrom('audit')
    .select('detail')
    .where('subject', '=', id)
    .where('action', 'in', ['standing.proposed', 'standing.approved-once', 'standing.in-force', 'standing.revoked'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined && JSON.parse(row.detail).recordSha256 === (await sha256Hex(record))
}
