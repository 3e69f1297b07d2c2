import type { Reason } from '@minewarden/protocol/finding.ts'
import type { SupplierAnswer } from '@minewarden/protocol/order.ts'
import { type Instant, instant, isoTime, parseIsoTime } from '@minewarden/protocol/time.ts'
import type { OrderState } from '../ports.ts'
import { isEnded, type Order, type OrderEvent, type OrderPoint, type PointResult } from './order.ts'
import { note } from './order-text.ts'
import { standingOf } from './standing.ts'
import { type Step, stepped, UNCHANGED } from './step.ts'
import { confirmStop, settleWithdrawal } from './stop.ts'

/**
 * What a supplier's verified answer does to an order. Answers may come twice or out of order: one that says more
 * implies those before it, one that says less than is known changes nothing. One that contradicts what is known, or
 * comes after the end, is noted in the story and changes no state: people must look at it.
 */
export function takeAnswer(order: Order, answer: SupplierAnswer, now: Instant): Step {
  const actor = `supplier:${answer.supplier}`
  if (order.issuedAt === null) {
    return { kind: 'refused', code: 'order-conflict', detail: `answered '${answer.kind}' before it was issued`, actor }
  }
  const event = (what: string, ...notes: Reason[]) => ({ at: now, actor, what, notes })
  const strange = (...more: Reason[]) =>
    noteStrange(order, event('answer-noted', note('after-state', { answer: answer.kind, state: order.state }), ...more))
  if (answer.kind === 'withdrawal-received') return confirmStop(order, now, actor)
  if (isEnded(order.state)) return takeAfterEnd(order, answer, now, strange)
  switch (answer.kind) {
    case 'received':
      return order.state === 'issued' ? stepped(order, { state: 'received' }, event('received')) : UNCHANGED
    case 'accepted':
      return isBefore(order.state, 'accepted') ? stepped(order, { state: 'accepted' }, event('accepted')) : UNCHANGED
    case 'refused': {
      const why = note('supplier-refused', { reason: answer.reason, detail: answer.detail })
      if (!isBefore(order.state, 'accepted')) return strange(why)
      return stepped(order, { state: 'refused' }, event('refused', why))
    }
    case 'executed':
    case 'failed':
      return takeResult(order, answer, now)
    case 'withdrawn':
      return settleWithdrawal(order, answer.executed, now, actor)
    case 'selected':
      // Decided and signed elsewhere (`select.ts`): it needs the facts of the moment.
      return UNCHANGED
  }
}

function takeAfterEnd(order: Order, answer: SupplierAnswer, now: Instant, strange: () => Step): Step {
  // The supplier knows that it is withdrawn, whatever else it says of it.
  const ofStop = answer.kind === 'withdrawn' || (answer.kind === 'refused' && answer.reason === 'withdrawn')
  if (ofStop && order.stopped) {
    const confirmed = confirmStop(order, now, `supplier:${answer.supplier}`)
    const untold = answer.kind === 'withdrawn' && answer.executed.some((id) => isNotKnownCut(order, id))
    return untold ? strange() : confirmed
  }
  return tellsNews(order, answer) ? strange() : UNCHANGED
}

const isNotKnownCut = (order: Order, id: string): boolean =>
  order.points.some((point) => point.id === id && (point.result === null || point.result.kind === 'withdrawn'))

/** A supplier that says strange things again and again must not write a story without end. */
const MAX_VERSION = 500
const noteStrange = (order: Order, event: OrderEvent): Step =>
  order.version < MAX_VERSION ? stepped(order, {}, event) : UNCHANGED

type ResultAnswer = Extract<SupplierAnswer, { kind: 'executed' | 'failed' }>

function takeResult(order: Order, answer: ResultAnswer, now: Instant): Step {
  const actor = `supplier:${answer.supplier}`
  const point = order.points.find(({ id }) => id === answer.supplyPoint)
  if (!point) {
    const detail = `supplyPoint: '${answer.supplyPoint}' is not in the order`
    return { kind: 'refused', code: 'order-conflict', detail, actor }
  }
  const { result, notes } = resultOf(order, answer, now)
  // A cut that is told after we took it for withdrawn was made all the same.
  const mayCome = point.result === null || (point.result.kind === 'withdrawn' && result.kind === 'executed')
  if (!mayCome) {
    if (point.result?.kind === 'failed' || result.kind === 'failed')
      return contradiction(order, point, result, now, actor)
    return UNCHANGED
  }
  const points = order.points.map((one) => (one === point ? { ...one, result } : one))
  const told: OrderEvent = { at: now, actor, what: `point-${result.kind}`, notes }
  const unpermitted: OrderEvent = {
    ...{ at: now, actor, what: 'executed-without-permission' },
    notes: [note('no-permission', { point: point.id })],
  }
  const events = result.unpermitted ? ([told, unpermitted] as const) : ([told] as const)
  // What is watched or has ended stays so: the point's result alone is mended.
  const standing = order.effect === null ? standingOf(order, points, now) : {}
  return stepped(order, { points, ...standing }, events, result.kind === 'executed' ? ['watch-effect'] : [])
}

/** The same failure told again is no contradiction. */
function contradiction(order: Order, point: OrderPoint, result: PointResult, now: Instant, actor: string): Step {
  const before = point.result?.kind ?? ''
  if (before === result.kind) return UNCHANGED
  const notes = [note('contradiction', { point: point.id, answer: result.kind, before })]
  return noteStrange(order, { at: now, actor, what: 'answer-noted', notes })
}

interface Result {
  readonly result: PointResult
  readonly notes: readonly Reason[]
}

function resultOf(order: Order, answer: ResultAnswer, now: Instant): Result {
  const point = answer.supplyPoint
  const failed = (why: Reason): Result => ({ result: { kind: 'failed', executedAt: null }, notes: [why] })
  if (answer.kind === 'failed') return failed(note('point-failed', { point, detail: answer.detail }))
  if (answer.readback.position !== 'open') return failed(note('readback-closed', { point }))
  const claimed = parseIsoTime(answer.executedAt) ?? now
  // A supplier's clock may be wrong: the switch moved after we issued, and before we heard of it.
  const executedAt = instant(Math.min(Math.max(claimed, order.issuedAt ?? now), now))
  const done = note('executed-at', { point, at: isoTime(claimed), source: answer.readback.source })
  const notes = claimed >= order.validUntil ? [done, note('executed-late')] : [done]
  const permitted = order.permissions.some(
    (one) => one.granted && one.point === point && one.sha256 === answer.permissionSha256,
  )
  return { result: { kind: 'executed', executedAt, ...(permitted ? {} : { unpermitted: true }) }, notes }
}

const PROGRESS: readonly OrderState[] = ['issued', 'received', 'accepted', 'executed']
/** States that are not on the way out are before none. */
const isBefore = (state: OrderState, other: OrderState) =>
  PROGRESS.includes(state) && PROGRESS.indexOf(state) < PROGRESS.indexOf(other)

/** After the end only what a person must know of is noted: a cut that we had given up on, a refusal of one that was made. */
function tellsNews(order: Order, answer: SupplierAnswer): boolean {
  if (answer.kind === 'refused') return order.state !== 'refused'
  if (answer.kind === 'executed' || answer.kind === 'failed') {
    const { result } = order.points.find(({ id }) => id === answer.supplyPoint) ?? {}
    return result === null || (result?.kind === 'withdrawn' && answer.kind === 'executed')
  }
  return false
}
