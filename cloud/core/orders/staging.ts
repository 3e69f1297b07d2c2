import { classOf, type PointClass } from '@minewarden/protocol/load-class.ts'
import type { OrderedPoint } from '@minewarden/protocol/order.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { Order } from './order.ts'
import { isShownCut } from './standing.ts'

/**
 * In which order supply points may be cut: A, where a signed single-line survey shows nothing that people below ground
 * live by; then, after siren and evacuation, B, which carries underground production alone; last C, everything else.
 */
const RANK: Readonly<Record<PointClass, number>> = { A: 0, B: 1, C: 2 }

/** Points of an earlier stage that are not shown to be cut: they come first. */
export function pendingBefore(order: Order, point: OrderedPoint, now: Instant): OrderedPoint[] {
  const rank = RANK[classOf(point, now)]
  const resultOf = new Map(order.points.map((one) => [one.id, one]))
  return order.content.supplyPoints.filter((other) => {
    const known = resultOf.get(other.id)
    return RANK[classOf(other, now)] < rank && !(known && isShownCut(known))
  })
}

/** Whether an order needs more than its first stage. */
export const isStaged = (points: readonly OrderedPoint[], now: Instant): boolean =>
  points.some((point) => classOf(point, now) !== 'A')
