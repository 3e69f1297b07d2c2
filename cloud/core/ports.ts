import type { ProofKind } from '@minewarden/protocol/approval-proof.ts'
import type {
  AfterCutFinding,
  EventFinding,
  Finding,
  Reason,
  SiteState,
  StateFinding,
} from '@minewarden/protocol/finding.ts'
import type { GatewayId, OrderId, SensorId, SiteId, SupplierId, UserId } from '@minewarden/protocol/ids.ts'
import type { KeySet } from '@minewarden/protocol/jws.ts'
import type { Approval, OrderContent } from '@minewarden/protocol/order.ts'
import type { Reading, ReadingKind } from '@minewarden/protocol/reading.ts'
import type { GasCheck } from '@minewarden/protocol/restoration.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { StepEntry } from './law/record.ts'
import type { Called, CallState, Veto } from './orders/authority-state.ts'
import type { CutReport, Effect, Stop, Watch } from './orders/progress.ts'
import type { Restoration, RestorationAsked } from './orders/restoration-record.ts'
import type { LegalView, PeopleView, SiteRecord } from './orders/site-record.ts'
import type { GivenProof, ProofQuestion } from './proof-question.ts'

/** What the parts of the fleet manager need of each other, declared by who needs it. */

/** Four methods, fields first. pino stands behind it. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/** A committed reading as journal consumers (history, detection) see it. */
export interface JournalRow {
  /** Position in the journal; a consumer's persisted offset is the last one it has dealt with. */
  readonly offset: number
  readonly gateway: GatewayId
  readonly receivedAt: Instant
  /** Sent late (`is_historical`). */
  readonly historical: boolean
  readonly reading: Reading
}

/** Committed readings of a stretch of time, while the journal still has them. */
export interface JournalWindow {
  /** Oldest first; of more than `limit` the newest. It looks a bounded way back from the journal's end. */
  rowsOf(window: {
    readonly gateways: readonly GatewayId[]
    /** Of measurement, both included. */
    readonly from: Instant
    readonly to: Instant
    /** `null`: all. */
    readonly kinds: readonly ReadingKind[] | null
    readonly limit: number
  }): readonly JournalRow[]
}

/** Time series, written from the journal, read by pages. `null` values are missing. */
export interface History {
  write(rows: readonly JournalRow[]): Promise<void>
  query(question: HistoryQuestion): Promise<HistorySeries[]>
  /** Drops what is older than the retention. */
  prune(now: Instant): Promise<void>
  close(): Promise<void>
}
export interface HistoryQuestion {
  readonly gateway: GatewayId
  readonly sensor: SensorId
  readonly kind: ReadingKind
  /** Field names of that kind. */
  readonly fields: readonly string[]
  readonly from: Instant
  readonly to: Instant
  /** The series is thinned to at most this many points, keeping minimum and maximum. */
  readonly maxPoints: number
}
export interface HistorySeries {
  readonly field: string
  readonly channel: string | null
  readonly timesMs: readonly number[]
  readonly values: readonly (number | string | null)[]
}

/** A site as the pages show it. */
export interface SiteView {
  readonly id: SiteId
  readonly name: string
  readonly state: SiteState
  readonly probability: number
  readonly since: Instant | null
  readonly because: StateFinding['because']
  readonly site: Site
  readonly gateways: readonly GatewayView[]
  readonly lastEvent: EventFinding | null
}
export interface GatewayView {
  readonly id: GatewayId
  readonly online: boolean
  readonly since: Instant | null
  /** Time of the newest committed reading. */
  readonly lastReadingAt: Instant | null
  readonly sensors: readonly { readonly id: SensorId; readonly online: boolean; readonly state: string }[]
}

export interface SitesService {
  list(): SiteView[]
  get(id: SiteId): SiteView | null
  /** Newest first. */
  findings(id: SiteId, limit: number): Finding[]
}

/** A signed-in person. */
export interface User {
  readonly id: UserId
  readonly name: string
  readonly department: string
  /** See {@link ROLES}. */
  readonly role: Role
  /** Level of the department; absent where the configuration lists no departments. */
  readonly level?: DepartmentLevel
  /** Whether the department is the competent one (主管部门) for cutting power. */
  readonly competent?: boolean
}

/**
 * `viewer` reads; `legal-reviewer` records what the law asks for, and approves nothing; `officer`, `duty-officer` and
 * `head` approve, two of different departments; a `duty-officer` may confirm an order under a standing authorisation.
 */
export const ROLES = ['viewer', 'legal-reviewer', 'officer', 'duty-officer', 'head'] as const
export type Role = (typeof ROLES)[number]
/** Whether this role may approve, stop and cancel. */
export const isApprover = (role: Role): role is 'officer' | 'duty-officer' | 'head' =>
  role === 'officer' || role === 'duty-officer' || role === 'head'

