import type { ApprovalProof, ProofKind, Statement } from '@minewarden/protocol/approval-proof.ts'
import type { UserId } from '@minewarden/protocol/ids.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { User } from './ports.ts'

/** What a person hands in to prove to be present. */
export type GivenProof =
  /** The browser's answer, as its page sends it. */
  | { readonly kind: 'passkey'; readonly assertion: unknown }
  | { readonly kind: 'totp'; readonly code: string }
  /** Nothing but the session. */
  | { readonly kind: 'link' }

/** How this person may prove to be present for one statement. */
export interface ProofQuestion {
  /** What the county takes. */
  readonly accepted: readonly ProofKind[]
  /** What of it this person has set up; a sign-in link is always there. */
  readonly usable: readonly ProofKind[]
  /** Options for the browser's `navigator.credentials.get`, as JSON; `null` without a passkey. */
  readonly passkey: object | null
}

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
