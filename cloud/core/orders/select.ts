import type { Reason } from '@minewarden/protocol/finding.ts'
import { classOf } from '@minewarden/protocol/load-class.ts'
import { MAX_PERMISSION_MS, MAX_SELECTIONS, type OperatePermission } from '@minewarden/protocol/permission.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import type { GateFacts } from './gates/gate.ts'
import { askGates } from './gates.ts'
import { isEnded, type Order } from './order.ts'
import { note } from './order-text.ts'
import { confirmedUntil } from './people.ts'
import type { Permission, SelectedAnswer } from './progress.ts'
import { type Step, stepped, UNCHANGED } from './step.ts'

/**
 * Select before operate: a signed order alone operates nothing. The supplier makes one supply point ready and says so;
 * only then, with what is known at that moment, is it decided whether it may move the switch. The reply is bounded in
 * time, of this selection alone, and written down before it goes out.
 */
export type Decision =
  | { readonly granted: true; readonly validUntil: Instant }
  | { readonly granted: false; readonly because: readonly [Reason, ...Reason[]]; readonly mayAskAgain: boolean }

const never = (...because: [Reason, ...Reason[]]): Decision => ({ granted: false, because, mayAskAgain: false })
const later = (...because: [Reason, ...Reason[]]): Decision => ({ granted: false, because, mayAskAgain: true })

/** Whether a selected point may be operated now. */
export function decideSelection(order: Order, answer: SelectedAnswer, facts: GateFacts): Decision {
  const { supplyPoint: point, selection } = answer
  return (
    overProblem(order, point, facts.now) ??
    selectionProblem(order, point, selection, facts.now) ??
    gateProblem(order, answer, facts) ?? { granted: true, validUntil: permittedUntil(order, facts, point) }
  )
}

/** No permission outlives the order, nor the word of people below ground that it rests on. */
function permittedUntil(order: Order, { now, rules }: GateFacts, selected: string): Instant {
  const point = order.content.supplyPoints.find(({ id }) => id === selected)
  const waits = point !== undefined && classOf(point, now) !== 'A'
  const bound = waits ? Math.min(order.validUntil, confirmedUntil(order.people)) : order.validUntil
  return instant(Math.min(now + Math.min(rules.selectTimeoutMs, MAX_PERMISSION_MS), bound))
}

/** What no waiting mends. */
function overProblem(order: Order, point: string, now: Instant): Decision | null {
  if (order.stopped) return never(note('stopped-by', { name: order.stopped.name, reason: order.stopped.reason }))
  if (order.lapsedAt !== null || now >= order.validUntil) {
    return never(note('past-validity', { at: isoTime(order.validUntil) }))
  }
  const underWay = order.state === 'issued' || order.state === 'received' || order.state === 'accepted'
  if (isEnded(order.state) || !underWay) return never(note('not-under-way', { state: order.state }))
  const known = order.points.find(({ id }) => id === point)
  if (!known) return never(note('point-unknown', { point }))
  return known.result === null ? null : never(note('point-done', { point }))
}

function selectionProblem(order: Order, point: string, selection: number, now: Instant): Decision | null {
  const own = order.permissions.filter((one) => one.point === point)
  if (own.filter(({ granted }) => granted).length >= MAX_SELECTIONS) return never(note('selected-too-often', { point }))
  const newest = own.at(-1)
  if (newest && selection <= newest.selection) return later(note('selection-old', { point, selection }))
  const inForce = own.find((one) => one.granted && one.validUntil !== null && now < one.validUntil && now >= one.at)
  if (!inForce) return null
  return later(note('already-permitted', { point, until: isoTime(inForce.validUntil ?? now) }))
}

function gateProblem(order: Order, { supplyPoint }: SelectedAnswer, facts: GateFacts): Decision | null {
  const red = askGates(order, facts, 'select', supplyPoint).flatMap(({ passed, code, problems }) =>
    passed ? [] : [note('at-select', { gate: code }), ...problems],
  )
  const [first, ...more] = red
  return first ? later(first, ...more) : null
}

/** The reply as it is signed. */
export function permissionDocument(order: Order, answer: SelectedAnswer, decision: Decision, now: Instant) {
  const about = {
    type: 'operate-permission',
    version: 1,
    order: answer.order,
    orderSha256: answer.orderSha256,
    supplier: order.supplier,
    supplyPoint: answer.supplyPoint,
    selection: answer.selection,
    selectedAt: answer.at,
    at: isoTime(now),
  } as const
  if (decision.granted) {
    return { ...about, granted: true, validUntil: isoTime(decision.validUntil) } satisfies OperatePermission
  }
  const { because, mayAskAgain } = decision
  return { ...about, granted: false, because: because.slice(0, 64), mayAskAgain } satisfies OperatePermission
}

/** The reply that this very selection got, if it still says what would be said now. */
export function repliedBefore(order: Order, answer: SelectedAnswer, now: Instant): Permission | null {
  const known = order.permissions.find(
    ({ point, selection }) => point === answer.supplyPoint && selection === answer.selection,
  )
  if (!known?.granted || known.validUntil === null || now >= known.validUntil || now < known.at) return null
  return overProblem(order, answer.supplyPoint, now) === null ? known : null
}

interface Selected {
  readonly answer: SelectedAnswer
  readonly permission: OperatePermission
  readonly jws: string
  readonly sha256: string
  readonly facts: GateFacts
}

/** Writes a signed reply down; one that says other than the gates say is refused, whoever signed it. */
export function takeSelection(order: Order, { answer, permission, jws, sha256, facts }: Selected): Step {
  const actor = `supplier:${answer.supplier}`
  const decision = decideSelection(order, answer, facts)
  if (decision.granted !== permission.granted) {
    return { kind: 'refused', code: 'order-unsafe', detail: 'the permission is not what the gates say', actor }
  }
  const { supplyPoint: point, selection, ticket, operator, supervisor } = answer
  const taken: Permission = {
    ...{ point, selection, at: facts.now, granted: decision.granted, ticket, operator, supervisor, jws, sha256 },
    validUntil: decision.granted ? decision.validUntil : null,
    because: decision.granted ? [] : decision.because,
  }
  const lastRefusal = order.permissions.findLast((one) => one.point === point && !one.granted)
  const kept = order.permissions.filter((one) => one !== lastRefusal || decision.granted)
  if (!decision.granted) {
    // A supplier asks again and again while people are underground: only another reason is news.
    if (isEnded(order.state) || (lastRefusal && sameCodes(lastRefusal.because, decision.because))) return UNCHANGED
    const event = {
      at: facts.now,
      actor,
      what: 'permission-refused',
      notes: [note('not-permitted', { point }), ...decision.because],
    }
    return stepped(order, { permissions: [...kept, taken] }, event)
  }
  const until = isoTime(decision.validUntil)
  const notes = [note('permitted', { point, until, ticket, operator, supervisor })]
  const event = { at: facts.now, actor, what: 'point-permitted', notes }
  return stepped(order, { permissions: [...kept, taken], state: 'accepted' }, event)
}

const sameCodes = (a: readonly Reason[], b: readonly Reason[]): boolean =>
  a.map(({ code }) => code).join() === b.map(({ code }) => code).join()
