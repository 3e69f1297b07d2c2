import { z } from 'zod'
import { AuditHead, DocumentTime, Sha256 } from './order.ts'

/**
 * What vouches for an audit log outside of its database: checkpoints, signed while the log grows, and the seal of an
 * export. Both are JWS (`jws.ts`) with a `typ` of their own.
 */

const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

/** "So far had the log come, and this was its last hash." Checkpoints are a chain of their own. */
export const AuditCheckpoint = z.strictObject({
  type: z.literal('audit-checkpoint'),
  version: z.literal(1),
  issuer: z.string().min(1).max(64),
  /** 1, 2, 3 ... without a gap. */
  number: Count.min(1),
  /** SHA-256 of the signed text of the checkpoint before; `null` for the first. */
  previous: Sha256.nullable(),
  ...AuditHead.shape,
  /** Entries of the log up to here: equal to `sequence`, since none is ever missing. */
  count: Count.min(1),
  at: DocumentTime,
})
export type AuditCheckpoint = z.infer<typeof AuditCheckpoint>

/** The last line of an export: what the lines before it are. */
export const ExportSeal = z.strictObject({
  type: z.literal('audit-export'),
  version: z.literal(1),
  issuer: z.string().min(1).max(64),
  at: DocumentTime,
  by: z.string().min(1).max(200),
  /** The log's last entry; `null` for an empty log. */
  head: AuditHead.nullable(),
  /** Lines before this one, and the hash of all their bytes with their line ends. */
  lines: Count,
  sha256: Sha256,
  /** The same by kind of line, so that a change is found in its place. */
  sections: z.array(z.strictObject({ kind: z.string().max(32), lines: Count, sha256: Sha256 })).max(16),
})
export type ExportSeal = z.infer<typeof ExportSeal>
