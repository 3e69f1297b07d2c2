import type { Reason } from '@minewarden/protocol/finding.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { isApprover, type OrderState } from '../ports.ts'
import { takeAnswer } from './answers.ts'
import { tryApproval } from './approvals.ts'
import { passCall, seeCall } from './calls.ts'
import { carriageOf, isUnderStanding, proofProblems } from './carriage.ts'
import { askGates, describeRed } from './gates.ts'
import { isEnded, type Order, type OrderEvent, type OrderRules, type PointResult } from './order.ts'
import { describeNotes, type NoteCode, note } from './order-text.ts'
import { takeRecord } from './record.ts'
import { passRestoration, stepRestoration } from './restoration.ts'
import { isLive, owesRestorationWithdrawal } from './restoration-record.ts'
import { takeSelection } from './select.ts'
import { isReportedCut, standingOf } from './standing.ts'
import { type OrderEffect, type OrderInput, type Step, stepped, UNCHANGED } from './step.ts'
import { notCut, owesWithdrawal, stopOrder } from './stop.ts'
import { beginVeto, endVeto, refuseVeto } from './veto.ts'
import { beginWatch, closeWatch, noteAfterCut, passWatch } from './watch.ts'

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
    case 'veto-begins':
      return beginVeto(order, input.facts)
    case 'veto-ends':
      return endVeto(order, input.facts, input.ranMs)
    case 'veto':
      return refuseVeto(order, input.by, input.reason, input.now)
    case 'call':
      return passCall(order, isUnderStanding(order, input.facts), input.story, input.facts.now, input.callRules)
    case 'seen':
      return seeCall(order, input.by, input.now)
    case 'stop':
      return stop(order, input)
    case 'selected':
      return takeSelection(order, input)
    case 'after-cut':
      return noteAfterCut(order, input)
    case 'restoration':
      return stepRestoration(order, input.what)
    case 'close':
      return closeWatch(order, input.by, input.reason, input.now)
    case 'legal-step':
    case 'legal-waiver':
    case 'sighting':
    case 'people-statement':
    case 'evacuation':
    case 'all-out':
    case 'fumes':
    case 'site-disturbed':
      return takeRecord(order, input)
    case 'judged':
      return judge(order, input)
    case 'signed':
      return issue(order, input)
    case 'answer':
      return takeAnswer(order, input.answer, input.now)
    case 'undelivered':
      return noteProblem(order, input)
    case 'cut-report':
      return reportCut(order, input)
    case 'measured':
      return measure(order, input)
    case 'time':
      return passTime(order, input.now, input.rules)
  }
}

/** What has to be going on for an order as it stands: asked after each step and after a restart. */
export function pendingEffects(order: Order): OrderEffect[] {
  if (order.state === 'approved') return ['sign']
  return [
    ...(order.state === 'issued' ? (['deliver'] as const) : []),
    ...(owesWithdrawal(order) ? (['withdraw'] as const) : []),
    ...(hasUnmeasured(order) ? (['watch-effect'] as const) : []),
    ...(order.restoration?.state === 'approved' ? (['sign-restoration'] as const) : []),
    ...(order.restoration?.state === 'issued' ? (['deliver-restoration'] as const) : []),
    ...(owesRestorationWithdrawal(order.restoration) ? (['withdraw-restoration'] as const) : []),
  ]
}

const hasUnmeasured = ({ state, points }: Order): boolean =>
  !isEnded(state) && points.some(({ result }) => result?.kind === 'executed')

const system = (at: Instant, what: string, ...notes: Reason[]): OrderEvent => ({ at, actor: 'system', what, notes })

type Input<K extends OrderInput['kind']> = Extract<OrderInput, { kind: K }>

const wrongState = (order: Order, actor: string, what: string): Step => ({
  kind: 'refused',
  code: 'order-conflict',
  detail: `an order that is ${order.state} cannot be ${what}`,
  actor,
})

