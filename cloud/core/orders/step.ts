import type { ApprovalProof } from '@minewarden/protocol/approval-proof.ts'
import type { Reason, SiteState } from '@minewarden/protocol/finding.ts'
import type { SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { OperatePermission } from '@minewarden/protocol/permission.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { User } from '../ports.ts'
import type { CallRules } from './authority-state.ts'
import type { EffectVerdict } from './effect.ts'
import type { GateFacts } from './gates/gate.ts'
import { isEnded, type Order, type OrderEvent, type OrderRules } from './order.ts'
import type { CutReport, SelectedAnswer, WatchFact } from './progress.ts'
import type { RecordInput } from './record-input.ts'
import type { RestorationInput } from './restoration-input.ts'

/** What can happen to an order. */
export type OrderInput =
  | {
      readonly kind: 'approve'
      readonly by: User
      readonly documentSha256: string
      /** How the approver proved to be present, checked; absent where nobody asks. */
      readonly proof?: ApprovalProof
      readonly facts: GateFacts
    }
  /** The veto window of an order under a standing authorisation begins, ends, or somebody says no. */
  | { readonly kind: 'veto-begins'; readonly facts: GateFacts }
  | { readonly kind: 'veto-ends'; readonly facts: GateFacts; readonly ranMs: Millis }
  | { readonly kind: 'veto'; readonly by: User; readonly reason: string; readonly now: Instant }
  /** Whom to call is asked anew; or a person has looked at what was called for. */
  | {
      readonly kind: 'call'
      readonly facts: GateFacts
      readonly story: readonly OrderEvent[]
      readonly callRules: CallRules
    }
  | { readonly kind: 'seen'; readonly by: User; readonly now: Instant }
  | { readonly kind: 'cancel'; readonly by: User; readonly reason: string; readonly now: Instant }
  /** No further permission, at once. Before the issue it is a cancellation. */
  | { readonly kind: 'stop'; readonly by: User; readonly reason: string; readonly now: Instant }
  /** What people record of the law and of people below ground, and what sensors say against it. */
  | RecordInput
  /** The site was judged anew, on measurements up to `measuredAt`. */
  | { readonly kind: 'judged'; readonly state: SiteState; readonly measuredAt: Instant; readonly now: Instant }
  /** The approved order was signed with `issuedAt`; it counts as issued only if the gates are still green. */
  | { readonly kind: 'signed'; readonly jws: string; readonly issuedAt: Instant; readonly facts: GateFacts }
  /** An attempt to hand it over failed. Only a reason that differs from the last is news. */
  | { readonly kind: 'undelivered'; readonly problem: string; readonly now: Instant }
  /** A verified answer of the order's supplier. */
  | { readonly kind: 'answer'; readonly answer: SupplierAnswer; readonly now: Instant }
  /** The supplier selected a point, and this signed reply goes back: it counts only if it says what the gates say. */
  | {
      readonly kind: 'selected'
      readonly answer: SelectedAnswer
      readonly permission: OperatePermission
      readonly jws: string
      readonly sha256: string
      readonly facts: GateFacts
    }
  /** What was seen at a site that was cut, by its sensors. */
  | {
      readonly kind: 'after-cut'
      readonly fact: WatchFact
      readonly since: Instant
      readonly at: Instant
      readonly notes: readonly Reason[]
      readonly rules: OrderRules
    }
  /** Of the document that gives the power back. */
  | { readonly kind: 'restoration'; readonly what: RestorationInput }
  /** A person ends a watch: the matter is closed without the power being restored. */
  | { readonly kind: 'close'; readonly by: User; readonly reason: string; readonly now: Instant }
  /** People on site saw that a point without a meter is cut. */
  | { readonly kind: 'cut-report'; readonly by: User; readonly report: CutReport; readonly now: Instant }
  /** What the site's own meter says of a point that was executed. */
  | {
      readonly kind: 'measured'
      readonly point: SupplyPointId
      readonly verdict: EffectVerdict['verdict']
      readonly notes: readonly Reason[]
      readonly now: Instant
    }
  | { readonly kind: 'time'; readonly now: Instant; readonly rules: OrderRules }

/** What the shell does after the step was written down. */
export type OrderEffect =
  | 'sign'
  | 'deliver'
  | 'withdraw'
  | 'watch-effect'
  | 'sign-restoration'
  | 'deliver-restoration'
  | 'withdraw-restoration'

export type Step =
  | {
      readonly kind: 'stepped'
      readonly order: Order
      readonly events: readonly OrderEvent[]
      readonly effects: readonly OrderEffect[]
    }
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'refused'
      readonly code: 'not-allowed' | 'order-conflict' | 'order-unsafe'
      readonly detail: string
      /** Who was refused, as in the audit log. */
      readonly actor: string
    }

/**
 * The order as a step leaves it, with its story and its next work. A note on an order that has ended keeps its end.
 */
export function stepped(
  order: Order,
  change: Partial<Order>,
  event: OrderEvent | readonly [OrderEvent, ...OrderEvent[]],
  effects: OrderEffect[] = [],
): Step {
  const events = 'what' in event ? ([event] as const) : event
  const ended = isEnded(change.state ?? order.state)
  const endedAt = ended ? (order.endedAt ?? events[0].at) : null
  return { kind: 'stepped', order: { ...order, ...change, version: order.version + 1, endedAt }, events, effects }
}

export const UNCHANGED: Step = { kind: 'unchanged' }
