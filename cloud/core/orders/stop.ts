import type { OrderWithdrawal } from '@minewarden/protocol/permission.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { User } from '../ports.ts'
import type { Order, OrderPoint, PointResult } from './order.ts'
import { note } from './order-text.ts'
import type { Stop } from './progress.ts'
import { standingOf } from './standing.ts'
import { type Step, stepped, UNCHANGED } from './step.ts'

/**
 * A person stops an order that is out. From this step on no permission is given; the supplier is told by a signed
 * withdrawal until it says that it knows. Where nothing was ever permitted nothing can have been cut, and the order ends
 * at once; else the supplier's last word decides what was cut, and that is watched.
 */
const STOPPABLE: ReadonlySet<Order['state']> = new Set(['issued', 'received', 'accepted'])

export function stopOrder(order: Order, by: User, reason: string, now: Instant): Step {
  if (order.stopped) return UNCHANGED
  if (!STOPPABLE.has(order.state)) {
    const detail = `an order that is ${order.state} cannot be stopped`
    return { kind: 'refused', code: 'order-conflict', detail, actor: by.id }
  }
  const stopped: Stop = { by: by.id, name: by.name, at: now, reason, confirmedAt: null }
  const points = order.points.map((point) =>
    point.result === null && !wasPermitted(order, point) ? notCut(point, 'withdrawn') : point,
  )
  const { state, effect } = standingOf({ ...order, stopped }, points, now)
  const event = { at: now, actor: by.id, what: 'stopped', notes: [note('text', { text: reason })] }
  return stepped(order, { stopped, points, state, effect }, event, ['withdraw'])
}

const wasPermitted = ({ permissions }: Order, { id }: OrderPoint): boolean =>
  permissions.some(({ point, granted }) => point === id && granted)

export const notCut = (point: OrderPoint, kind: 'failed' | 'withdrawn'): OrderPoint => ({
  ...point,
  result: { kind, executedAt: null } satisfies PointResult,
})

/** The supplier knows of the withdrawal; told again it is no news. */
export function confirmStop(order: Order, now: Instant, actor: string): Step {
  if (!order.stopped || order.stopped.confirmedAt !== null) return UNCHANGED
  const event = { at: now, actor, what: 'withdrawal-received', notes: [] }
  return stepped(order, { stopped: { ...order.stopped, confirmedAt: now } }, event)
}

/** The supplier's last word: what it does not name as executed is not cut, and will not be. */
export function settleWithdrawal(order: Order, executed: readonly string[], now: Instant, actor: string): Step {
  if (!order.stopped) {
    const event = { at: now, actor, what: 'answer-noted', notes: [note('withdrawn-unasked')] }
    return stepped(order, {}, event)
  }
  const stopped = { ...order.stopped, confirmedAt: order.stopped.confirmedAt ?? now }
  const points = order.points.map((point) =>
    // What it names but has not told of yet comes by itself.
    point.result === null && !executed.includes(point.id) ? notCut(point, 'withdrawn') : point,
  )
  const changed = points.some((point, i) => point !== order.points[i])
  if (!changed) return confirmStop(order, now, actor)
  const standing = standingOf({ ...order, stopped }, points, now)
  const notes = [note('withdrawn-with', { points: executed.join() || 'none' })]
  const effects = standing.state === 'executed' ? (['watch-effect'] as const) : []
  return stepped(order, { stopped, points, ...standing }, { at: now, actor, what: 'withdrawn', notes }, [...effects])
}

/** Whether the supplier must still be told: it may hold an order that it does not know to be withdrawn. */
export const owesWithdrawal = (order: Order): boolean => order.stopped !== null && order.stopped.confirmedAt === null

/**
 * The withdrawal as it is signed, of the order or of its restoration: the same for the same stop, so that its bytes are
 * too.
 */
export const withdrawalDocument = (
  order: Order,
  { at, reason }: Stop,
  about: Pick<Order, 'id' | 'documentSha256'> = order,
): OrderWithdrawal => ({
  type: 'cut-off-withdrawal',
  version: 1,
  order: about.id,
  orderSha256: about.documentSha256,
  issuer: order.content.issuer.id,
  supplier: order.supplier,
  withdrawnAt: isoTime(at),
  reason,
})
