import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'
import type { VetoWindow } from '@minewarden/protocol/standing.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { Records } from './records/database.ts'
import { recordFact } from './records/orders-repository.ts'

const ACTION = 'county.veto-window'

/** A county's choice of a veto window stands in the audit log: written when it is first made, and at each change. */
export async function recordVetoChoice(
  records: Records,
  county: string,
  choice: VetoWindow | null,
  now: Instant,
): Promise<void> {
  const last = await records
    .selectFrom('audit')
    .select('detail')
    .where('action', '=', ACTION)
    .where('subject', '=', county)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  const detail = { vetoWindow: choice }
  const before = last === undefined ? { vetoWindow: null } : JSON.parse(last.detail)
  if (canonicalJson(before) === canonicalJson(detail)) return
  await recordFact(records, { at: now, actor: 'system', action: ACTION, subject: county, detail })
}