export const DEPARTMENT_LEVELS = ['province', 'prefecture', 'county', 'township', 'village'] as const
export type DepartmentLevel = (typeof DEPARTMENT_LEVELS)[number]

export interface Sessions {
  /** Exchanges a one-time sign-in token for a session secret (a cookie's value); `null` when used, unknown or expired. */
  redeem(token: string): Promise<{ secret: string; user: User; expiresAt: Instant } | null>
  userOf(secret: string): Promise<User | null>
  end(secret: string): Promise<void>
}

export const ORDER_STATES = [
  'drafted',
  'approved-once',
  'approved',
  'issued',
  'received',
  'accepted',
  'refused',
  'executed',
  'effect-verified',
  'ineffective',
  'watched',
  'restored',
  'closed',
  'cancelled',
  'expired',
  'undeliverable',
] as const
export type OrderState = (typeof ORDER_STATES)[number]

/** States that an order never leaves: each order reaches exactly one of them. */
export const ORDER_ENDS = [
  'refused',
  'cancelled',
  'expired',
  'undeliverable',
  'restored',
  'closed',
] as const satisfies readonly OrderState[]

/** States in which something can still be cut under the order: while it is in one, its site gets no other order. */
export const ORDER_HOLDS = [
  'drafted',
  'approved-once',
  'approved',
  'issued',
  'received',
  'accepted',
  'executed',
  'effect-verified',
  'ineffective',
] as const satisfies readonly OrderState[]

/** An order as the pages show it. */
export interface OrderView {
  readonly id: OrderId
  /** The order's number: unique for the issuer, counted upwards. */
  readonly sequence: number
  readonly site: SiteId
  readonly supplier: SupplierId
  readonly state: OrderState
  readonly draftedAt: Instant
  readonly validUntil: Instant
  readonly because: StateFinding['because']
  readonly supplyPoints: readonly {
    readonly id: string
    readonly supplier: string
    readonly location: string
    readonly loadClass: string
    /** Whether a meter of the site shows it; else people on site report what they see. */
    readonly metered: boolean
    readonly result: string | null
    /** When the supplier says that the switch moved, bounded by when we knew. */
    readonly executedAt: Instant | null
    /** The newest reply to a selection of the point; `null`: it was not selected yet. */
    readonly selected: {
      readonly at: Instant
      readonly granted: boolean
      readonly validUntil: Instant | null
      readonly because: readonly Reason[]
      readonly ticket: string
      readonly operator: string
      readonly supervisor: string
    } | null
  }[]
  /** Each gate with what it found; an order with a red gate cannot be approved. */
  readonly gates: readonly { readonly code: string; readonly passed: boolean; readonly problems: readonly Reason[] }[]
  readonly approvals: readonly {
    readonly user: UserId
    readonly name: string
    readonly department: string
    readonly role: Approval['role']
    readonly at: Instant
    /** How the person proved to be present; `null` in records from before proofs were kept. */
    readonly proof: ProofKind | null
  }[]
  readonly legal: LegalView
  readonly people: PeopleView
  /** The whole story, oldest first. */
  readonly timeline: readonly { readonly at: Instant; readonly what: string; readonly notes: readonly Reason[] }[]
  /** What is asked, as the approver approves it and the supplier reads it. */
  readonly document: OrderContent
  /** SHA-256 of the canonical JSON of `document`, hexadecimal: what an approver approves. */
  readonly documentSha256: string
  readonly stopped: Stop | null
  readonly effect: Effect | null
  readonly watch: Watch | null
  readonly restoration: Restoration | null
  /** The standing authorisation that it was drafted under, and what stands against its use now; `null` without one. */
  readonly standing: { readonly id: string; readonly problems: readonly Reason[] } | null
  readonly veto: Veto | null
  /** Who must act; `null`: nobody. */
  readonly call: (CallState & { readonly who: Called }) | null
  readonly issuedAt: Instant | null
  readonly endedAt: Instant | null
}

