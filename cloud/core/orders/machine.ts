import type { Reason } from '@minewarden/protocol/finding.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { isApprover, type OrderState } from '../ports.ts'
import { takeAnswer } from './answers.ts'
import { tryApproval } from './approvals.ts'
import { askGates, describeRed } from './gates.ts'
import { isEnded, type Order, type OrderEvent, type OrderRules, type PointResult } from './order.ts'
import { type NoteCode, note } from './order-text.ts'
import { type OrderEffect, type OrderInput, type Step, stepped, UNCHANGED } from './step.ts'

/**
 * The life of an order: `(order, input) -> order and what to do next, or a refusal`. Pure: signing, sending and the
 * clock are outside and come back as inputs. An input that was already taken changes nothing, so that retries,
 * restarts and replays double no step; an order that has ended is never changed again.
 */
/** Takes one input. */
export function step(order: Order, input: OrderInput): Step {
  switch (input.kind) {
    case 'approve':
      return approve(order, input)
    case 'cancel':
      return cancel(order, input)
    case 'judged':
      return judge(order, input)
    case 'signed':
      return issue(order, input)
    case 'answer':
      return takeAnswer(order, input.answer, input.now)
    case 'undelivered':
      return noteProblem(order, input)
    case 'measured':
      return measure(order, input)
    case 'time':
      return passTime(order, input.now, input.rules)
  }
}

/** What has to be going on for an order in this state: asked after a restart. */
export function pendingEffect(order: Order): OrderEffect | null {
  if (order.state === 'approved') return 'sign'
  if (order.state === 'issued') return 'deliver'
  return order.state === 'executed' ? 'watch-effect' : null
}

const system = (at: Instant, what: string, ...notes: Reason[]): OrderEvent => ({ at, actor: 'system', what, notes })

type Input<K extends OrderInput['kind']> = Extract<OrderInput, { kind: K }>

const wrongState = (order: Order, actor: string, what: string): Step => ({
  kind: 'refused',
  code: 'order-conflict',
  detail: `an order that is ${order.state} cannot be ${what}`,
  actor,
})

function approve(order: Order, { by, documentSha256, facts }: Input<'approve'>): Step {
  if (order.state !== 'drafted' && order.state !== 'approved-once') return wrongState(order, by.id, 'approved')
  const red = describeRed(askGates(order, facts, 'draft'))
  if (red !== null) return { kind: 'refused', code: 'order-unsafe', detail: red, actor: by.id }
  const attempt = tryApproval(order.approvals, by, documentSha256, order.documentSha256, facts.now)
  if (!attempt.ok) return { kind: 'refused', code: attempt.code, detail: attempt.detail, actor: by.id }
  const approvals = [...order.approvals, attempt.approval]
  const { name, department, role } = attempt.approval
  const state: OrderState = order.state === 'drafted' ? 'approved-once' : 'approved'
  const event = { at: facts.now, actor: by.id, what: state, notes: [note('approver', { name, department, role })] }
  return stepped(order, { approvals, state }, event, state === 'approved' ? ['sign'] : [])
}

const CANCELLABLE: ReadonlySet<OrderState> = new Set(['drafted', 'approved-once', 'approved'])

/** Until it is issued: afterwards the supplier may hold it already, and only the supplier's answer ends it. */
function cancel(order: Order, { by, reason, now }: Input<'cancel'>): Step {
  if (!isApprover(by.role)) {
    return { kind: 'refused', code: 'not-allowed', detail: `${by.id} may not cancel`, actor: by.id }
  }
  if (!CANCELLABLE.has(order.state)) return wrongState(order, by.id, 'cancelled')
  return stepped(
    order,
    { state: 'cancelled' },
    { at: now, actor: by.id, what: 'cancelled', notes: [note('text', { text: reason })] },
  )
}

