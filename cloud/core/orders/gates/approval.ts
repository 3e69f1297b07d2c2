import { approvalProblems } from '../approvals.ts'
import { ALWAYS, type Gate, when } from './gate.ts'

/** Whether the people who must carry the order do. */
export const APPROVAL_GATES: readonly Gate[] = [
  {
    code: 'approvers-registered',
    stages: ALWAYS,
    problems: ({ approvals }, { isOfficial }) =>
      approvals.flatMap((approval) => when(!isOfficial(approval), 'approver-gone', { user: approval.user })),
  },
  {
    code: 'two-approvals',
    // At the draft it would be red of necessity.
    stages: ['issue', 'select'],
    problems: (order) => approvalProblems(order.approvals, order.documentSha256),
  },
]
