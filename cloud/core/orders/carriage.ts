import type { ProofKind } from '@minewarden/protocol/approval-proof.ts'
import type { Reason } from '@minewarden/protocol/finding.ts'
import type { Approval } from '@minewarden/protocol/order.ts'
import { approvalProblems } from './approvals.ts'
import { type CarriedOrder, carriageProblems, type Standing, type StandingFacts } from './authorisation.ts'
import type { GateFacts } from './gates/gate.ts'
import type { Order } from './order.ts'
import { note } from './order-text.ts'

/**
 * By whose word an order goes out: two approvals; or, under a standing authorisation that is in force at this moment,
 * one confirmation by the duty officer, or a veto window in which nobody said no. Nothing else carries an order.
 */
export type Carrier = 'approvals' | 'confirmation' | 'veto'

export interface Carriage {
  readonly by: Carrier | null
  /** What is missing when nothing carries it. */
  readonly problems: readonly Reason[]
}

/** Who carries the order now. */
export function carriageOf(order: Order, facts: GateFacts): Carriage {
  const missing = approvalProblems(order.approvals, order.documentSha256)
  if (missing.length === 0) return { by: 'approvals', problems: [] }
  if (order.content.standing === undefined) return { by: null, problems: missing }
  const problems = standingProblemsOf(order, facts)
  if (problems.length > 0) return { by: null, problems: [...missing, ...problems] }
  if (order.approvals.some((one) => isConfirmation(one, order))) return { by: 'confirmation', problems: [] }
  if (order.veto?.passedAt != null && isVetoLawful(order, facts)) return { by: 'veto', problems: [] }
  return { by: null, problems: [note('standing-unconfirmed')] }
}

/** Why the standing authorisation that the order names does not carry it; empty when it does. */
export const standingProblemsOf = (order: Order, facts: GateFacts): Reason[] =>
  carriageProblems(facts.standing, carriedOrder(order), standingFacts(order, facts))

/** Whether the order names a standing authorisation that is in force for it now. */
export const isUnderStanding = (order: Order, facts: GateFacts): boolean =>
  order.content.standing !== undefined && standingProblemsOf(order, facts).length === 0

const carriedOrder = ({ site, content }: Order): CarriedOrder => ({
  site,
  basis: content.basis,
  supplyPoints: content.supplyPoints,
  reference: content.standing,
})

const standingFacts = (order: Order, facts: GateFacts): StandingFacts => ({
  now: facts.now,
  site: facts.site,
  basis: facts.basisNow ?? order.content.basis,
  department: order.legal.department,
  isOfficial: facts.isOfficial,
})

/** A duty officer's own approval of this very document. */
const isConfirmation = ({ role, orderSha256 }: Approval, { documentSha256 }: Order): boolean =>
  role === 'duty-officer' && orderSha256 === documentSha256

/** The county must still have the very window that the order was drafted under. */
export const isVetoLawful = ({ content }: Order, { vetoWindow }: GateFacts): boolean =>
  vetoWindow != null &&
  content.vetoWindow?.seconds === vetoWindow.seconds &&
  content.vetoWindow.ground === vetoWindow.ground

/** Everybody who signed for what carries the order: of the authorisation too, where it is needed. */
export function signersOf(order: Order, facts: GateFacts): readonly Approval[] {
  const { by } = carriageOf(order, facts)
  return by === 'confirmation' || by === 'veto' ? [...order.approvals, ...standingApprovals(facts)] : order.approvals
}

const standingApprovals = ({ standing }: { readonly standing?: Standing | null }): readonly Approval[] =>
  standing?.approvals ?? []

/** What is wrong with how the approvers proved to be present, by what the county takes now. */
export function proofProblems({ approvals }: Order, { acceptedProofs, brokenProofs }: GateFacts): Reason[] {
  const taken = (kind: ProofKind | undefined) =>
    acceptedProofs === undefined || (kind !== undefined && acceptedProofs.includes(kind))
  return approvals.flatMap(({ user, proof }) => [
    ...(taken(proof?.kind) ? [] : [note('proof-missing', { user, proof: proof?.kind ?? 'none' })]),
    ...(brokenProofs?.includes(user) ? [note('proof-broken', { user })] : []),
  ])
}
