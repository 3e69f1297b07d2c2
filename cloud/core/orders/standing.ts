import type { Instant } from '@minewarden/protocol/time.ts'
import type { OrderState } from '../ports.ts'
import type { Order, OrderPoint, PointResult } from './order.ts'
import type { Effect } from './progress.ts'

/** Where an order stands by what became of its supply points. */

const NOT_CUT: ReadonlySet<PointResult['kind']> = new Set(['failed', 'withdrawn'])
const SHOWN: ReadonlySet<PointResult['kind']> = new Set(['zero', 'seen'])

/** Whether the supplier says that this point is cut, whatever was measured. */
export const isReportedCut = ({ result }: OrderPoint): boolean => result !== null && !NOT_CUT.has(result.kind)
/** Whether it was measured, or seen by people, to be cut. */
export const isShownCut = ({ result }: OrderPoint): boolean => result !== null && SHOWN.has(result.kind)

/** What the points say together; `null` while one is not operated, or not measured. */
export function effectOf(points: readonly OrderPoint[], at: Instant): Effect | null {
  if (points.some(({ result }) => result === null || result.kind === 'executed')) return null
  const shown = points.filter(isShownCut).length
  return { verdict: shown === points.length ? 'verified' : shown > 0 ? 'partial' : 'ineffective', at }
}

/** State and effect of an order that was issued, once its points are these. */
export function standingOf(
  order: Order,
  points: readonly OrderPoint[],
  at: Instant,
): { readonly state: OrderState; readonly effect: Effect | null } {
  if (points.some(({ result }) => result === null)) return { state: 'accepted', effect: null }
  // Stopped before anything was cut: as if it had never gone out.
  if (order.stopped && !points.some(isReportedCut)) return { state: 'cancelled', effect: null }
  const effect = effectOf(points, at)
  if (effect === null) return { state: 'executed', effect: null }
  return { state: effect.verdict === 'verified' ? 'effect-verified' : 'ineffective', effect }
}
