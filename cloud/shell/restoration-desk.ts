import { documentSha256, sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { check, describeProblems, InvariantError } from '@minewarden/protocol/errors.ts'
import { type PrivateKey, signDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import { RestorationContent, RestorationOrder } from '@minewarden/protocol/restoration.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { GateFacts } from '../core/orders/gates/gate.ts'
import type { Order } from '../core/orders/order.ts'
import type { SelectedAnswer } from '../core/orders/progress.ts'
import { decideRestoration, restorationContent } from '../core/orders/restoration.ts'
import type { RestorationInput } from '../core/orders/restoration-input.ts'
import { isLive, type RestorationAsked } from '../core/orders/restoration-record.ts'
import { permissionDocument } from '../core/orders/select.ts'
import type { User } from '../core/ports.ts'
import { CloudError } from '../errors.ts'

/** Writes and signs what a restoration needs; each comes back as an input of the order's machine. */

/** @throws CloudError `request-invalid` naming the fields */
export async function draftRestoration(
  order: Order,
  by: User,
  asked: RestorationAsked,
  now: Instant,
): Promise<RestorationInput> {
  const number = Number(order.restoration?.id.split('.R').at(-1) ?? 0) + 1
  const content = check(RestorationContent, restorationContent(order, asked, number, now))
  if (!content.ok) throw new CloudError('request-invalid', describeProblems(content.problems))
  return { kind: 'draft', by, content: content.value, documentSha256: await documentSha256(content.value), now }
}

export async function signRestoration(order: Order, facts: GateFacts, key: PrivateKey): Promise<RestorationInput> {
  const { restoration } = order
  const document = check(RestorationOrder, {
    type: 'restoration-order',
    version: 1,
    order: restoration?.content,
    orderSha256: restoration?.documentSha256,
    approvals: restoration?.approvals,
    issuedAt: isoTime(facts.now),
  })
  if (!document.ok) throw new InvariantError(`restoration of ${order.id} does not fit its own schema`)
  const jws = await signDocument(document.value, DOCUMENT_TYPES.restoration, key)
  return { kind: 'signed', jws, issuedAt: facts.now, facts }
}

/** As for a cut-off: the reply goes out only once its input was taken; `null` when it was before. */
export async function replyToRestorationSelection(
  order: Order,
  answer: SelectedAnswer,
  facts: GateFacts,
  key: PrivateKey,
): Promise<{ readonly jws: string; readonly input: RestorationInput | null }> {
  const { restoration } = order
  const known = restoration?.permissions.find(
    ({ point, selection }) => point === answer.supplyPoint && selection === answer.selection,
  )
  const inForce = known?.granted && known.validUntil !== null && facts.now < known.validUntil && facts.now >= known.at
  if (known && inForce && isLive(restoration)) return { jws: known.jws, input: null }
  const permission = permissionDocument(order, answer, decideRestoration(order, answer, facts), facts.now)
  const jws = await signDocument(permission, DOCUMENT_TYPES.permission, key)
  return { jws, input: { kind: 'selected', answer, permission, jws, sha256: await sha256Hex(jws), facts } }
}
