import type { Reason, SiteState } from '@minewarden/protocol/finding.ts'
import type { SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { User } from '../ports.ts'
import type { EffectVerdict } from './effect.ts'
import type { GateFacts } from './gates/gate.ts'
import { isEnded, type Order, type OrderEvent, type OrderRules } from './order.ts'

/** What can happen to an order. */
export type OrderInput =
  | { readonly kind: 'approve'; readonly by: User; readonly documentSha256: string; readonly facts: GateFacts }
  | { readonly kind: 'cancel'; readonly by: User; readonly reason: string; readonly now: Instant }
  /** The site was judged anew, on measurements up to `measuredAt`. */
  | { readonly kind: 'judged'; readonly state: SiteState; readonly measuredAt: Instant; readonly now: Instant }
  /** The approved order was signed with `issuedAt`; it counts as issued only if the gates are still green. */
  | { readonly kind: 'signed'; readonly jws: string; readonly issuedAt: Instant; readonly facts: GateFacts }
  /** An attempt to hand it over failed. Only a reason that differs from the last is news. */
  | { readonly kind: 'undelivered'; readonly problem: string; readonly now: Instant }
  /** A verified answer of the order's supplier. */
  | { readonly kind: 'answer'; readonly answer: SupplierAnswer; readonly now: Instant }
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
export type OrderEffect = 'sign' | 'deliver' | 'watch-effect'

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
export function stepped(order: Order, change: Partial<Order>, event: OrderEvent, effects: OrderEffect[] = []): Step {
  const ended = isEnded(change.state ?? order.state)
  return {
    kind: 'stepped',
    order: { ...order, ...change, version: order.version + 1, endedAt: ended ? (order.endedAt ?? event.at) : null },
    events: [event],
    effects,
  }
}

export const UNCHANGED: Step = { kind: 'unchanged' }
