import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import { isApprover, type User } from '../ports.ts'
import { CALLED, type Called, type CallKind, type CallRules, type CallState } from './authority-state.ts'
import { ESCALATING } from './escalating.ts'
import type { Order, OrderEvent } from './order.ts'
import { note } from './order-text.ts'
import { type Step, stepped, UNCHANGED } from './step.ts'
import { awaitsVeto } from './veto.ts'

/**
 * Who must act next, and since when. A call is about one thing; as long as nobody does it, it goes to the next higher
 * people: officer, head, county. It ends when somebody acts: the order then asks for another thing, or for nothing.
 */
export const DEFAULT_CALL_RULES: CallRules = { headAfterMs: 5 * 60_000, countyAfterMs: 15 * 60_000 }

/** Who is called for a thing at a level. */
export const calledAt = (kind: CallKind, level: number): Called =>
  level === 0 && (kind === 'confirm' || kind === 'veto') ? 'duty-officer' : (CALLED[level] ?? 'county')

/** What people must do for an order as it stands; `null`: nothing. */
function wanted(order: Order, carried: boolean): CallKind | null {
  if (order.state === 'approved-once') return carried ? 'confirm' : 'approve-second'
  if (order.state !== 'drafted') return null
  if (order.veto && awaitsVeto(order)) return 'veto'
  return carried ? 'confirm' : 'approve'
}

/** What happened longer ago calls nobody any more: a shift has read it. */
const LOOK_WITHIN_MS: Millis = 24 * 3_600_000

/** The place in the story of the newest thing that people must look at, when nobody has acted on the order since. */
function unseen(story: readonly OrderEvent[], now: Instant): number | null {
  const at = story.findLastIndex(({ what }) => ESCALATING.has(what))
  if (at < 0 || now - (story[at]?.at ?? 0) > LOOK_WITHIN_MS) return null
  const byPerson = ({ actor }: OrderEvent) => actor !== 'system' && !actor.startsWith('supplier:')
  return story.slice(at + 1).some(byPerson) ? null : at
}

/** The call that an order should have now. */
function due(
  order: Order,
  carried: boolean,
  story: readonly OrderEvent[],
  now: Instant,
  rules: CallRules,
): CallState | null {
  const kind = wanted(order, carried)
  const event = kind === null ? unseen(story, now) : null
  if (kind === null && event === null) return null
  const thing = kind ?? 'look'
  const known = order.call?.kind === thing && order.call.event === event ? order.call : null
  const since = known?.since ?? now
  const levels = [since, since + rules.headAfterMs, since + rules.countyAfterMs].map(instant)
  const reached = levels.findLastIndex((at) => now >= at)
  // It never comes down again, whatever the clock does.
  const level = Math.max(reached, known?.level ?? 0)
  return { kind: thing, since, level, nextAt: levels[level + 1] ?? null, event }
}

/** A person has looked at what was called for: that ends a call to look, and no other. */
export function seeCall(order: Order, by: User, now: Instant): Step {
  if (!isApprover(by.role)) return { kind: 'refused', code: 'not-allowed', detail: `${by.id} may not`, actor: by.id }
  if (order.call?.kind !== 'look') return UNCHANGED
  return stepped(order, { call: null }, { at: now, actor: by.id, what: 'seen', notes: [] })
}

/**
 * Calls, calls higher, or stops calling. @param carried whether a standing authorisation is in force for the order
 */
export function passCall(
  order: Order,
  carried: boolean,
  story: readonly OrderEvent[],
  now: Instant,
  rules: CallRules,
): Step {
  const before = order.call ?? null
  const next = due(order, carried, story, now, rules)
  if (next === null) return before === null ? UNCHANGED : settled(order, now)
  if (before?.kind === next.kind && before.level === next.level && before.event === next.event) return UNCHANGED
  const notes = [note('call-who', { who: calledAt(next.kind, next.level) }), note('call-for', { call: next.kind })]
  return stepped(order, { call: next }, { at: now, actor: 'system', what: 'called', notes })
}

const settled = (order: Order, now: Instant): Step =>
  stepped(order, { call: null }, { at: now, actor: 'system', what: 'call-ended', notes: [] })

/** Whether asking for calls can bring anything: not for an order that ended long ago. */
export const mayNeedCall = (order: Order, now: Instant): boolean =>
  order.endedAt === null || order.call != null || now - order.endedAt <= LOOK_WITHIN_MS
