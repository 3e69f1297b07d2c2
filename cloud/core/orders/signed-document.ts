import { type Checked, check } from '@minewarden/protocol/errors.ts'
import { type AuditHead, CutOffOrder } from '@minewarden/protocol/order.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { legalStatement } from '../law/statement.ts'
import type { Standing } from './authorisation.ts'
import type { Carrier } from './carriage.ts'
import type { Order } from './order.ts'

/**
 * The document that is signed for an order with both approvals: checked against the very schema its reader uses.
 * @param auditHead how far the audit log has come; `null` for an empty one
 */
export function orderDocument(
  order: Order,
  issuedAt: Instant,
  auditHead: AuditHead | null,
  carrier: { readonly by: Carrier | null; readonly standing: Standing | null } = { by: 'approvals', standing: null },
): Checked<CutOffOrder> {
  const legal = legalStatement(order.legal, issuedAt)
  return check(CutOffOrder, {
    type: 'cut-off-order',
    version: 1,
    order: order.content,
    orderSha256: order.documentSha256,
    approvals: order.approvals,
    issuedAt: isoTime(issuedAt),
    ...(legal ? { legal } : {}),
    ...(auditHead ? { auditHead } : {}),
    ...authorityOf(order, carrier),
  })
}

/** What stands in place of two approvals. */
function authorityOf(
  { content, veto }: Order,
  { by, standing }: { readonly by: Carrier | null; readonly standing: Standing | null },
): Partial<Pick<CutOffOrder, 'standing' | 'veto'>> {
  if (by === 'approvals' || standing === null) return {}
  const grant = { content: standing.content, sha256: standing.documentSha256, approvals: [...standing.approvals] }
  if (by !== 'veto' || !veto || !content.vetoWindow) return { standing: grant }
  const announcedAt = isoTime(instant(veto.until - content.vetoWindow.seconds * 1000))
  return { standing: grant, veto: { announcedAt, until: isoTime(veto.until) } }
}
