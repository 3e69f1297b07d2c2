import { MAX_VALIDITY_MS } from '@minewarden/protocol/order.ts'
import type { RestorationOrder } from '@minewarden/protocol/restoration.ts'
import { parseIsoTime } from '@minewarden/protocol/time.ts'
import { findApprovalsProblem } from './authority-check.ts'
import type { Job } from './job.ts'
import type { CheckFacts, OrderProblem } from './order-check.ts'

/** The cut-off that is to be lifted, as we carried it out; `null`: we know of none. */
export interface KnownCutOff {
  readonly orderSha256: string
  readonly job: Pick<Job, 'points'>
}

/** What comes back before what. Before the first there is nothing. */
const KINDS: readonly (RestorationOrder['order']['stages'][number]['kind'] | null)[] = [
  null,
  'ventilation',
  'underground',
  'surface',
]

/** The first thing wrong with a restoration whose signature verified, `null` when it may be carried out. */
export function findRestorationProblem(
  { order, orderSha256, approvals, issuedAt }: RestorationOrder,
  facts: CheckFacts,
  cutOff: KnownCutOff | null,
): OrderProblem | null {
  const problem = (code: OrderProblem['code'], message: string, final = true): OrderProblem => ({
    code,
    message,
    final,
  })
  if (order.issuer.id !== facts.issuer)
    return problem('order-signature', `order.issuer.id: expected '${facts.issuer}'`, false)
  if (orderSha256 !== facts.contentSha256)
    return problem('order-malformed', 'orderSha256: not the hash of order', false)
  if (order.supplier !== facts.supplier)
    return problem('order-not-mine', `order.supplier: expected '${facts.supplier}'`)
  const [issued, until] = [parseIsoTime(issuedAt), parseIsoTime(order.validUntil)]
  if (issued === null || until === null)
    return problem('order-malformed', 'issuedAt, order.validUntil: not times', false)
  if (issued > facts.now + facts.clockSkewMs) return problem('order-expired', 'issuedAt: in the future', false)
  if (until - issued > MAX_VALIDITY_MS) return problem('order-expired', 'order.validUntil: more than a day ahead')
  if (facts.now >= until) return problem('order-expired', `order.validUntil: past (${order.validUntil})`)
  if (!cutOff || cutOff.orderSha256 !== order.cutOff.orderSha256) {
    return problem('order-not-mine', 'order.cutOff: not a cut-off that was carried out here')
  }
  const cut = new Set(cutOff.job.points.filter(({ state }) => state === 'executed').map(({ id }) => id))
  const ids = order.stages.flatMap(({ supplyPoints }) => supplyPoints.map(({ id }) => id))
  const stray = ids.find((id, i) => !cut.has(id) || !facts.isOurs(id) || ids.indexOf(id) !== i)
  if (stray !== undefined) return problem('order-not-mine', `order.stages: '${stray}' was not cut under that order`)
  const disorder = order.stages.findIndex(
    ({ stage, kind }, i) => stage !== i + 1 || KINDS.indexOf(kind) <= KINDS.indexOf(order.stages[i - 1]?.kind ?? null),
  )
  if (disorder >= 0) return problem('order-unsafe', `order.stages.${disorder}: out of order, ventilation comes first`)
  const wrong = findApprovalsProblem(approvals, orderSha256, [order.draftedAt, issuedAt], facts)
  return wrong === null ? null : problem('order-unapproved', wrong)
}
