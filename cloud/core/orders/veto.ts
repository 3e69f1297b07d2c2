import type { Reason } from '@minewarden/protocol/finding.ts'
import { classOf } from '@minewarden/protocol/load-class.ts'
import { MIN_VETO_SECONDS } from '@minewarden/protocol/standing.ts'
import { type Instant, instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'
import { isApprover, type User } from '../ports.ts'
import { isVetoLawful, standingProblemsOf } from './carriage.ts'
import type { GateFacts } from './gates/gate.ts'
import { askGates } from './gates.ts'
import type { Order } from './order.ts'
import { note } from './order-text.ts'

import { type Step, stepped, UNCHANGED } from './step.ts'

/**
 * The veto window: where a county's law allows it, an order under a standing authorisation goes out by itself when it
 * was open to everybody's no for so long. One red gate at its end ends it for good: then people must decide. It counts
 * only while the fleet manager runs and its pages can be used: after a stop it begins anew.
 */
const WAITING: ReadonlySet<string> = new Set(['drafted', 'approved-once'])

/** Whether a window could run for this order now: the county has one, and nobody ended it. */
export const awaitsVeto = (order: Order): boolean =>
  WAITING.has(order.state) &&
  order.content.vetoWindow !== undefined &&
  order.content.standing !== undefined &&
  (order.veto ?? null)?.over == null

/** What stands against letting it run, or against its end: every gate and the authorisation, asked at this moment. */
function obstacles(order: Order, facts: GateFacts): Reason[] {
  const red = askGates(order, facts, 'draft').filter(({ passed }) => !passed)
  const notA = order.content.supplyPoints.filter((point) => classOf(point, facts.now) !== 'A')
  return [
    ...(isVetoLawful(order, facts) ? [] : [note('veto-changed')]),
    ...red.flatMap(({ problems }) => problems),
    ...notA.map(({ id }) => note('standing-not-class-a', { point: id })),
    ...standingProblemsOf(order, facts),
  ]
}

const windowMs = (order: Order): Millis =>
  Math.max(order.content.vetoWindow?.seconds ?? Number.POSITIVE_INFINITY, MIN_VETO_SECONDS) * 1000

/** The window begins, or begins anew after a stop of the fleet manager. */
export function beginVeto(order: Order, facts: GateFacts): Step {
  if (!awaitsVeto(order) || obstacles(order, facts).length > 0) return UNCHANGED
  const until = instant(facts.now + windowMs(order))
  // Too late to end before the order does: people decide.
  if (until >= order.validUntil) return UNCHANGED
  const ground = order.content.vetoWindow?.ground ?? ''
  const notes = [note('veto-until', { until: isoTime(until), ground })]
  const event = { at: facts.now, actor: 'system', what: 'veto-begins', notes }
  return stepped(order, { veto: { until, passedAt: null, over: null } }, event)
}

/** @param ranMs how long it has run without a break, by a clock that nobody can set */
export function endVeto(order: Order, facts: GateFacts, ranMs: Millis): Step {
  const { veto } = order
  if (!veto || !awaitsVeto(order) || facts.now < veto.until || ranMs < windowMs(order)) return UNCHANGED
  const wrong = obstacles(order, facts)
  const event = (what: string, notes: readonly Reason[]) => ({ at: facts.now, actor: 'system', what, notes })
  if (wrong.length > 0) {
    const over = { at: facts.now, by: 'system', reason: 'a gate was red at its end' }
    return stepped(order, { veto: { ...veto, over } }, event('veto-lapsed', wrong))
  }
  const standing = order.content.standing?.id ?? ''
  const passed = event('approved', [note('under-standing', { standing })])
  return stepped(order, { veto: { ...veto, passedAt: facts.now }, state: 'approved' }, passed, ['sign'])
}

/** Somebody says no. The order stays, for people to approve or to cancel. */
export function refuseVeto(order: Order, by: User, reason: string, now: Instant): Step {
  const refuse = (code: 'not-allowed' | 'order-conflict', detail: string): Step => ({
    kind: 'refused',
    code,
    detail,
    actor: by.id,
  })
  if (!isApprover(by.role)) return refuse('not-allowed', `${by.id} may not veto`)
  if (!order.veto || !awaitsVeto(order)) return refuse('order-conflict', 'no veto window runs for this order')
  const over = { at: now, by: by.id, reason }
  const notes = [note('veto-refused', { name: by.name, reason })]
  return stepped(order, { veto: { ...order.veto, over } }, { at: now, actor: by.id, what: 'vetoed', notes })
}
