import type { Reason } from '@minewarden/protocol/finding.ts'
import type { SupplyPointId } from '@minewarden/protocol/ids.ts'
import { classOf, type PointClass } from '@minewarden/protocol/load-class.ts'
import type { Order } from '../order.ts'
import { note } from '../order-text.ts'
import { allOutProblem, evacuationProblem, fumesProblem, groundProblem, type PeopleProblem } from '../people.ts'
import type { Gate, GateFacts } from './gate.ts'

/** Asked of the selected points of these classes; class A goes whoever is below ground. */
const held = (
  classes: readonly PointClass[],
  problem: (order: Order, facts: GateFacts) => PeopleProblem | null,
): Gate['problems'] => {
  return (order: Order, facts: GateFacts, selected?: SupplyPointId): Reason[] => {
    const isHeld = order.content.supplyPoints.some(
      (point) => (selected === undefined || point.id === selected) && classes.includes(classOf(point, facts.now)),
    )
    const found = isHeld ? problem(order, facts) : null
    return found ? [note(found.code, found.values)] : []
  }
}

/** Whether anybody may be below ground: asked at the very moment of the operation, and of that alone. */
export const PEOPLE_GATES: readonly Gate[] = [
  {
    code: 'people-underground',
    stages: ['select'],
    problems: held(['B', 'C'], ({ people }, { disturbance, now }) => groundProblem(people, disturbance, now)),
  },
  {
    code: 'evacuation',
    stages: ['select'],
    problems: held(['B', 'C'], ({ people }, { now }) => evacuationProblem(people, now)),
  },
  {
    code: 'all-out',
    stages: ['select'],
    problems: held(['C'], ({ people }, { disturbance }) => allOutProblem(people, disturbance)),
  },
  {
    code: 'fumes',
    stages: ['select'],
    problems: held(['B', 'C'], ({ people }, { blastAt }) => fumesProblem(people, blastAt)),
  },
]
