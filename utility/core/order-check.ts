import { classOf, isSurveyAhead, unsafeLoad } from '@minewarden/protocol/load-class.ts'
import { type CutOffOrder, MAX_VALIDITY_MS, type OrderedPoint } from '@minewarden/protocol/order.ts'
import { type Instant, type Millis, parseIsoTime } from '@minewarden/protocol/time.ts'
import type { UtilityErrorCode } from '../errors.ts'
import { findAuthorityProblem } from './authority-check.ts'

/**
 * What a power company checks of an order whose signature verified, again and by itself: a county that signs an unsafe
 * order is refused like anybody else. `final` refusals are answered with a signature; the others may be mended by
 * sending the order again (a clock that runs ahead).
 */
export interface OrderProblem {
  readonly code: UtilityErrorCode
  /** Begins with the field. */
  readonly message: string
  readonly final: boolean
}

export interface CheckFacts {
  readonly now: Instant
  readonly supplier: string
  readonly issuer: string
  /** Hash of the canonical JSON of `order.order`, computed by us. */
  readonly contentSha256: string
  /** The same of `standing.content`; `null` without one. */
  readonly standingSha256: string | null
  readonly isOurs: (supplyPoint: string) => boolean
  readonly clockSkewMs: Millis
}

type Check = (document: CutOffOrder, facts: CheckFacts) => OrderProblem | null

const problem = (code: UtilityErrorCode, message: string, final = true): OrderProblem => ({ code, message, final })

const checkIssuer: Check = ({ order }, { issuer }) =>
  order.issuer.id === issuer ? null : problem('order-signature', `order.issuer.id: expected '${issuer}'`, false)

const checkHash: Check = ({ orderSha256 }, { contentSha256 }) =>
  orderSha256 === contentSha256 ? null : problem('order-malformed', 'orderSha256: not the hash of order', false)

const checkTime: Check = ({ order, issuedAt }, { now, clockSkewMs }) => {
  const issued = parseIsoTime(issuedAt)
  const until = parseIsoTime(order.validUntil)
  if (issued === null || until === null)
    return problem('order-malformed', 'issuedAt, order.validUntil: not times', false)
  if (issued > now + clockSkewMs) return problem('order-expired', `issuedAt: in the future (${issuedAt})`, false)
  if (issued >= until) return problem('order-expired', 'issuedAt: not before order.validUntil')
  if (until - issued > MAX_VALIDITY_MS) return problem('order-expired', 'order.validUntil: more than a day ahead')
  return now < until ? null : problem('order-expired', `order.validUntil: past (${order.validUntil})`)
}

const checkSupplier: Check = ({ order }, { supplier, isOurs }) => {
  if (order.supplier !== supplier) return problem('order-not-mine', `order.supplier: expected '${supplier}'`)
  const i = order.supplyPoints.findIndex(({ id }) => !isOurs(id))
  if (i >= 0) return problem('order-not-mine', `order.supplyPoints.${i}.id: not a supply point of ours`)
  const ids = order.supplyPoints.map(({ id }) => id)
  const twice = ids.findIndex((id, at) => ids.indexOf(id) !== at)
  return twice < 0 ? null : problem('order-malformed', `order.supplyPoints.${twice}.id: named twice`)
}

const checkApprovals: Check = (document, facts) => {
  const wrong = findAuthorityProblem(document, facts)
  return wrong === null ? null : problem('order-unapproved', wrong)
}

const checkSafety: Check = ({ order }, { now }) => {
  for (const [i, point] of order.supplyPoints.entries()) {
    const unsafe = unsafeField(point, now)
    if (unsafe) return problem('order-unsafe', `order.supplyPoints.${i}.${unsafe}`)
  }
  return null
}

/** B and C wait for their turn at the county, which permits each operation by itself; A must be what it is called. */
function unsafeField(point: OrderedPoint, now: Instant): string | null {
  if (isSurveyAhead(point, now)) return 'surveyedOn: in the future'
  if (point.residents) return 'residents: they may not be cut'
  const unprovided = point.importantUsers.findIndex(({ provision }) => provision === null)
  if (unprovided >= 0) return `importantUsers.${unprovided}.provision: missing`
  if (classOf(point, now) === 'C') return null
  if (point.loads.length === 0) return 'loads: not listed'
  const unsafe = unsafeLoad(point)
  return unsafe && `loads.${point.loads.indexOf(unsafe.load)}: life safety or unknown: '${unsafe.load}'`
}

/** In this order: whose it is and what it says comes before what is wrong with it. */
const CHECKS: readonly Check[] = [checkIssuer, checkHash, checkTime, checkSupplier, checkApprovals, checkSafety]

/** The first thing wrong with an order, `null` when it may be carried out. */
export function findProblem(document: CutOffOrder, facts: CheckFacts): OrderProblem | null {
  for (const one of CHECKS) {
    const found = one(document, facts)
    if (found) return found
  }
  return null
}
