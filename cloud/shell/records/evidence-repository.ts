import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import type { StateFinding } from '@minewarden/protocol/finding.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { Evidence } from '@minewarden/protocol/order.ts'
import { type Clock, instant } from '@minewarden/protocol/time.ts'
import { EVIDENCE_KINDS, evidencePieces, evidenceWindow, MAX_EVIDENCE_ROWS } from '../../core/orders/evidence.ts'
import type { JournalWindow } from '../../core/ports.ts'
import type { Records } from './database.ts'

export interface EvidenceDeps {
  readonly records: Records
  readonly clock: Clock
  readonly journal: JournalWindow
  readonly gatewaysOf: (site: string) => readonly GatewayId[]
}

/** Freezes the readings behind a finding: written down word for word before their hashes stand in an order. */
export function createEvidenceFreezer({ records, clock, journal, gatewaysOf }: EvidenceDeps) {
  return async (finding: StateFinding): Promise<readonly Evidence[]> => {
    const rows = journal.rowsOf({
      gateways: gatewaysOf(finding.site),
      ...evidenceWindow(instant(finding.at)),
      kinds: EVIDENCE_KINDS,
      limit: MAX_EVIDENCE_ROWS,
    })
    const frozen = await Promise.all(
      evidencePieces(rows).map(async (piece) => ({ ...piece, sha256: await sha256Hex(piece.content) })),
    )
    await records.transaction().execute(async (transaction) => {
      for (const piece of frozen) {
        const values = { ...piece, site: finding.site, finding_at: finding.at, frozen_at: clock.now() }
        await transaction
          .insertInto('evidence')
          .values(values)
          .onConflict((conflict) => conflict.column('sha256').doNothing())
          .execute()
      }
    })
    return frozen.map(({ what, sha256 }) => ({ what, sha256 }))
  }
}

/** The content behind a hash; `null` when nothing of this hash was frozen. */
export async function readEvidence(records: Records, sha256: string): Promise<string | null> {
  const row = await records.selectFrom('evidence').select('content').where('sha256', '=', sha256).executeTakeFirst()
  return row?.content ?? null
}
