import { z } from 'zod'
import { Approval } from './approval.ts'
import { DocumentTime, Sha256, DocumentText as Text } from './document-fields.ts'
import { Reason } from './finding.ts'
import { CountyCode, OrderId, SiteId, SupplierId, SupplyPointId } from './ids.ts'
import { LegalStatement } from './legal-statement.ts'
import { SupplyPoint } from './site.ts'
import { StandingGrant, StandingReference, VetoWindow } from './standing.ts'

/**
 * The documents that a cut-off travels in: the order to the supplier, and the supplier's answers. Each is signed as a
 * JWS (`jws.ts`). Times are ISO 8601 text here, not instants: what is hashed and signed must read back as written.
 * The fields follow the notice to the supplier (停止供电通知书) that counties serve on paper.
 */

export { Approval, foldName } from './approval.ts'
export { DocumentTime, Sha256 } from './document-fields.ts'

/** More supply points than this are no mine's; it bounds what a verifier must read. */
export const MAX_SUPPLY_POINTS = 32
export const MAX_EVIDENCE = 64
/** An order that is valid for longer has lost touch with its evidence: neither side deals with one. */
export const MAX_VALIDITY_MS = 24 * 3_600_000
export const MAX_REASONS = 64
/** Only people sign: more approvals than this mean a broken issuer. */
const MAX_APPROVALS = 8

/** Where the supplier cuts: what the register says of the point, without the county's own meter. */
export const OrderedPoint = SupplyPoint.omit({ supplier: true, meter: true })
export type OrderedPoint = z.infer<typeof OrderedPoint>

/** A frozen piece of evidence: what it is, and its hash. */
export const Evidence = z.strictObject({ what: Text, sha256: Sha256 })
export type Evidence = z.infer<typeof Evidence>

/** What two officials approve. Its hash (canonical JSON, SHA-256) is what each approval names. */
export const OrderContent = z.strictObject({
  id: OrderId,
  /** Unique for the issuer, counted upwards. */
  sequence: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  issuer: z.strictObject({ id: z.string().min(1).max(64), name: Text, county: CountyCode }),
  site: z.strictObject({ id: SiteId, name: Text, latitude: z.number(), longitude: z.number() }),
  supplier: SupplierId,
  action: z.literal('cut-off'),
  /** A drill is another document: this one is never a drill. */
  drill: z.literal(false),
  supplyPoints: z.array(OrderedPoint).min(1).max(MAX_SUPPLY_POINTS),
  /** Code of the legal basis. */
  basis: z.string().min(1).max(64),
  because: z.array(Reason).max(MAX_REASONS),
  evidence: z.array(Evidence).max(MAX_EVIDENCE),
  finding: z.strictObject({
    at: DocumentTime,
    probability: z.number().min(0).max(1),
    independentKinds: z.array(z.string().max(64)).max(16),
  }),
  draftedAt: DocumentTime,
  /** Never executed at or after this time. */
  validUntil: DocumentTime,
  /** The standing authorisation that it was drafted under; one confirmation then stands for two approvals. */
  standing: StandingReference.optional(),
  /** On every order of a county that has chosen one. */
  vetoWindow: VetoWindow.optional(),
})
export type OrderContent = z.infer<typeof OrderContent>

/** How far the issuer's audit log had come: its last entry. Whoever keeps a signed order holds the log to it. */
export const AuditHead = z.strictObject({
  /** 1 for the first entry. */
  sequence: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  hash: Sha256,
})
export type AuditHead = z.infer<typeof AuditHead>

/** The cut-off order as it is signed and sent. */
export const CutOffOrder = z.strictObject({
  type: z.literal('cut-off-order'),
  version: z.literal(1),
  order: OrderContent,
  /** Of `order`; every approval names the same. */
  orderSha256: Sha256,
  /** Two, unless the order goes out under a standing authorisation. */
  approvals: z.array(Approval).max(MAX_APPROVALS),
  /** The authorisation that carries the order; absent where two approvals do. */
  standing: StandingGrant.optional(),
  /** The window in which nobody stopped it; absent where people approved or confirmed it. */
  veto: z.strictObject({ announcedAt: DocumentTime, until: DocumentTime }).optional(),
  issuedAt: DocumentTime,
  /** The law behind it; absent in documents of before it was told. */
  legal: LegalStatement.optional(),
  /** As it stood when this was signed: a supplier's copy tells whether the log was rewritten since. */
  auditHead: AuditHead.optional(),
})
export type CutOffOrder = z.infer<typeof CutOffOrder>

