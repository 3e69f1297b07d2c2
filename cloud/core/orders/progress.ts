import type { AfterCutFinding, Reason } from '@minewarden/protocol/finding.ts'
import type { SupplyPointId, UserId } from '@minewarden/protocol/ids.ts'
import type { SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { Instant } from '@minewarden/protocol/time.ts'

/** What is kept of an order on its way: its stop, what was selected and permitted, what was measured, and the watch. */

/** A person stopped the order: no permission is given from then on, and the supplier is told to do nothing more. */
export interface Stop {
  readonly by: UserId
  readonly name: string
  readonly at: Instant
  readonly reason: string
  /** When the supplier said, signed, that it knows; `null`: not yet, or it never had the order. */
  readonly confirmedAt: Instant | null
}

export type SelectedAnswer = Extract<SupplierAnswer, { kind: 'selected' }>

/** What the county replied to one selection of one supply point. */
export interface Permission {
  readonly point: SupplyPointId
  readonly selection: number
  /** When it was decided. */
  readonly at: Instant
  readonly granted: boolean
  /** The end of a granted one; `null` for a refusal. */
  readonly validUntil: Instant | null
  /** Why it was refused. */
  readonly because: readonly Reason[]
  /** The supplier's operation ticket, who operates and who stands beside. */
  readonly ticket: string
  readonly operator: string
  readonly supervisor: string
  /** The signed reply: the same selection gets the same bytes. */
  readonly jws: string
  /** Of `jws`: an execution names it. */
  readonly sha256: string
}

/**
 * What the site's sensors, or people on site, say of the whole cut. `partial`: some of the points that the order names
 * are shown to be cut, and not all.
 */
export interface Effect {
  readonly verdict: 'verified' | 'partial' | 'ineffective'
  readonly at: Instant
}

/** What people on site report, signed by who is signed in, of a point that no meter shows. */
export interface CutReport {
  readonly point: SupplyPointId
  /** Who looked, by name and unit. */
  readonly people: string
  readonly seenAt: Instant
  /** What they saw: the open switch, the tester's lamp, dead machines. */
  readonly text: string
}

/** `bypass`: the relay says off, and the load behind it goes on. */
export const WATCH_FACTS = [
  'generator',
  'self-reconnection',
  'borrowed-supply',
  're-supply',
  'bypass',
] as const satisfies readonly (AfterCutFinding['fact'] | 'bypass')[]
export type WatchFact = (typeof WATCH_FACTS)[number]

/** The watch over a cut site. */
export interface Watch {
  readonly from: Instant
  /** `null`: until the power is lawfully restored. */
  readonly until: Instant | null
  /** What was seen, oldest first, of each fact the newest. */
  readonly seen: readonly { readonly fact: WatchFact; readonly at: Instant; readonly since: Instant }[]
}
