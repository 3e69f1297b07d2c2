import type { AuditHead } from '@minewarden/protocol/order.ts'
import { type AuditEntry, type AuditFact, type ChainVerdict, linkEntry, verifyEntries } from '../../core/audit.ts'
import type { Records, RecordsTransaction } from './database.ts'

/** Entries read at once: bounds the memory that a verification of a long log needs. */
const PAGE = 1000

/** The last entry of the log; `null` while it is empty. */
export async function readHead(records: Records): Promise<AuditHead | null> {
  const head = await records
    .selectFrom('audit')
    .select(['sequence', 'hash'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return head ?? null
}

/** Appends to the chain inside the transaction that makes the fact true: both are written, or neither. */
export async function appendAudit(transaction: RecordsTransaction, fact: AuditFact): Promise<AuditEntry> {
  const entry = await linkEntry(fact, await readHead(transaction))
  await transaction
    .insertInto('audit')
    .values({ ...entry, detail: JSON.stringify(entry.detail) })
    .execute()
  return entry
}

/** Entries after `after`, oldest first. */
export async function readAudit(records: Records, after: number, limit = PAGE): Promise<AuditEntry[]> {
  const rows = await records
    .selectFrom('audit')
    .selectAll()
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, detail: parseDetail(row.detail) }) as AuditEntry)
}

/** Entries about one subject, oldest first. */
export async function readEntriesOf(records: Records, subject: string, limit: number): Promise<AuditEntry[]> {
  const rows = await records
    .selectFrom('audit')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, detail: parseDetail(row.detail) }) as AuditEntry)
}

/** Text that somebody made unreadable must fail the hash, not the reader. */
function parseDetail(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return { unreadable: text }
  }
}

/**
 * Follows the whole chain, and holds it against the orders' stories: each of their lines names its entry, so that
 * entries cut off at the end of the chain are missed too.
 */
export async function verifyChain(records: Records): Promise<ChainVerdict> {
  let last: { sequence: number; hash: string } | null = null
  let entries = 0
  for (;;) {
    const page = await readAudit(records, last?.sequence ?? 0)
    if (page.length === 0) break
    const verdict = await verifyEntries(page, last)
    if (!verdict.intact) return verdict
    entries += verdict.entries
    last = verdict.last
  }
  return (await unmatchedEvent(records)) ?? { intact: true, entries, last }
}

async function unmatchedEvent(records: Records): Promise<ChainVerdict | null> {
  const stray = await records
    .selectFrom('order_events')
    .leftJoin('audit', 'audit.sequence', 'order_events.audit_sequence')
    .select(['order_events.audit_sequence', 'order_events.order_id'])
    .where((where) =>
      where.or([
        where('audit.sequence', 'is', null),
        where('audit.subject', '!=', where.ref('order_events.order_id')),
        where('audit.at', '!=', where.ref('order_events.at')),
        where('audit.action', '!=', where.fn<string>('concat', [where.val('order.'), where.ref('order_events.what')])),
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  if (!stray) return null
  const reason = `a line in the story of order ${stray.order_id} has no such entry`
  return { intact: false, sequence: stray.audit_sequence, reason }
}
