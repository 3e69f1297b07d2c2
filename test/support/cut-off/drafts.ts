import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { SupplierId } from '@minewarden/protocol/ids.ts'
import type { Approval, SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { draftOrder } from '../../../cloud/core/orders/draft.ts'
import type { GateFacts } from '../../../cloud/core/orders/gates/gate.ts'
import { DEFAULT_RULES, type Order } from '../../../cloud/core/orders/order.ts'
import { HEAD, makeFinding, makeSite, NOW, OFFICER, SUPPLIER } from './fixtures.ts'
import { lawfulLegal } from './lawful.ts'
import { makeContent } from './signed.ts'

/** Orders of the machine in the states that tests begin from. */
export async function draftedOrder(site: Site = makeSite()): Promise<Order> {
  const content = makeContent(NOW, {}, site)
  return draftOrder(
    content,
    await documentSha256(content),
    makeFinding(instant(NOW - 1000)),
    site,
    lawfulLegal(site, NOW),
  )
}

export const approvalOf = ({ id, name, department, role }: typeof HEAD, orderSha256: string): Approval => ({
  user: id,
  name,
  department,
  role: role as Approval['role'],
  at: isoTime(NOW),
  orderSha256,
})

export async function approvedOrder(site?: Site): Promise<Order> {
  const order = await draftedOrder(site)
  const approvals = [OFFICER, HEAD].map((user) => approvalOf(user, order.documentSha256))
  return { ...order, approvals, state: 'approved' }
}

export async function issuedOrder(site?: Site): Promise<Order> {
  return { ...(await approvedOrder(site)), state: 'issued', jws: 'signed', issuedAt: NOW }
}

export const lawfulFacts = (change: Partial<GateFacts> = {}): GateFacts => ({
  now: NOW,
  site: makeSite(),
  otherOrderOpen: false,
  isOfficial: () => true,
  supplierKnown: true,
  disturbance: null,
  blastAt: null,
  rules: DEFAULT_RULES,
  ...change,
})

type Saying = SupplierAnswer extends infer T
  ? T extends unknown
    ? Omit<T, 'type' | 'version' | 'supplier' | 'order' | 'orderSha256' | 'at'>
    : never
  : never

/** A supplier's answer to an order, as it reads after its signature was verified. */
export const answerTo = (order: Order, saying: Saying): SupplierAnswer =>
  ({
    type: 'cut-off-answer',
    version: 1,
    supplier: SupplierId.parse(SUPPLIER),
    order: order.id,
    orderSha256: order.documentSha256,
    at: isoTime(NOW),
    ...saying,
  }) as SupplierAnswer

export const selected = (point: string, selection = 1) =>
  ({
    kind: 'selected',
    supplyPoint: point,
    selection,
    ticket: 't-1',
    operator: '操作人',
    supervisor: '监护人',
  }) as Saying

export const executed = (point: string, at = NOW, position: 'open' | 'closed' = 'open') =>
  ({
    kind: 'executed',
    supplyPoint: point,
    executedAt: isoTime(at),
    readback: { position, at: isoTime(at), source: 'switchgear' },
  }) as Saying
