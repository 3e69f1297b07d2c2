import type { Reason } from '@minewarden/protocol/finding.ts'
import { loadProblem } from '@minewarden/protocol/life-safety.ts'
import type { OrderedPoint } from '@minewarden/protocol/order.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import { note } from '../order-text.ts'
import { ALWAYS, eachPoint, type Gate } from './gate.ts'

/** A class A point is believed only with a survey; its date may not lie ahead. */
const isDateAhead = (date: string, now: Instant) => date > isoTime(now).slice(0, 10)

function loadsProblem({ id, loads }: OrderedPoint): Reason | null {
  if (loads.length === 0) return note('loads-unlisted', { point: id })
  for (const load of loads) {
    const problem = loadProblem(load)
    if (problem) return note(`load-${problem.kind}`, { point: id, load })
  }
  return null
}

function classProblem({ id, loadClass, surveyedOn }: OrderedPoint, now: Instant): Reason | null {
  if (loadClass !== 'A') return note('class-not-a', { point: id, class: loadClass })
  if (surveyedOn === null) return note('no-survey', { point: id })
  return isDateAhead(surveyedOn, now) ? note('survey-ahead', { point: id }) : null
}

/** What hangs on each supply point: nothing that people below ground or residents live by. */
export const STAGING_GATES: readonly Gate[] = [
  {
    code: 'load-class',
    stages: ALWAYS,
    problems: (order, { now }, selected) => eachPoint(order, selected, (point) => classProblem(point, now)),
  },
  {
    code: 'life-safety',
    stages: ALWAYS,
    problems: (order, _facts, selected) => eachPoint(order, selected, loadsProblem),
  },
  {
    code: 'no-residents',
    stages: ALWAYS,
    problems: (order, _facts, selected) =>
      eachPoint(order, selected, ({ id, residents }) => (residents ? note('residents', { point: id }) : null)),
  },
]
