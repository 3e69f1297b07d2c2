import { z } from 'zod'
import { ApprovalProof } from './approval-proof.ts'
import { DocumentText, DocumentTime, Sha256 } from './document-fields.ts'
import { UserId } from './ids.ts'

/**
 * Roles of people who may approve. A `head` leads a department; a `duty-officer` is on watch and may also give the one
 * confirmation that an order under a standing authorisation needs.
 */
export const APPROVER_ROLES = ['officer', 'head', 'duty-officer'] as const

/** One official's approval of exactly one document. */
export const Approval = z.strictObject({
  user: UserId,
  name: DocumentText,
  department: DocumentText,
  role: z.enum(APPROVER_ROLES),
  at: DocumentTime,
  /** Of the document that was approved: an order's content, or a standing authorisation. */
  orderSha256: Sha256,
  /** How the person proved to be present; absent in documents from before proofs were kept. */
  proof: ApprovalProof.optional(),
})
export type Approval = z.infer<typeof Approval>

/**
 * A name as two names are compared: one user or department does not become two by a blank, a capital, a full-width or
 * an invisible letter.
 */
export const foldName = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
