import { AuditCheckpoint } from '@minewarden/protocol/audit.ts'
import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import { type KeySet, verifyDocument } from '@minewarden/protocol/jws.ts'
import { type AuditHead, DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import { type Instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'

/**
 * Checkpoints of the audit log: its last hash, signed. A chain of hashes alone can be made anew by whoever can write to
 * the database; these cannot without the key, and their copies outside of the database cannot be taken back.
 */
export interface SignedCheckpoint {
  readonly checkpoint: AuditCheckpoint
  /** Compact JWS. */
  readonly jws: string
}

/** When the next one is due: what a rewriting could still hide is at most this much. */
export interface CheckpointRules {
  readonly entries: number
  readonly ms: Millis
}
export const CHECKPOINT_RULES: CheckpointRules = { entries: 100, ms: 15 * 60_000 }

/** Whether the log has grown enough since the last one. A clock that was set back counts as time that has passed. */
export function isCheckpointDue(
  head: AuditHead | null,
  last: AuditCheckpoint | null,
  now: Instant,
  rules: CheckpointRules = CHECKPOINT_RULES,
): boolean {
  if (head === null || head.sequence <= (last?.sequence ?? 0)) return false
  if (last === null || head.sequence - last.sequence >= rules.entries) return true
  return Math.abs(now - Date.parse(last.at)) >= rules.ms
}

/** What is signed next. */
export async function nextCheckpoint(
  head: AuditHead,
  last: SignedCheckpoint | null,
  issuer: string,
  now: Instant,
): Promise<AuditCheckpoint> {
  return {
    type: 'audit-checkpoint',
    version: 1,
    issuer,
    number: (last?.checkpoint.number ?? 0) + 1,
    previous: last && (await sha256Hex(last.jws)),
    sequence: head.sequence,
    hash: head.hash,
    count: head.sequence,
    at: isoTime(now),
  }
}

/** A checkpoint that verified, or why it does not. */
export async function readCheckpoint(jws: string, keys: KeySet): Promise<SignedCheckpoint | { problem: string }> {
  try {
    const { document } = await verifyDocument(jws, DOCUMENT_TYPES.checkpoint, keys, AuditCheckpoint)
    return { checkpoint: document, jws }
  } catch (error) {
    if (error instanceof ProtocolError) return { problem: error.message }
    throw error
  }
}

/** Why `next` does not follow `last` in the chain of checkpoints; `null` when it does. */
export async function checkpointBreak(last: SignedCheckpoint | null, next: SignedCheckpoint): Promise<string | null> {
  const { number, previous, sequence, count } = next.checkpoint
  const expected = (last?.checkpoint.number ?? 0) + 1
  if (number > expected) return `checkpoint ${expected} is missing`
  if (number < expected) return `checkpoint ${number} stands after checkpoint ${expected - 1}`
  if (previous !== (last && (await sha256Hex(last.jws))))
    return `checkpoint ${number} does not follow the one before it`
  if (count !== sequence) return `checkpoint ${number} counts ${count} entries of ${sequence}`
  if (sequence <= (last?.checkpoint.sequence ?? 0)) return `checkpoint ${number} is of an earlier log`
  return null
}
