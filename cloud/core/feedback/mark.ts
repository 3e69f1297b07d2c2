/** What people say of a finding afterwards: it was so, or it was a false alarm, and what it really was. */
import type { Finding } from '@minewarden/protocol/finding.ts'
import type { SiteId, UserId } from '@minewarden/protocol/ids.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { RecordedFinding } from '../findings-port.ts'

export const VERDICTS = ['true', 'false'] as const
export type Verdict = (typeof VERDICTS)[number]

/** What it really was. */
export const MARK_CAUSES = [
  'quarry',
  'thunder',
  'vehicle',
  'lawful-work',
  'pump',
  'animal',
  'sensor-fault',
  'unknown',
] as const
export type MarkCause = (typeof MARK_CAUSES)[number]

/** Characters of a note at most. */
export const MAX_NOTE = 500

/** One person's word on one finding; a later one takes its place, the audit log keeps both. */
export interface Mark {
  readonly verdict: Verdict
  readonly cause: MarkCause | null
  /** Empty without one. */
  readonly note: string
  readonly by: UserId
  readonly name: string
  readonly at: Instant
}

/** A finding with its number and what was said of it. */
export interface MarkedFinding extends RecordedFinding {
  readonly mark: Mark | null
}

/** What rates are counted from: a finding's kind, what it said, and the codes of its reasons. */
export interface JudgedFinding {
  readonly kind: Finding['kind']
  /** The class of an event, the state of a site, the fact of a supply. */
  readonly what: string
  readonly codes: readonly string[]
  readonly verdict: Verdict | null
}

export interface Span {
  readonly from: Instant
  /** Not included. */
  readonly to: Instant
}

/** Where marks are kept, beside the findings, which they never change. @throws CloudError `findings-unusable` */
export interface FeedbackStore {
  /** Newest first. */
  marked(site: SiteId, limit: number): readonly MarkedFinding[]
  /** `null`: the site has no finding of this number. */
  one(site: SiteId, number: number): MarkedFinding | null
  /** Durable when it returns. */
  save(number: number, mark: Mark): void
  /** Of the newest `limit` findings of the site those of the span; `complete`: none of the span lies before them. */
  judged(
    site: SiteId,
    span: Span,
    limit: number,
  ): { readonly findings: readonly JudgedFinding[]; readonly complete: boolean }
}
