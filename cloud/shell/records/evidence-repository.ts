import { canonicalJson, sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import type { StateFinding } from '@minewarden/protocol/finding.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { Evidence } from '@minewarden/protocol/order.ts'
import { type Clock, type Instant, instant } from '@minewarden/protocol/time.ts'
import { CONTEXT_PIECE } from '../../core/evidence/bundle.ts'
import {
  EVIDENCE_KINDS,
  type EvidencePiece,
  evidencePieces,
  evidenceWindow,
  MAX_EVIDENCE_ROWS,
} from '../../core/orders/evidence.ts'
import type { JournalWindow } from '../../core/ports.ts'
import { appendAudit } from './audit-repository.ts'
import type { Records, RecordsTransaction } from './database.ts'

export interface EvidenceDeps {
  readonly records: Records
  readonly clock: Clock
  readonly journal: JournalWindow
  readonly gatewaysOf: (site: string) => readonly GatewayId[]
  /** Versions and configuration at this moment, plain data: frozen with the readings. */
  readonly contextOf?: (site: string) => Record<string, unknown>
}

/** Freezes the readings behind a finding: written down word for word before their hashes stand in an order. */
export function createEvidenceFreezer({ records, clock, journal, gatewaysOf, contextOf }: EvidenceDeps) {
  return async (finding: StateFinding): Promise<readonly Evidence[]> => {
    const rows = journal.rowsOf({
      gateways: gatewaysOf(finding.site),
      ...evidenceWindow(instant(finding.at)),
      kinds: EVIDENCE_KINDS,
      limit: MAX_EVIDENCE_ROWS,
    })
    const context = contextOf ? [{ what: CONTEXT_PIECE, content: canonicalJson(contextOf(finding.site)) }] : []
    const frozen = await hashed([...context, ...evidencePieces(rows)])
    await records.transaction().execute(async (transaction) => {
      const about = { site: finding.site, findingAt: instant(finding.at), at: clock.now() }
      const fresh = await insertPieces(transaction, frozen, about)
      if (fresh.length === 0) return
      const fact = { at: about.at, actor: 'system', action: 'evidence.frozen', subject: finding.site }
      await appendAudit(transaction, { ...fact, detail: { findingAt: finding.at, pieces: fresh } })
    })
    return frozen.map(({ what, sha256 }) => ({ what, sha256 }))
  }
}

/** Freezes what came after the draft: the order's document stands, so the audit log names these pieces. */
export async function freezeSupplement(
  records: Records,
  order: { readonly id: string; readonly site: string; readonly findingAt: Instant },
  pieces: readonly EvidencePiece[],
  at: Instant,
): Promise<void> {
  const frozen = await hashed(pieces)
  await records.transaction().execute(async (transaction) => {
    const fresh = await insertPieces(transaction, frozen, { site: order.site, findingAt: order.findingAt, at })
    if (fresh.length === 0) return
    const fact = { at, actor: 'system', action: 'evidence.supplemented', subject: order.id }
    const { sequence } = await appendAudit(transaction, { ...fact, detail: { pieces: fresh } })
    const values = fresh.map(({ sha256 }) => ({ order_id: order.id, sha256, audit_sequence: sequence }))
    await transaction.insertInto('evidence_supplements').values(values).execute()
  })
}

type HashedPiece = EvidencePiece & { readonly sha256: string }

const hashed = (pieces: readonly EvidencePiece[]): Promise<HashedPiece[]> =>
  Promise.all(pieces.map(async (piece) => ({ ...piece, sha256: await sha256Hex(piece.content) })))

/** Those that were not frozen before. */
async function insertPieces(
  transaction: RecordsTransaction,
  pieces: readonly HashedPiece[],
  { site, findingAt, at }: { readonly site: string; readonly findingAt: Instant; readonly at: Instant },
): Promise<Evidence[]> {
  const fresh: Evidence[] = []
  for (const { what, sha256, content } of pieces) {
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('evidence')
      .values({ what, sha256, content, site, finding_at: findingAt, frozen_at: at })
      .onConflict((conflict) => conflict.column('sha256').doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows === 1n) fresh.push({ what, sha256 })
  }
  return fresh
}

/** The content behind a hash; `null` when nothing of this hash was frozen. */
export async function readEvidence(records: Records, sha256: string): Promise<string | null> {
  const row = await records.selectFrom('evidence').select('content').where('sha256', '=', sha256).executeTakeFirst()
  return row?.content ?? null
}

/** What is kept behind hashes, without the contents. */
export async function describeEvidence(records: Records, hashes: readonly string[]) {
  return await records
    .selectFrom('evidence')
    .select(['sha256', 'what', 'frozen_at', (with_) => with_.fn<number>('length', ['content']).as('size')])
    .where('sha256', 'in', hashes)
    .execute()
}

/** Pieces that came after an order's draft, in the order in which they were frozen. */
export async function readSupplements(records: Records, order: string): Promise<Evidence[]> {
  return await records
    .selectFrom('evidence_supplements')
    .innerJoin('evidence', 'evidence.sha256', 'evidence_supplements.sha256')
    .select(['evidence.what', 'evidence.sha256'])
    .where('order_id', '=', order)
    .orderBy('audit_sequence')
    .orderBy('evidence.sha256')
    .execute()
}
