import type { Reason } from '@minewarden/protocol/finding.ts'
import type { SupplierAnswer } from '@minewarden/protocol/order.ts'
import { type Instant, instant, isoTime, parseIsoTime } from '@minewarden/protocol/time.ts'
import type { OrderState } from '../ports.ts'
import { isEnded, type Order, type OrderEvent, type OrderPoint, type PointResult } from './order.ts'
import { note } from './order-text.ts'
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
  const event = (what: string, ...notes: Reason[]) => ({ at: now, actor, what, notes })
  const strange = (...more: Reason[]) =>
    noteStrange(order, event('answer-noted', note('after-state', { answer: answer.kind, state: order.state }), ...more))
  if (isEnded(order.state)) return tellsNews(order, answer) ? strange() : UNCHANGED
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
  }
}

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
  if (point.result) {
    if (point.result.kind === 'failed' || result.kind === 'failed')
      return contradiction(order, point, result, now, actor)
    return UNCHANGED
  }
  const points = order.points.map((one) => (one === point ? { ...one, result } : one))
  const state = stateOf(points)
  const event = { at: now, actor, what: `point-${result.kind}`, notes }
  return stepped(order, { points, state }, event, state === 'executed' ? ['watch-effect'] : [])
}

/** The same failure told again is no contradiction. */
function contradiction(order: Order, point: OrderPoint, result: PointResult, now: Instant, actor: string): Step {
  const before = point.result?.kind ?? ''
  if (before === result.kind) return UNCHANGED
  const notes = [note('contradiction', { point: point.id, answer: result.kind, before })]
  return noteStrange(order, { at: now, actor, what: 'answer-noted', notes })
}

function stateOf(points: readonly OrderPoint[]): OrderState {
  if (points.some(({ result }) => result === null)) return 'accepted'
  return points.every(({ result }) => result?.kind === 'executed') ? 'executed' : 'ineffective'
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
  return { result: { kind: 'executed', executedAt }, notes }
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
