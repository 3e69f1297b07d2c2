import { z } from 'zod'
import { Reason } from './finding.ts'
import { OrderId, SupplierId, SupplyPointId } from './ids.ts'
import { DocumentTime, MAX_REASONS, Sha256 } from './order.ts'

/**
 * What the county says to a supplier that has an order in hands: the permission to operate one selected supply point
 * now, or its refusal; and the withdrawal of an order. Each is signed as a JWS (`jws.ts`). An order alone operates
 * nothing: whoever operates without a permission that is in force at that moment acts without an order.
 * @see IEC 60870-5-101 7.4.7 (select and execute), on which the handshake is modelled
 */

/** No permission is in force for longer: what the county knew of people and evidence is older by then. */
export const MAX_PERMISSION_MS = 10 * 60_000
/** Of one supply point under one order. A supplier that still asks after so many has lost its way. */
export const MAX_SELECTIONS = 10_000

const about = {
  type: z.literal('operate-permission'),
  version: z.literal(1),
  /** The cut-off or the restoration that was selected for. */
  order: OrderId,
  orderSha256: Sha256,
  supplier: SupplierId,
  supplyPoint: SupplyPointId,
  /** The number of the selection that this replies to: a permission is of one selection and no other. */
  selection: z.number().int().min(1).max(MAX_SELECTIONS),
  /** As the supplier's selection gave it (`at`). */
  selectedAt: DocumentTime,
  /** When it was decided, by the county's clock. */
  at: DocumentTime,
}

/** The county's reply to a selection, in the body of the HTTP reply to it. The same selection gets the same reply. */
export const OperatePermission = z.discriminatedUnion('granted', [
  /** In force from `at` for `validUntil - at`, counted by the supplier from when it sent the selection. */
  z.strictObject({ ...about, granted: z.literal(true), validUntil: DocumentTime }),
  z.strictObject({
    ...about,
    granted: z.literal(false),
    because: z.array(Reason).min(1).max(MAX_REASONS),
    /** What stands in the way may pass: the point may be selected again later. Otherwise this is the last word. */
    mayAskAgain: z.boolean(),
  }),
])
export type OperatePermission = z.infer<typeof OperatePermission>

/** An order is taken back: what was not operated by the moment that this is read is never operated under it. */
export const OrderWithdrawal = z.strictObject({
  type: z.literal('cut-off-withdrawal'),
  version: z.literal(1),
  /** The cut-off or the restoration that is withdrawn; it may arrive after its withdrawal, and is then refused. */
  order: OrderId,
  orderSha256: Sha256,
  issuer: z.string().min(1).max(64),
  supplier: SupplierId,
  withdrawnAt: DocumentTime,
  reason: z.string().min(1).max(500),
})
export type OrderWithdrawal = z.infer<typeof OrderWithdrawal>
