import { isBasis } from '../basis.ts'
import { ALWAYS, type Gate, when } from './gate.ts'

/** Whether the law that the order names carries it. */
export const LEGAL_GATES: readonly Gate[] = [
  {
    code: 'legal-basis',
    stages: ALWAYS,
    problems: ({ content: { basis } }) => when(!isBasis(basis), 'basis-unknown', { basis }),
  },
]