/** Why a supplier does not carry an order out. `not-mine`: another company supplies this point. */
export const REFUSAL_REASONS = ['not-mine', 'unsafe', 'expired', 'withdrawn', 'policy', 'other'] as const

/** What a supplier saw at its own switch after the operation. */
export const Readback = z.strictObject({
  /** `close-permitted`: still open, and a person on site may close it. */
  position: z.enum(['open', 'close-permitted', 'closed']),
  at: DocumentTime,
  /** How the supplier knows: its switchgear, or a person on site. */
  source: Text,
})
export type Readback = z.infer<typeof Readback>

const answered = {
  type: z.literal('cut-off-answer'),
  version: z.literal(1),
  supplier: SupplierId,
  order: OrderId,
  /** Hash of the order's content: ties the answer to exactly one document. */
  orderSha256: Sha256,
  at: DocumentTime,
}

/** What a supplier answers, each signed with its own key. */
export const SupplierAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ ...answered, kind: z.literal('received') }),
  z.strictObject({ ...answered, kind: z.literal('accepted') }),
  z.strictObject({ ...answered, kind: z.literal('refused'), reason: z.enum(REFUSAL_REASONS), detail: Text }),
  /** One supply point is made ready; the reply to it is the permission to operate it, or a refusal (`permission.ts`). */
  z.strictObject({
    ...answered,
    kind: z.literal('selected'),
    supplyPoint: SupplyPointId,
    /** 1, 2, 3 ... for each point: a selection that lapsed or was refused is followed by another. */
    selection: z.number().int().min(1).max(10_000),
    /** Number of the operation ticket (操作票), who operates, and who stands beside and watches (监护人). */
    ticket: Text,
    operator: Text,
    supervisor: Text,
  }),
  /** Operated at one supply point. `executedAt` is when the switch moved. */
  z.strictObject({
    ...answered,
    kind: z.literal('executed'),
    supplyPoint: SupplyPointId,
    executedAt: DocumentTime,
    readback: Readback,
    /** SHA-256 of the permission's JWS; without one it was done without permission. */
    permissionSha256: Sha256.optional(),
  }),
  /** Tried or not, the point was not operated and will not be under this order. */
  z.strictObject({ ...answered, kind: z.literal('failed'), supplyPoint: SupplyPointId, detail: Text }),
  /** The withdrawal came in: nothing more is operated. An operation that was under way may still be told. */
  z.strictObject({ ...answered, kind: z.literal('withdrawal-received') }),
  /** The last word on a withdrawn order: what had been operated by then. Nothing else was, nor will be. */
  z.strictObject({
    ...answered,
    kind: z.literal('withdrawn'),
    executed: z.array(SupplyPointId).max(MAX_SUPPLY_POINTS),
  }),
])
export type SupplierAnswer = z.infer<typeof SupplierAnswer>

/**
 * `typ` of the signed document in the JWS header: a signature for one kind never passes as another.
 * @see RFC 8725 3.11 (explicit typing)
 */
export const DOCUMENT_TYPES = {
  order: 'minewarden-cut-off-order+jws',
  answer: 'minewarden-cut-off-answer+jws',
  permission: 'minewarden-operate-permission+jws',
  withdrawal: 'minewarden-cut-off-withdrawal+jws',
  restoration: 'minewarden-restoration-order+jws',
  checkpoint: 'minewarden-audit-checkpoint+jws',
  auditExport: 'minewarden-audit-export+jws',
  evidence: 'minewarden-evidence-bundle+jws',
} as const
export type DocumentType = (typeof DOCUMENT_TYPES)[keyof typeof DOCUMENT_TYPES]

/** Media type of a compact JWS in an HTTP body. @see RFC 7515 9.2.1 */
export const JOSE_MEDIA_TYPE = 'application/jose'
/** An order or answer in compact form is never longer than this many characters. */
export const MAX_JWS_CHARS = 262_144