function judge(order: Order, { state, now, ...input }: Input<'judged'>): Step {
  const { evidence } = order
  // A clock that runs ahead must not make one judgement the newest for hours.
  const measuredAt = instant(Math.min(input.measuredAt, now))
  // Once issued the order stands on what it was approved on; a finding from before the newest one is no news.
  if (!CANCELLABLE.has(order.state) || measuredAt <= evidence.siteStateAt) return UNCHANGED
  const held = evidence.siteState === 'reopened' || state === 'reopened'
  const reopenedAt = held ? measuredAt : evidence.reopenedAt
  const event = {
    at: now,
    actor: 'system',
    what: 'site-judged',
    notes: [note('judged', { state, at: isoTime(measuredAt) })],
  }
  return stepped(order, { evidence: { ...evidence, siteState: state, siteStateAt: measuredAt, reopenedAt } }, event)
}

function issue(order: Order, { jws, issuedAt, facts }: Input<'signed'>): Step {
  if (order.state !== 'approved') return UNCHANGED
  const red = askGates(order, facts, 'issue').filter(({ passed }) => !passed)
  // An approved order whose ground fell away is ended, not kept: it must not go out by itself when a gate turns green.
  if (red.length > 0) {
    const state = facts.now >= order.validUntil ? 'expired' : 'cancelled'
    const notes = red.flatMap(({ code, problems }) => [note('at-issue', { gate: code }), ...problems])
    return stepped(order, { state }, { at: facts.now, actor: 'system', what: state, notes })
  }
  const event = system(facts.now, 'issued', note('to-supplier', { supplier: order.supplier }))
  return stepped(order, { state: 'issued', jws, issuedAt }, event, ['deliver'])
}

/** Reasons that change with each attempt must not write a story without end. */
const MAX_PROBLEMS_VERSION = 300

function noteProblem(order: Order, { problem, now }: Input<'undelivered'>): Step {
  if (order.state !== 'issued' || problem === order.deliveryProblem) return UNCHANGED
  if (order.version >= MAX_PROBLEMS_VERSION) return UNCHANGED
  const event = system(now, 'not-delivered', note('text', { text: problem }))
  return stepped(order, { deliveryProblem: problem }, event)
}

function measure(order: Order, { point, verdict, notes, now }: Input<'measured'>): Step {
  if (order.state !== 'executed') return UNCHANGED
  const known = order.points.find(({ id }) => id === point)
  if (known?.result?.kind !== 'executed') return UNCHANGED
  const result: PointResult = { kind: verdict, executedAt: known.result.executedAt }
  const points = order.points.map((one) => (one.id === point ? { ...one, result } : one))
  const state = stateAfterMeasuring(points.map((one) => one.result?.kind))
  const what = state === 'executed' ? 'point-measured' : state
  return stepped(order, { points, state }, system(now, what, ...notes))
}

/** Effective only when every point is; one that is not decides it at once. */
function stateAfterMeasuring(kinds: readonly (PointResult['kind'] | undefined)[]): OrderState {
  if (kinds.some((kind) => kind === 'loaded' || kind === 'silent' || kind === 'was-zero')) return 'ineffective'
  return kinds.every((kind) => kind === 'zero') ? 'effect-verified' : 'executed'
}

function passTime(order: Order, now: Instant, rules: OrderRules): Step {
  if (isEnded(order.state) || order.state === 'executed' || now < order.validUntil) return UNCHANGED
  const end = (state: OrderState, why: NoteCode) => stepped(order, { state }, system(now, state, note(why)))
  if (CANCELLABLE.has(order.state)) return end('expired', 'not-issued-in-time')
  // The supplier may have done it in time and its answer be still on the way.
  if (now < order.validUntil + rules.answerGraceMs) return UNCHANGED
  if (order.state === 'issued') return end('undeliverable', 'no-receipt')
  const partly = order.points.some(({ result }) => result?.kind === 'executed')
  if (partly) return end('ineffective', 'some-points-only')
  return end('expired', 'no-execution')
}
