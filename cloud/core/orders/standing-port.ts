import type { ProofKind } from '@minewarden/protocol/approval-proof.ts'
import type { Reason } from '@minewarden/protocol/finding.ts'
import type { SiteId, UserId } from '@minewarden/protocol/ids.ts'
import type { Approval } from '@minewarden/protocol/order.ts'
import type { StandingContent, StandingId } from '@minewarden/protocol/standing.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { User } from '../ports.ts'
import type { GivenProof, ProofQuestion } from '../proof-question.ts'
import type { Standing } from './authorisation.ts'

/** What a person proposes. */
export interface StandingProposal {
  readonly site: SiteId
  readonly supplyPoints: readonly string[]
  readonly from: Instant
  readonly to: Instant
  readonly reason: string
}

/** A standing authorisation as the pages show it. */
export interface StandingView {
  readonly id: StandingId
  readonly state: Standing['state']
  /** Whether it would carry an order at this moment, and what stands against it. */
  readonly valid: boolean
  readonly problems: readonly Reason[]
  readonly content: StandingContent
  readonly documentSha256: string
  readonly approvals: readonly {
    readonly user: UserId
    readonly name: string
    readonly department: string
    readonly role: Approval['role']
    readonly at: Instant
    readonly proof: ProofKind | null
  }[]
  readonly revoked: Standing['revoked']
}

/** Standing authorisations: proposed, signed by two, revoked by one. Each step and each refusal is in the audit log. */
export interface StandingService {
  /** Newest first. */
  list(): StandingView[]
  get(id: string): StandingView | null
  /** @throws CloudError `not-allowed`, `standing-unlawful`, `standing-conflict`, `not-found` (site, point) */
  propose(by: User, proposal: StandingProposal): Promise<StandingView>
  question(id: string, by: User): Promise<ProofQuestion>
  /** @throws CloudError `not-allowed`, `standing-unlawful`, `standing-conflict`, `proof-refused`, `not-found` */
  approve(id: string, by: User, documentSha256: string, given: GivenProof): Promise<StandingView>
  /** At once and for good. @throws CloudError `not-allowed`, `standing-conflict`, `not-found` */
  revoke(id: string, by: User, reason: string): Promise<StandingView>
}
