import { canonicalJson, documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { PublicKey } from '@minewarden/protocol/jws.ts'
import { AuditHead, Sha256 } from '@minewarden/protocol/order.ts'
import { z } from 'zod'

/** The lines of an exported audit log, in the order in which their kinds stand; the seal is the last. */
export const EXPORT_FORMAT = 'minewarden-audit-export'
export const EXPORT_KINDS = ['header', 'key', 'checkpoint', 'order', 'standing', 'answer', 'evidence', 'entry'] as const
export type ExportKind = (typeof EXPORT_KINDS)[number]

/** Each kind of line as it is written. */
export const ExportLine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('header'),
    format: z.literal(EXPORT_FORMAT),
    version: z.literal(1),
    issuer: z.strictObject({ id: z.string(), name: z.string() }),
    by: z.string(),
    at: z.string(),
  }),
  z.strictObject({ kind: z.literal('key'), key: PublicKey }),
  z.strictObject({ kind: z.literal('checkpoint'), jws: z.string() }),
  z.strictObject({ kind: z.literal('order'), id: z.string(), record: z.string() }),
  z.strictObject({ kind: z.literal('standing'), id: z.string(), record: z.string() }),
  z.strictObject({
    kind: z.literal('answer'),
    sha256: Sha256,
    order: z.string(),
    receivedAt: z.number(),
    jws: z.string().nullable(),
    key: PublicKey.nullable(),
  }),
  z.strictObject({
    kind: z.literal('evidence'),
    sha256: Sha256,
    site: z.string(),
    what: z.string(),
    findingAt: z.number(),
    frozenAt: z.number(),
  }),
  z.strictObject({
    kind: z.literal('entry'),
    entry: z.strictObject({
      sequence: z.number(),
      at: z.number(),
      actor: z.string(),
      action: z.string(),
      subject: z.string(),
      detail: z.record(z.string(), z.unknown()),
      previous: z.string(),
      hash: Sha256,
    }),
  }),
  z.strictObject({ kind: z.literal('seal'), jws: z.string() }),
])
export type ExportLine = z.infer<typeof ExportLine>
/** The line of one kind. */
export type LineOf<Kind extends ExportLine['kind']> = Extract<ExportLine, { kind: Kind }>

/** What is held against its hashes of an order's record. */
export const OrderRecord = z.looseObject({
  content: z.looseObject({ evidence: z.array(z.looseObject({ what: z.string(), sha256: Sha256 })) }),
  documentSha256: Sha256,
  finding: z.unknown(),
  jws: z.string().nullable(),
})
export type OrderRecord = z.infer<typeof OrderRecord>
/** What is read of an order as it was signed. */
export const SignedOrder = z.looseObject({
  order: z.unknown(),
  orderSha256: Sha256,
  auditHead: AuditHead.optional(),
  issuedAt: z.string(),
})
/** What an entry names by its hash. */
export const Vouching = z.looseObject({
  recordSha256: Sha256.optional(),
  answerSha256: Sha256.optional(),
  pieces: z.array(z.looseObject({ sha256: Sha256 })).optional(),
})

/** UTF-8, strictly; `null` when it is not. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** `undefined` when it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `null` when there is no canonical form. */
export function canonicalOr(value: unknown): string | null {
  try {
    return canonicalJson(value)
  } catch {
    return null
  }
}

/** Hash of a document; `null` when it has no canonical form. */
export const hashOr = (value: unknown): Promise<string | null> => documentSha256(value).catch(() => null)
