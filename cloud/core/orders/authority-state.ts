import type { Instant, Millis } from '@minewarden/protocol/time.ts'

/** What an order keeps of who carries it and who is called for it: plain data. */

/** A veto window: the time in which anybody may say no to an order that goes out by itself. */
export interface Veto {
  readonly until: Instant
  /** When it ended without a no; `null` while it runs, or when it ended otherwise. */
  readonly passedAt: Instant | null
  /** It ended, and carries nothing: somebody said no, or a gate was red at its end. */
  readonly over: { readonly at: Instant; readonly by: string; readonly reason: string } | null
}

/** What people are called for. */
export type CallKind = 'approve' | 'approve-second' | 'confirm' | 'veto' | 'look'

/** Who is called at each level. */
export const CALLED = ['officer', 'head', 'county'] as const
export type Called = (typeof CALLED)[number] | 'duty-officer'

export interface CallState {
  readonly kind: CallKind
  readonly since: Instant
  /** 0 officer, 1 head, 2 county; those of lower levels stay called. */
  readonly level: number
  /** When it goes higher; `null` at the top. */
  readonly nextAt: Instant | null
  /** The line of the story that it is about, by its place; `null` for what the state asks for. */
  readonly event: number | null
}

/** From the beginning of a call to each level. */
export interface CallRules {
  readonly headAfterMs: Millis
  readonly countyAfterMs: Millis
}
