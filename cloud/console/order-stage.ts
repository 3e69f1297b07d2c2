import { isApprover, type OrderState } from '../core/ports.ts'
import type { OrderDocument, UserDocument } from '../http/documents.ts'
import type { TextKey } from './text/dictionary.ts'

/** How an order stands, for its colour: `wait` for people, `move`, `done`, `alarm` (a person must look), `over`. */
export type Tone = 'wait' | 'move' | 'done' | 'alarm' | 'over'

const TONES: Readonly<Record<OrderState, Tone>> = {
  drafted: 'wait',
  'approved-once': 'wait',
  approved: 'move',
  issued: 'move',
  received: 'move',
  accepted: 'move',
  executed: 'move',
  'effect-verified': 'done',
  refused: 'alarm',
  ineffective: 'alarm',
  undeliverable: 'alarm',
  watched: 'done',
  restored: 'over',
  closed: 'over',
  cancelled: 'over',
  expired: 'over',
}
export const toneOf = (state: OrderState): Tone => TONES[state]

/** An order that waits for an approval. */
export const isWaiting = (state: OrderState): boolean => TONES[state] === 'wait'

/** An order that is still under way. */
export const isOpen = (state: OrderState): boolean => TONES[state] === 'wait' || TONES[state] === 'move'

/** The way of an order that goes well, in order. */
export const STEPS = [
  'drafted',
  'approved-once',
  'approved',
  'issued',
  'received',
  'accepted',
  'executed',
  'effect-verified',
  'watched',
] as const satisfies readonly OrderState[]

/** Who must act in each state; `null`: nobody. */
const ACTORS: Readonly<Record<OrderState, TextKey | null>> = {
  drafted: 'order.actor.approver',
  'approved-once': 'order.actor.approver',
  approved: 'order.actor.system',
  issued: 'order.actor.supplier',
  received: 'order.actor.supplier',
  accepted: 'order.actor.supplier',
  executed: 'order.actor.system',
  'effect-verified': null,
  refused: 'order.actor.head',
  ineffective: 'order.actor.head',
  undeliverable: 'order.actor.head',
  watched: 'order.actor.system',
  restored: null,
  closed: null,
  cancelled: null,
  expired: null,
}
export const actorOf = (state: OrderState): TextKey | null => ACTORS[state]

/** Whether one word of this person sends the order: a duty officer's, under a standing authorisation. */
export const mayConfirm = (order: OrderDocument, user: UserDocument): boolean =>
  user.role === 'duty-officer' && order.standing !== null && order.standing.problems.length === 0

/** Whether a duty officer's one word would send it. */
export const waitsForConfirmation = ({ state, standing }: OrderDocument): boolean =>
  isWaiting(state) && standing !== null && standing.problems.length === 0

/** Why this person may not approve this order now; `null` when it may. The server decides; this spares a refusal. */
export function approvalObstacle(order: OrderDocument, user: UserDocument | null, nowMs: number): TextKey | null {
  if (Date.parse(order.validUntil) <= nowMs) return 'order.why.expired'
  if (order.gates.some((gate) => !gate.passed)) return 'order.why.gates'
  if (user === null) return 'order.why.signIn'
  if (!isApprover(user.role)) return 'order.why.viewer'
  if (order.approvals.some((approval) => approval.user === user.id)) return 'order.why.self'
  if (mayConfirm(order, user)) return null
  if (order.approvals.some((approval) => approval.department === user.department)) return 'order.why.department'
  if (order.approvals.length > 0 && ![...order.approvals, user].some(({ role }) => role === 'head'))
    return 'order.why.head'
  return null
}

/** The last step that the order's own timeline shows it reached; ended orders stand where they were stopped. */
export function stepReached(order: OrderDocument): number {
  const seen = new Set<string>([order.state, ...order.timeline.map((entry) => entry.what)])
  // The story tells of each supply point; one that was cut means that the order was carried out.
  if (seen.has('point-executed')) seen.add('executed')
  return STEPS.findLastIndex((step) => seen.has(step))
}

/** The order of a site that is under way, else its newest. */
export function orderOfSite(orders: ReadonlyMap<string, OrderDocument>, site: string): OrderDocument | undefined {
  const own = newestFirst([...orders.values()].filter((order) => order.site === site))
  return own.find((order) => isOpen(order.state)) ?? own[0]
}

/** Newest draft first. */
export const newestFirst = (orders: readonly OrderDocument[]): OrderDocument[] =>
  [...orders].sort((a, b) => b.draftedAt.localeCompare(a.draftedAt) || b.sequence - a.sequence)
