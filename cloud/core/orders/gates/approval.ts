import { carriageOf, proofProblems } from '../carriage.ts'
import { ALWAYS, type Gate, when } from './gate.ts'

/** Whether the people who must carry the order do. */
export const APPROVAL_GATES: readonly Gate[] = [
  {
    code: 'approvers-registered',
    stages: ALWAYS,
    problems: ({ approvals }, { isOfficial }) =>
      approvals.flatMap((approval) => when(!isOfficial(approval), 'approver-gone', { user: approval.user })),
  },
  { code: 'approvals-proven', stages: ALWAYS, problems: (order, facts) => proofProblems(order, facts) },
  {
    code: 'two-approvals',
    // At the draft it would be red of necessity.
    stages: ['issue', 'select'],
    problems: (order, facts) => carriageOf(order, facts).problems,
  },
]
