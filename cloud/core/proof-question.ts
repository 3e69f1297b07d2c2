import type { ProofKind } from '@minewarden/protocol/approval-proof.ts'

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
