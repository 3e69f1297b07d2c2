import { canonicalJson, sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import type { Instant } from '@minewarden/protocol/time.ts'

/**
 * The audit log as a hash chain: each entry's hash covers the entry and the hash before it, so that a changed, missing
 * or reordered entry breaks every link after it. The chain alone cannot see entries cut off at its end: whoever keeps
 * the records holds the last sequence against them (`audit-repository.ts`).
 */
export interface AuditFact {
  readonly at: Instant
  /** Who did it: a user's id, `supplier:<id>`, or `system`. */
  readonly actor: string
  /** What was done or refused, as a code such as `order.approved` or `order.refused`. */
  readonly action: string
  /** What it was done to: an order's id, a site's id. */
  readonly subject: string
  /** Plain data. Never a secret: no token, no cookie, no private key. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface AuditEntry extends AuditFact {
  /** 1, 2, 3 ... without a gap. */
  readonly sequence: number
  /** Hash of the entry before, {@link GENESIS} for the first. */
  readonly previous: string
  readonly hash: string
}

/** What stands before the first entry. */
export const GENESIS = '0'.repeat(64)

/** The entry that continues the chain after `last` (`null` for an empty chain). */
export async function linkEntry(fact: AuditFact, last: Pick<AuditEntry, 'sequence' | 'hash'> | null) {
  const { at, actor, action, subject, detail } = fact
  const body = {
    at,
    actor,
    action,
    subject,
    detail,
    sequence: (last?.sequence ?? 0) + 1,
    previous: last?.hash ?? GENESIS,
  }
  return { ...body, hash: await hashOf(body) } satisfies AuditEntry
}

const hashOf = async ({ sequence, at, actor, action, subject, detail, previous }: Omit<AuditEntry, 'hash'>) =>
  sha256Hex(canonicalJson({ sequence, at, actor, action, subject, detail, previous }))

/** Why `entry` does not follow `last` in the chain; `null` when it does. */
export async function entryBreak(
  last: Pick<AuditEntry, 'sequence' | 'hash'> | null,
  entry: AuditEntry,
): Promise<string | null> {
  const sequence = (last?.sequence ?? 0) + 1
  if (entry.sequence !== sequence) return `entry ${sequence} is missing`
  if (entry.previous !== (last?.hash ?? GENESIS)) return 'the link is broken'
  // Text that has no canonical form was not written by us.
  const hash = await hashOf(entry).catch(() => null)
  return entry.hash === hash ? null : 'the entry was changed'
}

export type ChainVerdict =
  | { readonly intact: true; readonly entries: number; readonly last: Pick<AuditEntry, 'sequence' | 'hash'> | null }
  | { readonly intact: false; readonly sequence: number; readonly reason: string }

/** Follows the chain from `after` (`null`: its beginning) and names the first entry that does not fit. */
export async function verifyEntries(
  entries: Iterable<AuditEntry>,
  after: Pick<AuditEntry, 'sequence' | 'hash'> | null = null,
): Promise<ChainVerdict> {
  let last = after
  let count = 0
  for (const entry of entries) {
    const reason = await entryBreak(last, entry)
    if (reason !== null) return { intact: false, sequence: (last?.sequence ?? 0) + 1, reason }
    last = entry
    count++
  }
  return { intact: true, entries: count, last: last && { sequence: last.sequence, hash: last.hash } }
}
