import { z } from 'zod'
import { Approval } from './approval.ts'
import { DocumentText, DocumentTime, Sha256 } from './document-fields.ts'
import { CountyCode, SiteId } from './ids.ts'
import { SupplyPoint } from './site.ts'

/**
 * A standing authorisation (预先授权): two officials, one of them the head of the competent department, say beforehand
 * that named supply points of one site may be cut when it is reopened. An order that it carries needs one fresh
 * confirmation by the duty officer instead of two approvals, and nothing else of it becomes easier.
 */

/** No authorisation outlives a season: what hangs on a supply point changes. */
export const MAX_STANDING_MS = 90 * 24 * 3_600_000
/** A veto window is never shorter: a person must be able to read, and to stop it. */
export const MIN_VETO_SECONDS = 120

export const StandingId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'standing authorisation id')
  .brand('StandingId')
export type StandingId = z.infer<typeof StandingId>

/** What two officials sign. Its hash (canonical JSON, SHA-256) is what each approval names. */
export const StandingContent = z.strictObject({
  type: z.literal('standing-authorisation'),
  version: z.literal(1),
  id: StandingId,
  issuer: z.strictObject({ id: z.string().min(1).max(64), name: DocumentText, county: CountyCode }),
  site: z.strictObject({ id: SiteId, name: DocumentText }),
  /** As they stood when it was proposed: class A, each with its survey. */
  supplyPoints: z
    .array(SupplyPoint.omit({ supplier: true, meter: true }))
    .min(1)
    .max(32),
  /** Code of the legal basis. */
  basis: z.string().min(1).max(64),
  reason: DocumentText,
  from: DocumentTime,
  /** Never used at or after this time. */
  to: DocumentTime,
  proposedAt: DocumentTime,
  proposedBy: z.string().min(1).max(64),
})
export type StandingContent = z.infer<typeof StandingContent>

/** What an order under a standing authorisation shows its supplier: the document and who signed it. */
export const StandingGrant = z.strictObject({
  content: StandingContent,
  sha256: Sha256,
  approvals: z.array(Approval).length(2),
})
export type StandingGrant = z.infer<typeof StandingGrant>

/** In an order's content: under which authorisation it was drafted. */
export const StandingReference = z.strictObject({ id: StandingId, sha256: Sha256 })
export type StandingReference = z.infer<typeof StandingReference>

/** A county's choice to let class A orders under a standing authorisation go out unless somebody stops them in time. */
export const VetoWindow = z.strictObject({
  seconds: z.number().int().min(MIN_VETO_SECONDS).max(3600),
  /** The law that allows it, in words. */
  ground: DocumentText,
})
export type VetoWindow = z.infer<typeof VetoWindow>
