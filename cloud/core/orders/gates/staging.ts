import type { Reason } from '@minewarden/protocol/finding.ts'
import { classOf, isSurveyAhead, unsafeLoad } from '@minewarden/protocol/load-class.ts'
import type { OrderedPoint } from '@minewarden/protocol/order.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { note } from '../order-text.ts'
import { pendingBefore } from '../staging.ts'
import { ALWAYS, eachPoint, type Gate } from './gate.ts'

/**
 * What A and B carry must be known, and be nothing that people below ground live by, whatever a survey calls it. C may
 * carry it: what is not known is there, and other gates hold it until everybody is out.
 */
function loadsProblem(point: OrderedPoint, now: Instant): Reason | null {
  if (classOf(point, now) === 'C') return null
  if (point.loads.length === 0) return note('loads-unlisted', { point: point.id })
  const unsafe = unsafeLoad(point)
  return unsafe && note(`load-${unsafe.problem.kind}`, { point: point.id, load: unsafe.load })
}

const unprovided = ({ importantUsers }: OrderedPoint) => importantUsers.find(({ provision }) => provision === null)

/** What hangs on each supply point, and which comes first. */
export const STAGING_GATES: readonly Gate[] = [
  {
    code: 'load-class',
    stages: ALWAYS,
    problems: (order, { now }, selected) =>
      eachPoint(order, selected, (point) =>
        isSurveyAhead(point, now) ? note('survey-ahead', { point: point.id }) : null,
      ),
  },
  {
    code: 'life-safety',
    stages: ALWAYS,
    problems: (order, { now }, selected) => eachPoint(order, selected, (point) => loadsProblem(point, now)),
  },
  {
    code: 'no-residents',
    stages: ALWAYS,
    problems: (order, _facts, selected) =>
      eachPoint(order, selected, ({ id, residents }) => (residents ? note('residents', { point: id }) : null)),
  },
  {
    code: 'important-users',
    stages: ALWAYS,
    problems: (order, _facts, selected) =>
      eachPoint(order, selected, (point) => {
        const user = unprovided(point)
        return user ? note('important-user', { point: point.id, kind: user.kind }) : null
      }),
  },
  {
    code: 'stage-order',
    stages: ['select'],
    problems: (order, { now }, selected) =>
      eachPoint(order, selected, (point) => {
        const before = pendingBefore(order, point, now).map(({ id }) => id)
        return before.length > 0 ? note('before-cut', { point: point.id, before: before.join(', ') }) : null
      }),
  },
]
