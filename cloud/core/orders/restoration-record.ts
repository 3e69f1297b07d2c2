import type { OrderId, SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { Approval } from '@minewarden/protocol/order.ts'
import type { GasCheck, RestorationContent } from '@minewarden/protocol/restoration.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { Permission, Stop } from './progress.ts'

export const RESTORATION_STATES = [
  'drafted',
  'approved-once',
  'approved',
  'issued',
  'received',
  'accepted',
  'done',
  'refused',
  'cancelled',
  'expired',
  'failed',
] as const
export type RestorationState = (typeof RESTORATION_STATES)[number]

/** The lifting of a cut-off, kept with the order that it lifts. One at a time; another may follow one that failed. */
export interface Restoration {
  readonly id: OrderId
  readonly state: RestorationState
  readonly content: RestorationContent
  readonly documentSha256: string
  readonly draftedAt: Instant
  readonly validUntil: Instant
  readonly approvals: readonly Approval[]
  readonly jws: string | null
  readonly issuedAt: Instant | null
  readonly gasChecks: readonly GasCheck[]
  readonly permissions: readonly Permission[]
  readonly points: readonly RestoredPoint[]
  /** When the first close was permitted: from then on power that returns is no self-reconnection. */
  readonly givenBackAt: Instant | null
  /** Its cancellation after it went out: the supplier is told until it says that it knows. */
  readonly withdrawn?: Stop
}

export interface RestoredPoint {
  readonly id: SupplyPointId
  readonly stage: number
  readonly result: 'close-permitted' | 'closed' | 'failed' | null
  readonly at: Instant | null
}

const LIVE: ReadonlySet<RestorationState> = new Set([
  'drafted',
  'approved-once',
  'approved',
  'issued',
  'received',
  'accepted',
])
/** What an official says of the restoration, besides what the order itself tells. */
export interface RestorationAsked {
  readonly mine: 'coal' | 'non-coal'
  readonly subject: string
  readonly measures: string
  readonly measuresMetAt: string
  readonly restoreTime: string
  readonly restoreContent: string
}

export const isUnderWay = ({ state }: Restoration): boolean => LIVE.has(state)
/** Whether there is one, and it is still under way. */
export const isLive = (restoration: Restoration | null): restoration is Restoration =>
  restoration !== null && isUnderWay(restoration)

/** Whether the supplier may hold one that it does not know to be withdrawn. */
export const owesRestorationWithdrawal = (restoration: Restoration | null): boolean =>
  restoration?.withdrawn?.confirmedAt === null
