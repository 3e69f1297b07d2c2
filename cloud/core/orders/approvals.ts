import type { Approval } from '@minewarden/protocol/order.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { User } from '../ports.ts'

/** Who may approve what: two people, two departments, one of them a head, both of exactly this document. */
export const APPROVALS_NEEDED = 2

/** What is wrong with a set of approvals that should carry an order; empty when nothing is. */
export function approvalProblems(approvals: readonly Approval[], orderSha256: string): string[] {
  const problems: string[] = []
  if (approvals.length < APPROVALS_NEEDED) problems.push(`${approvals.length} of ${APPROVALS_NEEDED} approvals`)
  problems.push(...clashes(approvals))
  if (!approvals.some((approval) => approval.role === 'head')) problems.push('no head of a department among them')
  for (const { user, orderSha256: approved } of approvals) {
    if (approved !== orderSha256) problems.push(`${user} approved another document`)
  }
  return problems
}

function clashes(approvals: readonly Approval[]): string[] {
  const distinct = (values: readonly string[]) => new Set(values.map(fold)).size === values.length
  return [
    ...(distinct(approvals.map((approval) => approval.user)) ? [] : ['one user approved twice']),
    ...(distinct(approvals.map((approval) => approval.department)) ? [] : ['two approvals from one department']),
  ]
}

/** One department does not become two by a blank or a capital letter. */
const fold = (name: string) => name.normalize('NFKC').replace(/\s+/gu, '').toLowerCase()

export type ApprovalAttempt =
  | { readonly ok: true; readonly approval: Approval }
  | { readonly ok: false; readonly code: 'not-allowed' | 'order-conflict'; readonly detail: string }

/** Whether this user's approval may stand beside those already given. */
export function tryApproval(
  given: readonly Approval[],
  by: User,
  approvedSha256: string,
  orderSha256: string,
  at: Instant,
): ApprovalAttempt {
  if (by.role !== 'officer' && by.role !== 'head') return refuse('not-allowed', `${by.id} may not approve`)
  if (approvedSha256 !== orderSha256) return refuse('order-conflict', 'documentSha256: not of the order as it stands')
  const approval: Approval = {
    user: by.id,
    name: by.name,
    department: by.department,
    role: by.role,
    at: isoTime(at),
    orderSha256,
  }
  const all = [...given, approval]
  const clash = clashes(all)
  if (clash.length > 0) return refuse('not-allowed', clash.join('; '))
  const problems = all.length < APPROVALS_NEEDED ? [] : approvalProblems(all, orderSha256)
  return problems.length > 0 ? refuse('not-allowed', problems.join('; ')) : { ok: true, approval }
}

const refuse = (code: 'not-allowed' | 'order-conflict', detail: string): ApprovalAttempt => ({
  ok: false,
  code,
  detail,
})
