import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import type { AuditFact } from '../../core/audit.ts'
import type { LegalRecord } from '../../core/law/record.ts'
import { appendAudit } from './audit-repository.ts'
import type { Records } from './database.ts'

export const SITE_LAW_ACTION = 'site.legal-step'

/** Writes what was done in law for a site, with its audit entry: both or neither. */
export async function writeSiteLaw(records: Records, site: string, legal: LegalRecord, fact: AuditFact): Promise<void> {
  const record = JSON.stringify(legal)
  await records.transaction().execute(async (transaction) => {
    const detail = { ...fact.detail, recordSha256: await sha256Hex(record) }
    const { sequence } = await appendAudit(transaction, { ...fact, action: SITE_LAW_ACTION, subject: site, detail })
    const row = { record, audit_sequence: sequence }
    await transaction
      .insertInto('site_law')
      .values({ site, ...row })
      .onConflict((conflict) => conflict.column('site').doUpdateSet(row))
      .execute()
  })
}

export interface LoadedSiteLaw {
  readonly records: ReadonlyMap<string, LegalRecord>
  /** Sites whose record is not the newest that the audit log vouches for: it serves no order. */
  readonly altered: readonly string[]
}

export async function loadSiteLaw(records: Records): Promise<LoadedSiteLaw> {
  const rows = await records.selectFrom('site_law').select(['site', 'record']).execute()
  const loaded = new Map<string, LegalRecord>()
  const altered: string[] = []
  for (const { site, record } of rows) {
    const newest = await records
      .selectFrom('audit')
      .select('detail')
      .where('subject', '=', site)
      .where('action', '=', SITE_LAW_ACTION)
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirst()
    const vouched = newest && JSON.parse(newest.detail).recordSha256 === (await sha256Hex(record))
    if (vouched) loaded.set(site, JSON.parse(record) as LegalRecord)
    else altered.push(site)
  }
  return { records: loaded, altered }
}
