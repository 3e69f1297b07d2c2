import type { Reason } from '@minewarden/protocol/finding.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { User } from '../ports.ts'
import { isEnded, type Order, type OrderRules } from './order.ts'
import { note } from './order-text.ts'
import type { Watch, WatchFact } from './progress.ts'
import { isReportedCut } from './standing.ts'
import { type Step, stepped, UNCHANGED } from './step.ts'

/**
 * After the cut: what was cut is watched for its time, and what is seen there (power from elsewhere, or back by itself)
 * is told, calls people, and makes the time run anew. A watched order no longer stands in the way of a new one.
 */

const HOUR_MS = 3_600_000

/** Takes an order whose effect is known on: to its watch, or to its end when nothing was cut. */
export function beginWatch(order: Order, now: Instant, rules: OrderRules): Step {
  if (!order.points.some(isReportedCut)) {
    return stepped(
      order,
      { state: 'closed' },
      { at: now, actor: 'system', what: 'closed', notes: [note('nothing-cut')] },
    )
  }
  const watch: Watch = { from: now, until: rules.watchMs === null ? null : instant(now + rules.watchMs), seen: [] }
  const notes = [
    watch.until === null
      ? note('watched-for-good')
      : note('watched-until', { hours: Math.round((watch.until - now) / HOUR_MS) }),
  ]
  return stepped(order, { state: 'watched', watch }, { at: now, actor: 'system', what: 'watched', notes })
}

/** Ends a watch whose time is over. */
export function passWatch(order: Order, now: Instant): Step {
  const until = order.watch?.until ?? null
  if (until === null || now < until) return UNCHANGED
  return stepped(order, { state: 'closed' }, { at: now, actor: 'system', what: 'closed', notes: [note('watch-over')] })
}

interface Seen {
  readonly fact: WatchFact
  readonly since: Instant
  readonly at: Instant
  readonly notes: readonly Reason[]
  readonly rules: OrderRules
}

/** Each fact is told once an hour while it goes on. */
const TELL_AGAIN_MS = 3_600_000
/** A site that cheats for months writes no story without end. */
const MAX_VERSION = 2_000

/** Something was seen at a cut site. Before its watch it belongs to the judgement of the effect, and is told too. */
export function noteAfterCut(order: Order, { fact, since, at, notes, rules }: Seen): Step {
  if (!order.points.some(isReportedCut) || order.version >= MAX_VERSION) return UNCHANGED
  const { watch } = order
  const known = watch?.seen.find((one) => one.fact === fact)
  if (known && at - known.at < TELL_AGAIN_MS) return UNCHANGED
  const event = { at, actor: 'system', what: `seen-${fact}`, notes }
  if (isEnded(order.state)) return UNCHANGED
  if (!watch) return stepped(order, {}, event)
  const seen = [...watch.seen.filter((one) => one.fact !== fact), { fact, at, since }]
  const until =
    watch.until === null || rules.watchMs === null ? null : instant(Math.max(watch.until, at + rules.watchMs))
  return stepped(order, { watch: { ...watch, seen, until } }, event)
}

/** A person closes the matter without the power being restored. */
export function closeWatch(order: Order, by: User, reason: string, now: Instant): Step {
  if (by.role !== 'head') {
    return { kind: 'refused', code: 'not-allowed', detail: `${by.id} may not close a watch: a head may`, actor: by.id }
  }
  if (order.state !== 'watched') {
    const detail = `an order that is ${order.state} cannot be closed`
    return { kind: 'refused', code: 'order-conflict', detail, actor: by.id }
  }
  const event = { at: now, actor: by.id, what: 'closed', notes: [note('text', { text: reason })] }
  return stepped(order, { state: 'closed' }, event)
}
