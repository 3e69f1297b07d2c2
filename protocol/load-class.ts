import { type LoadProblem, loadProblem } from './life-safety.ts'
import type { OrderedPoint } from './order.ts'
import { type Instant, isoTime } from './time.ts'

/**
 * The class that a supply point is dealt with by, at the county as at the supplier. It is what the survey shows, not what
 * is wished: without a survey, or where the line is tapped, borrowed or not known, a point is C.
 */
export type PointClass = OrderedPoint['loadClass']

/** A survey that is dated in the future is a mistake. */
export const isSurveyAhead = ({ surveyedOn }: OrderedPoint, now: Instant): boolean =>
  surveyedOn !== null && surveyedOn > isoTime(now).slice(0, 10)

export function classOf(point: OrderedPoint, now: Instant): PointClass {
  const known = point.surveyedOn !== null && !isSurveyAhead(point, now) && point.topology === 'surveyed'
  return known ? point.loadClass : 'C'
}

/** The first load that people below ground may live by, or that nobody can read; `null`: none is listed so. */
export function unsafeLoad({ loads }: OrderedPoint): { readonly load: string; readonly problem: LoadProblem } | null {
  for (const load of loads) {
    const problem = loadProblem(load)
    if (problem) return { load, problem }
  }
  return null
}
