import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { OrderId } from '@minewarden/protocol/ids.ts'
import { type PrivateKey, signDocument } from '@minewarden/protocol/jws.ts'
import { type CutOffOrder, DOCUMENT_TYPES, type OrderContent } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { draftContent } from '../../../cloud/core/orders/draft.ts'
import { DEFAULT_RULES } from '../../../cloud/core/orders/order.ts'
import { HEAD, ISSUER, makeFinding, makeSite, OFFICER } from './fixtures.ts'

/** The content of a lawful order, changed as asked. */
export function makeContent(now: Instant, change: Partial<OrderContent> = {}, site: Site = makeSite()): OrderContent {
  const facts = { id: OrderId.parse('450324-1'), sequence: 1, now, issuer: ISSUER, rules: DEFAULT_RULES }
  const evidence = [{ what: 'state finding', sha256: 'a'.repeat(64) }]
  return { ...draftContent(makeFinding(instant(now - 1000)), site, { ...facts, evidence }), ...change }
}

/** An order as a county would sign it, with two approvals of its content. */
export async function makeOrder(content: OrderContent, now: Instant, change: object = {}): Promise<CutOffOrder> {
  const orderSha256 = await documentSha256(content)
  const approvals = [OFFICER, HEAD].map(({ id, name, department, role }) => ({
    user: id,
    name,
    department,
    role: role as 'officer' | 'head',
    at: isoTime(now),
    orderSha256,
  }))
  const order = { type: 'cut-off-order', version: 1, order: content, orderSha256, approvals, issuedAt: isoTime(now) }
  return { ...order, ...change } as CutOffOrder
}

export const signOrder = (order: CutOffOrder, key: PrivateKey): Promise<string> =>
  signDocument(order, DOCUMENT_TYPES.order, key)
