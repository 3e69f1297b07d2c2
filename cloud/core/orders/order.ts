import type { Reason, SiteState, StateFinding } from '@minewarden/protocol/finding.ts'
import type { GatewayId, OrderId, SensorId, SiteId, SupplierId, SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { Approval, OrderContent } from '@minewarden/protocol/order.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { LegalRecord } from '../law/record.ts'
import { ORDER_ENDS, ORDER_HOLDS, type OrderState } from '../ports.ts'
import type { CallState, Veto } from './authority-state.ts'
import type { PeopleRecord } from './people.ts'
import type { Effect, Permission, Stop, Watch } from './progress.ts'
import type { Restoration } from './restoration-record.ts'

/** One cut-off order as it is kept: plain data, written to the records after each step. */
export interface Order {
  readonly id: OrderId
  readonly sequence: number
  readonly site: SiteId
  readonly supplier: SupplierId
  readonly state: OrderState
  /** Counts the steps that were taken. */
  readonly version: number
  readonly content: OrderContent
  /** Of the canonical JSON of `content`. */
  readonly documentSha256: string
  readonly draftedAt: Instant
  readonly validUntil: Instant
  readonly evidence: OrderEvidence
  /** The finding that the order was drafted on, frozen: its hash stands in the document. */
  readonly finding: StateFinding
  readonly approvals: readonly Approval[]
  /** The law that it is judged by, and the legal steps; closed by the first approval. */
  readonly legal: LegalRecord
  readonly people: PeopleRecord
  /** The signed order, from the moment it is issued: the same bytes at every attempt to deliver it. */
  readonly jws: string | null
  readonly issuedAt: Instant | null
  readonly points: readonly OrderPoint[]
  /** Why the last attempt to deliver failed; `null` before the first, and once delivered. */
  readonly deliveryProblem: string | null
  readonly stopped: Stop | null
  /** Replies to selections, oldest first: every grant, and of each point the newest refusal. */
  readonly permissions: readonly Permission[]
  /** When it was first seen to be past its time after it was issued: a clock that is set back opens it to no one. */
  readonly lapsedAt: Instant | null
  /** `null` until every point has been measured, or has failed. */
  readonly effect: Effect | null
  readonly watch: Watch | null
  /** The newest; `null`: none was drafted. */
  readonly restoration: Restoration | null
  /** The window in which anybody may say no; absent where none began. */
  readonly veto?: Veto | null
  /** Who must act, and since when; absent or `null`: nobody. */
  readonly call?: CallState | null
  readonly endedAt: Instant | null
}

/** What the draft rests on, and how the site has been judged since. */
export interface OrderEvidence {
  /** Measured at. */
  readonly findingAt: Instant
  readonly late: boolean
  readonly independentKinds: readonly string[]
  /** The newest judgement of the site, by time of measurement. */
  readonly siteState: SiteState
  readonly siteStateAt: Instant
  /** The last moment at which the site was known to be `reopened`. */
  readonly reopenedAt: Instant
}

/** A supply point under an order: which meter shows it, and what became of it. */
export interface OrderPoint {
  readonly id: SupplyPointId
  readonly meter: { readonly gateway: GatewayId; readonly sensor: SensorId } | null
  readonly result: PointResult | null
}

/**
 * `executed`: the supplier says so, and nobody has measured it; `failed`: it says that it is not cut; `withdrawn`: not
 * cut, since the order was withdrawn. The others are what the site's own meter said of it after the execution, or people
 * on site (`seen`). `was-zero`: it reads zero, as it did before, so that it shows nothing.
 */
export interface PointResult {
  readonly kind: 'executed' | 'failed' | 'withdrawn' | 'zero' | 'seen' | 'was-zero' | 'loaded' | 'silent'
  /** From when the meter is asked: not before the order was issued, nor after the answer came. */
  readonly executedAt: Instant | null
  /** It was done without a permission of ours. */
  readonly unpermitted?: true
}

/** Times and limits of a county's orders. */
export interface OrderRules {
  /** From draft to `validUntil`. */
  readonly validityMs: Millis
  /** The same for an order that carries more than class A: siren and evacuation need their time. */
  readonly stagedValidityMs: Millis
  /** How long a site that is no longer `reopened` may still be cut on what was measured. */
  readonly evidenceMaxAgeMs: Millis
  /** No new draft for a site for so long after an order ended. */
  readonly coolDownMs: Millis
  /** How long after `validUntil` an answer that is still on its way is waited for. */
  readonly answerGraceMs: Millis
  /** Power and current must stay about zero for so long. */
  readonly effectHoldMs: Millis
  /** Still loaded so long after the execution: ineffective. */
  readonly effectTimeoutMs: Millis
  /** No reading of the meter for so long after the execution: ineffective, since not shown. */
  readonly silenceTimeoutMs: Millis
  /** How long a permission to operate a selected supply point is in force. */
  readonly selectTimeoutMs: Millis
  /** How long a cut site is watched; `null`: until the power is lawfully restored. */
  readonly watchMs: Millis | null
  /** `about zero`, per meter and per phase. */
  readonly zeroPowerW: number
  readonly zeroCurrentA: number
}

export const DEFAULT_RULES: OrderRules = {
  validityMs: 2 * 3_600_000,
  stagedValidityMs: 8 * 3_600_000,
  evidenceMaxAgeMs: 15 * 60_000,
  coolDownMs: 3_600_000,
  answerGraceMs: 10 * 60_000,
  effectHoldMs: 10_000,
  effectTimeoutMs: 5 * 60_000,
  silenceTimeoutMs: 3_600_000,
  selectTimeoutMs: 60_000,
  watchMs: 72 * 3_600_000,
  zeroPowerW: 50,
  zeroCurrentA: 0.2,
}

const ENDS: ReadonlySet<OrderState> = new Set(ORDER_ENDS)
export const isEnded = (state: OrderState): boolean => ENDS.has(state)

const HOLDS: ReadonlySet<OrderState> = new Set(ORDER_HOLDS)
/** Whether something can still be cut under an order in this state: its site then gets no other order. */
export const holdsSite = (state: OrderState): boolean => HOLDS.has(state)

/** A line of an order's story. `actor` as in the audit log. */
export interface OrderEvent {
  readonly at: Instant
  readonly actor: string
  readonly what: string
  /** What there is to say of it, as data. */
  readonly notes: readonly Reason[]
}