function approve(order: Order, { by, documentSha256, proof, facts }: Input<'approve'>): Step {
  if (order.state !== 'drafted' && order.state !== 'approved-once') return wrongState(order, by.id, 'approved')
  const red = describeRed(askGates(order, facts, 'draft'))
  if (red !== null) return { kind: 'refused', code: 'order-unsafe', detail: red, actor: by.id }
  const confirms = by.role === 'duty-officer' && isUnderStanding(order, facts)
  const given = confirms ? [] : order.approvals
  if (confirms && order.approvals.some(({ user }) => user === by.id))
    return { kind: 'refused', code: 'not-allowed', detail: `${by.id} has approved already`, actor: by.id }
  const attempt = tryApproval(given, by, documentSha256, order.documentSha256, facts.now, proof)
  if (!attempt.ok) return { kind: 'refused', code: attempt.code, detail: attempt.detail, actor: by.id }
  const approvals = [...order.approvals, attempt.approval]
  const unproven = proofProblems({ ...order, approvals: [attempt.approval] }, facts)
  if (unproven.length > 0)
    return { kind: 'refused', code: 'not-allowed', detail: describeNotes(unproven), actor: by.id }
  const { by: carrier } = carriageOf({ ...order, approvals }, facts)
  const { name, department, role } = attempt.approval
  const state: OrderState = carrier === null ? 'approved-once' : 'approved'
  const notes = [
    note('approver', { name, department, role }),
    ...(carrier === 'confirmation' ? [note('confirmed-under', { standing: order.content.standing?.id ?? '' })] : []),
  ]
  const event = { at: facts.now, actor: by.id, what: state, notes }
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

function stop(order: Order, { by, reason, now }: Input<'stop'>): Step {
  if (CANCELLABLE.has(order.state)) return cancel(order, { kind: 'cancel', by, reason, now })
  if (!isApprover(by.role)) {
    return { kind: 'refused', code: 'not-allowed', detail: `${by.id} may not stop an order`, actor: by.id }
  }
  return stopOrder(order, by, reason, now)
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

function reportCut(order: Order, { by, report, now }: Input<'cut-report'>): Step {
  const refuse = (code: 'not-allowed' | 'order-conflict', detail: string): Step => ({
    kind: 'refused',
    code,
    detail,
    actor: by.id,
  })
  if (!isApprover(by.role)) return refuse('not-allowed', `${by.id} may not report a cut`)
  const known = order.points.find(({ id }) => id === report.point)
  if (!known || isEnded(order.state)) return refuse('order-conflict', `${report.point}: nothing to report of`)
  // Where there is a meter, it and no word decides.
  if (known.meter !== null) return refuse('order-conflict', `${report.point}: its meter shows whether it is cut`)
  const executedAt = known.result?.executedAt ?? null
  if (known.result?.kind !== 'executed' || executedAt === null) {
    return refuse('order-conflict', `${report.point}: not reported by the supplier, or reported of before`)
  }
  if (report.seenAt < executedAt || report.seenAt > now)
    return refuse('order-conflict', 'seenAt: not since the execution')
  const { point, people, seenAt, text } = report
  const notes = [note('seen-by', { point, people, at: isoTime(seenAt), text })]
  return settlePoint(order, point, 'seen', { at: now, actor: by.id, what: 'point-seen', notes })
}

function measure(order: Order, { point, verdict, notes, now }: Input<'measured'>): Step {
  const what = verdict === 'zero' ? 'point-measured' : 'point-not-shown'
  return settlePoint(order, point, verdict, system(now, what, ...notes))
}

/** What an executed point was found to be, and what that makes of the whole. */
function settlePoint(order: Order, point: string, kind: PointResult['kind'], measured: OrderEvent): Step {
  if (isEnded(order.state)) return UNCHANGED
  const known = order.points.find(({ id }) => id === point)
  if (known?.result?.kind !== 'executed') return UNCHANGED
  const result: PointResult = { ...known.result, kind }
  const points = order.points.map((one) => (one.id === point ? { ...one, result } : one))
  const now = measured.at
  // One whose watch has begun is not judged a second time.
  if (order.effect !== null) return stepped(order, { points }, measured)
  const standing = standingOf(order, points, now)
  if (standing.effect === null) return stepped(order, { points, ...standing }, measured)
  const judged = system(now, standing.state, note(`effect-${standing.effect.verdict}`))
  return stepped(order, { points, ...standing }, [measured, judged])
}

function passTime(order: Order, now: Instant, rules: OrderRules): Step {
  if (isEnded(order.state)) return UNCHANGED
  if (order.state === 'watched')
    return isLive(order.restoration) ? passRestoration(order, now, rules) : passWatch(order, now)
  if (order.state === 'effect-verified' || order.state === 'ineffective') return beginWatch(order, now, rules)
  if (order.state === 'executed' || now < order.validUntil) return UNCHANGED
  const end = (state: OrderState, why: NoteCode) => stepped(order, { state }, system(now, state, note(why)))
  if (CANCELLABLE.has(order.state)) return end('expired', 'not-issued-in-time')
  // The supplier may have done it in time and its answer be still on the way.
  if (now < order.validUntil + rules.answerGraceMs) {
    return order.lapsedAt === null ? stepped(order, { lapsedAt: now }, system(now, 'lapsed')) : UNCHANGED
  }
  if (order.stopped && !order.points.some(isReportedCut)) return end('cancelled', 'no-word')
  if (order.state === 'issued') return end('undeliverable', 'no-receipt')
  return settleUntold(order, now) ?? end('expired', 'no-execution')
}

/** Some points were told of and others not: those count as not cut, and the cut ones are measured. */
function settleUntold(order: Order, now: Instant): Step | null {
  if (!order.points.some(isReportedCut)) return null
  const points = order.points.map((point) => (point.result === null ? notCut(point, 'failed') : point))
  const standing = standingOf(order, points, now)
  return stepped(order, { points, ...standing }, system(now, standing.state, note('some-points-only')))
}
