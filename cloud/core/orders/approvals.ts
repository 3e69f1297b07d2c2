import type { ApprovalProof } from '@minewarden/protocol/approval-proof.ts'
import type { Reason } from '@minewarden/protocol/finding.ts'
import { type Approval, foldName } from '@minewarden/protocol/order.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import { isApprover, type User } from '../ports.ts'
import { describeNotes, note } from './order-text.ts'

/** Who may approve what: two people, two departments, one of them a head, both of exactly this document. */
export const APPROVALS_NEEDED = 2

/** What is wrong with a set of approvals that should carry an order; empty when nothing is. */
export function approvalProblems(approvals: readonly Approval[], orderSha256: string): Reason[] {
  const given = approvals.length
  const others = approvals.filter((approval) => approval.orderSha256 !== orderSha256)
  return [
    ...(given < APPROVALS_NEEDED ? [note('approvals-missing', { given, needed: APPROVALS_NEEDED })] : []),
    ...clashes(approvals),
    ...(approvals.some((approval) => approval.role === 'head') ? [] : [note('no-head')]),
    ...others.map(({ user }) => note('other-document', { user })),
  ]
}

function clashes(approvals: readonly Approval[]): Reason[] {
  const distinct = (values: readonly string[]) => new Set(values.map(foldName)).size === values.length
  return [
    ...(distinct(approvals.map((approval) => approval.user)) ? [] : [note('user-twice')]),
    ...(distinct(approvals.map((approval) => approval.department)) ? [] : [note('department-twice')]),
  ]
}

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
  proof: ApprovalProof | null = null,
): ApprovalAttempt {
  if (!isApprover(by.role)) return refuse('not-allowed', `${by.id} may not approve`)
  if (approvedSha256 !== orderSha256) return refuse('order-conflict', 'documentSha256: not of the order as it stands')
  const approval: Approval = {
    user: by.id,
    name: by.name,
    department: by.department,
    role: by.role,
    at: isoTime(at),
    orderSha256,
    ...(proof === null ? {} : { proof }),
  }
  const all = [...given, approval]
  const clash = clashes(all)
  if (clash.length > 0) return refuse('not-allowed', describeNotes(clash))
  const problems = all.length < APPROVALS_NEEDED ? [] : approvalProblems(all, orderSha256)
  return problems.length > 0 ? refuse('not-allowed', describeNotes(problems)) : { ok: true, approval }
}

const refuse = (code: 'not-allowed' | 'order-conflict', detail: string): ApprovalAttempt => ({
  ok: false,
  code,
  detail,
})
