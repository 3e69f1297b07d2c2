import type { SupplierAnswer } from '@minewarden/protocol/order.ts'
import { type Instant, instant, isoTime, parseIsoTime } from '@minewarden/protocol/time.ts'
import type { OrderState } from '../ports.ts'
import { isEnded, type Order, type OrderPoint, type PointResult } from './order.ts'
import { type Step, stepped, UNCHANGED } from './step.ts'

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
  const event = (what: string, detail: string) => ({ at: now, actor, what, detail })
  const note = (detail: string) => stepped(order, {}, event('answer-noted', `${answer.kind}: ${detail}`))
  if (isEnded(order.state)) return tellsNews(order, answer) ? note(`came when the order was ${order.state}`) : UNCHANGED
  switch (answer.kind) {
    case 'received':
      return order.state === 'issued' ? stepped(order, { state: 'received' }, event('received', '')) : UNCHANGED
    case 'accepted':
      return isBefore(order.state, 'accepted')
        ? stepped(order, { state: 'accepted' }, event('accepted', ''))
        : UNCHANGED
    case 'refused': {
      const detail = `${answer.reason}: ${answer.detail}`
      if (!isBefore(order.state, 'accepted')) return note(`after it was ${order.state}: ${detail}`)
      return stepped(order, { state: 'refused' }, event('refused', detail))
    }
    case 'executed':
    case 'failed':
      return takeResult(order, answer, now)
  }
}

type ResultAnswer = Extract<SupplierAnswer, { kind: 'executed' | 'failed' }>

function takeResult(order: Order, answer: ResultAnswer, now: Instant): Step {
  const actor = `supplier:${answer.supplier}`
  const point = order.points.find(({ id }) => id === answer.supplyPoint)
  if (!point) {
    const detail = `supplyPoint: '${answer.supplyPoint}' is not in the order`
    return { kind: 'refused', code: 'order-conflict', detail, actor }
  }
  const result = resultOf(order, answer, now)
  if (point.result) {
    if (point.result.kind === 'failed' || result.kind === 'failed')
      return contradiction(order, point, result, now, actor)
    return UNCHANGED
  }
  const points = order.points.map((one) => (one === point ? { ...one, result } : one))
  const state = stateOf(points)
  const event = { at: now, actor, what: `point-${result.kind}`, detail: `${point.id}: ${result.detail}` }
  return stepped(order, { points, state }, event, state === 'executed' ? ['watch-effect'] : [])
}

/** The same failure told again is no contradiction. */
function contradiction(order: Order, point: OrderPoint, result: PointResult, now: Instant, actor: string): Step {
  if (point.result?.kind === result.kind) return UNCHANGED
  const detail = `${point.id}: ${result.kind} after ${point.result?.kind}`
  return stepped(order, {}, { at: now, actor, what: 'answer-noted', detail })
}

function stateOf(points: readonly OrderPoint[]): OrderState {
  if (points.some(({ result }) => result === null)) return 'accepted'
  return points.every(({ result }) => result?.kind === 'executed') ? 'executed' : 'ineffective'
}

function resultOf(order: Order, answer: ResultAnswer, now: Instant): PointResult {
  if (answer.kind === 'failed') return { kind: 'failed', executedAt: null, detail: answer.detail }
  if (answer.readback.position !== 'open') {
    return { kind: 'failed', executedAt: null, detail: 'reported as executed, but its read-back is closed' }
  }
  const claimed = parseIsoTime(answer.executedAt) ?? now
  // A supplier's clock may be wrong: the switch moved after we issued, and before we heard of it.
  const executedAt = instant(Math.min(Math.max(claimed, order.issuedAt ?? now), now))
  const late = claimed >= order.validUntil ? ', AFTER the order had expired' : ''
  return { kind: 'executed', executedAt, detail: `at ${isoTime(claimed)}${late}, ${answer.readback.source}` }
}

const PROGRESS: readonly OrderState[] = ['issued', 'received', 'accepted', 'executed']
const isBefore = (state: OrderState, other: OrderState) => PROGRESS.indexOf(state) < PROGRESS.indexOf(other)

/** After the end only what a person must know of is noted: a cut that we had given up on, a refusal of one that was made. */
function tellsNews(order: Order, answer: SupplierAnswer): boolean {
  if (answer.kind === 'received' || answer.kind === 'accepted') return false
  if (answer.kind === 'refused') return order.state !== 'refused'
  const point = order.points.find(({ id }) => id === answer.supplyPoint)
  return point !== undefined && point.result === null
}
