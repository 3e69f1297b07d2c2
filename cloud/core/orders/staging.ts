import { loadProblem } from '@minewarden/protocol/life-safety.ts'
import type { OrderedPoint } from '@minewarden/protocol/order.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { Order } from './order.ts'
import { isShownCut } from './standing.ts'

/**
 * In which order supply points may be cut: A, where a signed single-line survey shows nothing that people below ground
 * live by; then, after siren and evacuation, B, which carries underground production alone; last C, everything else.
 * The class is what the survey shows, not what is wished: without one, or where the line is tapped, borrowed or not
 * known, a point is C.
 */
export type LoadClass = OrderedPoint['loadClass']

/** A class is believed only with a survey; its date may not lie ahead. */
export const isSurveyAhead = ({ surveyedOn }: OrderedPoint, now: Instant): boolean =>
  surveyedOn !== null && surveyedOn > isoTime(now).slice(0, 10)

/** The class that a point is dealt with by. */
export function classOf(point: OrderedPoint, now: Instant): LoadClass {
  const known = point.surveyedOn !== null && !isSurveyAhead(point, now) && point.topology === 'surveyed'
  return known ? point.loadClass : 'C'
}

/** The first load that people below ground may live by, or that nobody can read. */
export function unsafeLoad({ loads }: OrderedPoint) {
  for (const load of loads) {
    const problem = loadProblem(load)
    if (problem) return { load, problem }
  }
  return null
}

const RANK: Readonly<Record<LoadClass, number>> = { A: 0, B: 1, C: 2 }

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
