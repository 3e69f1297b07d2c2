import type { ApprovalProof, ProofKind, Statement } from '@minewarden/protocol/approval-proof.ts'
import type { UserId } from '@minewarden/protocol/ids.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { User } from './ports.ts'
import type { GivenProof, ProofQuestion } from './proof-question.ts'

export interface PasskeyView {
  readonly id: string
  readonly name: string
  readonly createdAt: Instant
  readonly lastUsedAt: Instant | null
}

/** What a person has set up. */
export interface ProofsView {
  readonly accepted: readonly ProofKind[]
  readonly passkeys: readonly PasskeyView[]
  readonly totp: { readonly since: Instant } | null
}

/** Two: one to use, one in a drawer. */
export const MAX_PASSKEYS = 2

/** The proofs of people: how they are set up, asked for, checked and taken back. Every refusal is audited. */
export interface ProofsService {
  /** What the county takes for approvals. */
  readonly accepted: readonly ProofKind[]
  ofPerson(user: UserId): Promise<ProofsView>
  /** Asks; a passkey's answer is taken within some minutes, once. */
  question(by: User, statement: Statement): Promise<ProofQuestion>
  /** @throws CloudError `proof-refused`, `too-many-attempts` */
  prove(by: User, statement: Statement, given: GivenProof): Promise<ApprovalProof>
  /** Whether a kept proof still verifies, with a key that was this person's. */
  holds(user: UserId, statement: Statement, proof: ApprovalProof): Promise<boolean>

  /**
   * Begins to register a passkey. `question` must be answered with the new one when another proof was set up before: a
   * session alone adds none to it. @throws CloudError `proof-conflict` when there are {@link MAX_PASSKEYS}
   */
  beginPasskey(by: User): Promise<{ readonly options: object; readonly question: ProofQuestion | null }>
  /** @throws CloudError `proof-refused`, `proof-conflict` */
  addPasskey(by: User, name: string, response: unknown, given: GivenProof | null): Promise<PasskeyView>
  /** One's own, or as a head anybody's. @throws CloudError `not-found`, `not-allowed` */
  revokePasskey(by: User, of: UserId, id: string, reason: string): Promise<void>
  /** Makes a secret; it is told this once. Counts only after `confirmTotp`. @throws CloudError `proof-conflict` */
  beginTotp(by: User): Promise<{
    readonly secret: string
    readonly uri: string
    readonly question: ProofQuestion | null
  }>
  /** @throws CloudError `proof-refused`, `too-many-attempts` */
  confirmTotp(by: User, code: string, given: GivenProof | null): Promise<void>
  /** @throws CloudError `not-found`, `not-allowed` */
  revokeTotp(by: User, of: UserId, reason: string): Promise<void>
}