export interface OrdersService {
  list(): OrderView[]
  get(id: OrderId): OrderView | null
  /**
   * A person's approval of exactly the document with this hash; the second one issues the order.
   * @throws CloudError `order-conflict` (state, hash), `order-unsafe` (a red gate), `not-allowed` (viewer, same user,
   *   same department, no head among the two), `not-found`
   */
  approve(id: OrderId, by: User, documentSha256: string, given?: GivenProof): Promise<OrderView>
  /** How this person may prove to be present for this order as it stands. @throws CloudError `not-found` */
  question(id: OrderId, by: User): Promise<ProofQuestion>
  /** Says no while a veto window runs. @throws CloudError `order-conflict`, `not-allowed`, `request-invalid` */
  veto(id: OrderId, by: User, reason: string): Promise<OrderView>
  /** This person has looked at what was called for. @throws CloudError `not-allowed`, `not-found` */
  seen(id: OrderId, by: User): Promise<OrderView>
  /** Until the order is issued. @throws CloudError `order-conflict`, `not-allowed`, `not-found`, `request-invalid` */
  cancel(id: OrderId, by: User, reason: string): Promise<OrderView>
  /**
   * At once and at every moment before it is carried out: no permission is given from here on, and the supplier is told.
   * @throws CloudError `order-conflict`, `not-allowed`, `not-found`, `request-invalid`
   */
  stop(id: OrderId, by: User, reason: string): Promise<OrderView>
  /**
   * What an official does about the document that gives the power back.
   * @throws CloudError `order-conflict`, `order-unsafe`, `not-allowed`, `not-found`, `request-invalid`
   */
  restore(id: OrderId, by: User, what: RestorationAct): Promise<OrderView>
  /** What people on site saw of a point without a meter. @throws CloudError `order-conflict`, `not-allowed`, `not-found` */
  reportCut(id: OrderId, by: User, report: CutReport): Promise<OrderView>
  /** Ends the watch of a cut site. @throws CloudError `order-conflict`, `not-allowed`, `not-found`, `request-invalid` */
  close(id: OrderId, by: User, reason: string): Promise<OrderView>
  /**
   * A signed answer (compact JWS, `application/jose`) from a supplier. Idempotent: an answer that was seen before
   * changes nothing and is not an error.
   * @throws CloudError `answer-untrusted`, `order-conflict` (of another document), `not-found`
   */
  answer(supplier: string, jws: string): Promise<AnswerTaken>
  /** Keys that verify our orders. */
  jwks(): { readonly keys: readonly object[] }
  /** Fed by detection (every change of state, `reopened` or not); drafts, and holds open drafts to the evidence. */
  onState(finding: StateFinding, site: Site): Promise<void>
  /** Fed by detection: what goes on at a site that was cut. */
  onAfterCut(finding: AfterCutFinding): Promise<void>
  /**
   * What a person records of the law and of people below ground.
   * @throws CloudError `order-unsafe` (what is wrong with it), `order-conflict` (state), `not-allowed`, `not-found`
   */
  record(id: OrderId, by: User, what: SiteRecord): Promise<OrderView>
  /** What was done in law for a site before there is an order: its next draft takes it over. @throws CloudError `not-found` */
  legalOf(site: SiteId): LegalView
  /** @throws CloudError `order-unsafe` (what is wrong with it), `not-allowed`, `not-found` */
  recordLegal(site: SiteId, by: User, entry: StepEntry): Promise<LegalView>
  /** Fed with what was found at a site: a blast, or anything else that was felt. */
  onEvent(finding: EventFinding): Promise<void>
  /** Fed with committed readings; others than of power are ignored. Verifies effects. */
  onReading(row: JournalRow): void
}

export type RestorationAct =
  | { readonly kind: 'draft'; readonly asked: RestorationAsked }
  | { readonly kind: 'approve'; readonly documentSha256: string; readonly proof?: GivenProof }
  | { readonly kind: 'gas-check'; readonly check: Omit<GasCheck, 'recordedBy' | 'recordedAt'> }
  | { readonly kind: 'cancel'; readonly reason: string }

/** What came of an answer. */
export interface AnswerTaken {
  readonly order: OrderView
  /** The signed reply to a selection: permission or refusal, a compact JWS; `null` for other answers. */
  readonly permission: string | null
}

/** One attempt to hand an order over. `answers` are compact JWS, unverified. */
export type Delivery =
  | { readonly kind: 'answered'; readonly answers: readonly string[] }
  | { readonly kind: 'failed'; readonly reason: string }

/** The way to the power company. HTTPS stands behind it; paper and message buses follow. */
export interface OrderAdapter {
  /** Never rejects but for an abort. The order's id is the idempotency key: sending twice is receiving once. */
  deliver(supplier: SupplierId, order: OrderId, jws: string, signal: AbortSignal): Promise<Delivery>
}

/** The keys that a supplier signs its answers with. */
export interface SupplierKeys {
  /** `kid` is the key looked for: a set that lacks it is fetched anew, at a bounded rate. Rejects when unreachable. */
  keysOf(supplier: SupplierId, kid: string): Promise<KeySet>
}

/** What changed, pushed to pages. */
export type LiveEvent =
  | { readonly kind: 'site'; readonly site: SiteView }
  | { readonly kind: 'event'; readonly event: EventFinding; readonly number?: number }
  | { readonly kind: 'order'; readonly order: OrderView }
  | { readonly kind: 'reading'; readonly site: SiteId; readonly gateway: GatewayId; readonly reading: Reading }

export interface Live {
  publish(event: LiveEvent): void
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: LiveEvent) => void): () => void
}
