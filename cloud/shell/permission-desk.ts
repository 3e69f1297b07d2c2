import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { type PrivateKey, signDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import type { GateFacts } from '../core/orders/gates/gate.ts'
import type { Order } from '../core/orders/order.ts'
import type { SelectedAnswer } from '../core/orders/progress.ts'
import { decideSelection, permissionDocument, repliedBefore } from '../core/orders/select.ts'
import type { OrderInput } from '../core/orders/step.ts'

/** The reply to a selection, and the step that writes it down; no step when it was written down before. */
export interface SelectionReply {
  readonly jws: string
  readonly input: Extract<OrderInput, { kind: 'selected' }> | null
}

/** Decides on a selection and signs the reply. Nothing may go out before its step was taken. */
export async function replyToSelection(
  order: Order,
  answer: SelectedAnswer,
  facts: GateFacts,
  key: PrivateKey,
): Promise<SelectionReply> {
  const before = repliedBefore(order, answer, facts.now)
  if (before) return { jws: before.jws, input: null }
  const permission = permissionDocument(order, answer, decideSelection(order, answer, facts), facts.now)
  const jws = await signDocument(permission, DOCUMENT_TYPES.permission, key)
  return { jws, input: { kind: 'selected', answer, permission, jws, sha256: await sha256Hex(jws), facts } }
}
