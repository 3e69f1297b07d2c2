import type { Reason } from '@minewarden/protocol/finding.ts'
import { OrderId } from '@minewarden/protocol/ids.ts'
import type { OrderedPoint, SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { GasCheck, RestorationContent, RestorationStage } from '@minewarden/protocol/restoration.ts'
import { type Instant, instant, isoTime, type Millis, parseIsoTime } from '@minewarden/protocol/time.ts'
import { isApprover } from '../ports.ts'
import { approvalProblems, tryApproval } from './approvals.ts'
import { gasProblems } from './gas-limits.ts'
import type { GateFacts } from './gates/gate.ts'
import type { Order, OrderEvent, OrderRules } from './order.ts'
import { describeNotes, note } from './order-text.ts'
import type { SelectedAnswer } from './progress.ts'
import type { RestorationInput } from './restoration-input.ts'
import {
  isLive,
  isUnderWay,
  owesRestorationWithdrawal,
  type Restoration,
  type RestorationAsked,
  type RestoredPoint,
} from './restoration-record.ts'
import type { Decision } from './select.ts'
import { isReportedCut } from './standing.ts'
import { type Step, stepped, UNCHANGED } from './step.ts'

/**
 * Power comes back by its own document, with the rigour of the cut: two approvals, select before operate, stage by stage
 * in the opposite order (ventilation, underground, surface), each after a gas check signed by two people, and never a
 * close from afar: the supplier permits it, and a person at the switch closes.
 */
/** From the draft to the end of a restoration: ventilation and checks take their time. */
const VALIDITY_MS: Millis = 8 * 3_600_000
const KINDS = { C: 'ventilation', B: 'underground', A: 'surface' } as const

/** Writes the document: the points that were cut, in stages, those that life hangs on first. */
export function restorationContent(
  order: Order,
  asked: RestorationAsked,
  number: number,
  now: Instant,
): RestorationContent {
  const cut = new Set(order.points.filter(isReportedCut).map(({ id }) => id))
  const points = order.content.supplyPoints.filter(({ id }) => cut.has(id))
  const stages = (['C', 'B', 'A'] as const)
    .map((loadClass) => ({ kind: KINDS[loadClass], supplyPoints: points.filter((p) => classOfPoint(p) === loadClass) }))
    .filter(({ supplyPoints }) => supplyPoints.length > 0)
    .map((stage, i): RestorationStage => ({ stage: i + 1, ...stage }))
  const executed = order.points.flatMap(({ result }) => result?.executedAt ?? [])
  const { issuer, site, supplier } = order.content
  return {
    id: OrderId.parse(`${order.id}.R${number}`),
    ...{ issuer, site, supplier, action: 'restore', drill: false },
    cutOff: { order: order.id, orderSha256: order.documentSha256 },
    ...asked,
    stopPowerTime: isoTime(instant(Math.min(...executed, now))),
    method: 'close-permitted',
    stages,
    draftedAt: isoTime(now),
    validUntil: isoTime(instant(now + VALIDITY_MS)),
  }
}

/** Without a survey, or where the line is not known, anything may hang on it: it comes back as what life hangs on. */
const classOfPoint = ({ loadClass, surveyedOn, topology }: OrderedPoint) =>
  surveyedOn !== null && topology === 'surveyed' ? loadClass : 'C'

const conflict = (actor: string, detail: string): Step => ({ kind: 'refused', code: 'order-conflict', detail, actor })

/** Takes one input about an order's restoration. */
export function stepRestoration(order: Order, input: RestorationInput): Step {
  if (input.kind === 'draft') return draft(order, input)
  const { restoration } = order
  const actor = 'by' in input ? input.by.id : 'system'
  if (!restoration) return conflict(actor, 'no restoration of this order was drafted')
  switch (input.kind) {
    case 'approve':
      return approve(order, restoration, input)
    case 'cancel':
      return cancel(order, restoration, input)
    case 'gas-check':
      return takeGasCheck(order, restoration, input)
    case 'signed':
      return issue(order, restoration, input)
    case 'answer':
      return takeAnswer(order, restoration, input.answer, input.now)
    case 'selected':
      return takeSelection(order, restoration, input)
  }
}

const told = (
  order: Order,
  restoration: Restoration,
  change: Partial<Restoration>,
  event: OrderEvent,
  more: Partial<Order> = {},
): Step => stepped(order, { restoration: { ...restoration, ...change }, ...more }, event)

function draft(order: Order, { by, content, documentSha256, now }: Extract<RestorationInput, { kind: 'draft' }>): Step {
  if (!isApprover(by.role))
    return { kind: 'refused', code: 'not-allowed', detail: `${by.id} may not restore`, actor: by.id }
  if (order.state !== 'watched') return conflict(by.id, `an order that is ${order.state} has nothing to restore`)
  const last = order.restoration
  // Another would take the place of what the supplier must still be told.
  if (last && owesRestorationWithdrawal(last) && now < last.validUntil)
    return conflict(by.id, 'the supplier does not know yet that the restoration before is withdrawn')
  if (isLive(last)) return conflict(by.id, 'a restoration of this order is under way')
  const points = content.stages.flatMap(({ stage, supplyPoints }) =>
    supplyPoints.map(({ id }): RestoredPoint => ({ id, stage, result: null, at: null })),
  )
  const restoration: Restoration = {
    ...{ id: content.id, state: 'drafted', content, documentSha256, draftedAt: now },
    validUntil: instant(Date.parse(content.validUntil)),
    ...{ approvals: [], jws: null, issuedAt: null, gasChecks: [], permissions: [], points, givenBackAt: null },
  }
  const event = {
    at: now,
    actor: by.id,
    what: 'restoration-drafted',
    notes: [note('text', { text: content.restoreContent })],
  }
  return stepped(order, { restoration }, event)
}

function approve(order: Order, restoration: Restoration, input: Extract<RestorationInput, { kind: 'approve' }>): Step {
  const { by, documentSha256, proof, facts } = input
  const { state, approvals } = restoration
  if (state !== 'drafted' && state !== 'approved-once')
    return conflict(by.id, `a restoration that is ${state} cannot be approved`)
  const red = issueProblems(order, restoration, facts, false)
  if (red.length > 0) return { kind: 'refused', code: 'order-unsafe', detail: describeNotes(red), actor: by.id }
  const attempt = tryApproval(approvals, by, documentSha256, restoration.documentSha256, facts.now, proof ?? null)
  if (!attempt.ok) return { kind: 'refused', code: attempt.code, detail: attempt.detail, actor: by.id }
  const next = state === 'drafted' ? 'approved-once' : 'approved'
  const { name, department, role } = attempt.approval
  const event = {
    at: facts.now,
    actor: by.id,
    what: `restoration-${next}`,
    notes: [note('approver', { name, department, role })],
  }
  return told(order, restoration, { state: next, approvals: [...approvals, attempt.approval] }, event)
}

/** What keeps a restoration from going out. */
function issueProblems(order: Order, restoration: Restoration, facts: GateFacts, asked: boolean): Reason[] {
  const { now, supplierKnown, otherOrderOpen, isOfficial } = facts
  return [
    ...(order.state === 'watched' ? [] : [note('not-under-way', { state: order.state })]),
    ...(now >= restoration.validUntil ? [note('past-validity', { at: isoTime(restoration.validUntil) })] : []),
    ...(now < restoration.draftedAt - 60_000 ? [note('clock-before-draft')] : []),
    ...(supplierKnown ? [] : [note('supplier-unknown', { supplier: order.supplier })]),
    ...(otherOrderOpen ? [note('other-order')] : []),
    ...restoration.approvals.flatMap((one) => (isOfficial(one) ? [] : [note('approver-gone', { user: one.user })])),
    ...(asked ? approvalProblems(restoration.approvals, restoration.documentSha256) : []),
  ]
}

function issue(order: Order, restoration: Restoration, input: Extract<RestorationInput, { kind: 'signed' }>): Step {
  if (restoration.state !== 'approved') return UNCHANGED
  const { jws, issuedAt, facts } = input
  const red = issueProblems(order, restoration, facts, true)
  const event = (what: string, notes: readonly Reason[]) => ({ at: facts.now, actor: 'system', what, notes })
  if (red.length > 0) return told(order, restoration, { state: 'cancelled' }, event('restoration-cancelled', red))
  const notes = [note('to-supplier', { supplier: order.supplier })]
  return told(order, restoration, { state: 'issued', jws, issuedAt }, event('restoration-issued', notes))
}

/**
 * At any time: from then on no close is permitted, and a supplier that may hold the document is told by a signed
 * withdrawal. What was permitted before stays so until it knows.
 */
function cancel(order: Order, restoration: Restoration, input: Extract<RestorationInput, { kind: 'cancel' }>): Step {
  const { by, reason, now } = input
  if (!isApprover(by.role))
    return { kind: 'refused', code: 'not-allowed', detail: `${by.id} may not cancel`, actor: by.id }
  if (!isUnderWay(restoration)) return conflict(by.id, `a restoration that is ${restoration.state} cannot be cancelled`)
  const event = { at: now, actor: by.id, what: 'restoration-cancelled', notes: [note('text', { text: reason })] }
  if (restoration.jws === null) return told(order, restoration, { state: 'cancelled' }, event)
  const withdrawn = { by: by.id, name: by.name, at: now, reason, confirmedAt: null }
  return told(order, restoration, { state: 'cancelled', withdrawn }, event)
}

/** Told again it is no news. */
function confirmWithdrawal(order: Order, restoration: Restoration, now: Instant, actor: string): Step {
  const { withdrawn } = restoration
  if (!withdrawn || withdrawn.confirmedAt !== null) return UNCHANGED
  const event = { at: now, actor, what: 'withdrawal-received', notes: [note('text', { text: restoration.id })] }
  return told(order, restoration, { withdrawn: { ...withdrawn, confirmedAt: now } }, event)
}

/** More checks than this are another restoration's. */
const MAX_GAS_CHECKS = 200

function takeGasCheck(
  order: Order,
  restoration: Restoration,
  input: Extract<RestorationInput, { kind: 'gas-check' }>,
): Step {
  const { by, check, now } = input
  if (!isApprover(by.role))
    return { kind: 'refused', code: 'not-allowed', detail: `${by.id} may not record a check`, actor: by.id }
  if (!isUnderWay(restoration)) return conflict(by.id, `a restoration that is ${restoration.state} takes no gas check`)
  const stage = restoration.content.stages.find((one) => one.stage === check.stage)
  if (!stage) return conflict(by.id, `stage: the restoration has no stage ${check.stage}`)
  if (restoration.gasChecks.length >= MAX_GAS_CHECKS) return conflict(by.id, 'too many gas checks')
  const signed: GasCheck = { ...check, recordedBy: by.id, recordedAt: isoTime(now) }
  const problems = gasProblems(signed, stage.kind, restoration.content.mine, now)
  const what = problems.length === 0 ? 'gas-checked' : 'gas-too-high'
  const notes = [
    note('gas-by', { stage: check.stage, measuredBy: check.measuredBy, witness: check.witness }),
    ...problems,
  ]
  // A check that shows too much is kept too: it is what the air was.
  return told(
    order,
    restoration,
    { gasChecks: [...restoration.gasChecks, signed] },
    { at: now, actor: by.id, what, notes },
  )
}

/** Whether a selected point may be given back now. */
export function decideRestoration(order: Order, answer: SelectedAnswer, facts: GateFacts): Decision {
  const { restoration } = order
  const refuse = (mayAskAgain: boolean, [first, ...more]: readonly Reason[]): Decision | null =>
    first ? { granted: false, because: [first, ...more], mayAskAgain } : null
  if (!isLive(restoration)) return { granted: false, because: [note('no-restoration')], mayAskAgain: false }
  const point = restoration.points.find(({ id }) => id === answer.supplyPoint)
  if (!point)
    return { granted: false, because: [note('point-unknown', { point: answer.supplyPoint })], mayAskAgain: false }
  if (point.result) return { granted: false, because: [note('point-done', { point: point.id })], mayAskAgain: false }
  return (
    refuse(false, issueProblems(order, restoration, facts, true)) ??
    refuse(true, selectionProblems(restoration, answer, facts.now)) ??
    refuse(true, stageProblems(restoration, point, facts.now)) ?? {
      granted: true,
      validUntil: instant(Math.min(facts.now + facts.rules.selectTimeoutMs, restoration.validUntil)),
    }
  )
}

function selectionProblems(
  { permissions }: Restoration,
  { supplyPoint, selection }: SelectedAnswer,
  now: Instant,
): Reason[] {
  const own = permissions.filter(({ point }) => point === supplyPoint)
  const newest = own.at(-1)
  if (newest && selection <= newest.selection) return [note('selection-old', { point: supplyPoint, selection })]
  const inForce = own.find((one) => one.granted && one.validUntil !== null && now < one.validUntil && now >= one.at)
  return inForce ? [note('already-permitted', { point: supplyPoint, until: isoTime(inForce.validUntil ?? now) })] : []
}

/** The stages before are back, and the air is good, as measured after they were. */
function stageProblems({ points, content, gasChecks }: Restoration, { stage }: RestoredPoint, now: Instant): Reason[] {
  const before = points.filter((one) => one.stage < stage)
  const waiting = before.filter(({ result }) => result === null || result === 'failed')
  if (waiting.length > 0) return [note('stage-before', { points: waiting.map(({ id }) => id).join() })]
  const kind = content.stages.find((one) => one.stage === stage)?.kind ?? 'ventilation'
  const since = Math.max(0, ...before.map(({ at }) => at ?? 0))
  const check = gasChecks.findLast((one) => one.stage === stage && (parseIsoTime(one.measuredAt) ?? 0) >= since) ?? null
  return gasProblems(check, kind, content.mine, now)
}

function takeSelection(
  order: Order,
  restoration: Restoration,
  input: Extract<RestorationInput, { kind: 'selected' }>,
): Step {
  const { answer, permission, jws, sha256, facts } = input
  const actor = `supplier:${answer.supplier}`
  const decision = decideRestoration(order, answer, facts)
  if (decision.granted !== permission.granted) {
    return { kind: 'refused', code: 'order-unsafe', detail: 'the permission is not what the gates say', actor }
  }
  const { supplyPoint: point, selection, ticket, operator, supervisor } = answer
  const taken = {
    point,
    selection,
    at: facts.now,
    granted: decision.granted,
    ticket,
    operator,
    supervisor,
    jws,
    sha256,
  }
  if (!decision.granted) {
    const last = restoration.permissions.findLast((one) => one.point === point && !one.granted)
    const codes = (list: readonly Reason[]) => list.map(({ code }) => code).join()
    if (last && codes(last.because) === codes(decision.because)) return UNCHANGED
    const kept = restoration.permissions.filter((one) => one !== last)
    const event = {
      at: facts.now,
      actor,
      what: 'permission-refused',
      notes: [note('not-permitted', { point }), ...decision.because],
    }
    const permissions = [...kept, { ...taken, validUntil: null, because: decision.because }]
    return isUnderWay(restoration) ? told(order, restoration, { permissions }, event) : UNCHANGED
  }
  const until = isoTime(decision.validUntil)
  const event = {
    ...{ at: facts.now, actor, what: 'close-permitted' },
    notes: [note('permitted', { point, until, ticket, operator, supervisor })],
  }
  const permissions = [...restoration.permissions, { ...taken, validUntil: decision.validUntil, because: [] }]
  const givenBackAt = restoration.givenBackAt ?? facts.now
  return told(order, restoration, { state: 'accepted', permissions, givenBackAt }, event)
}

function takeAnswer(order: Order, restoration: Restoration, answer: SupplierAnswer, now: Instant): Step {
  const actor = `supplier:${answer.supplier}`
  const event = (what: string, ...notes: Reason[]) => ({ at: now, actor, what, notes })
  const { state } = restoration
  switch (answer.kind) {
    case 'received':
      return state === 'issued'
        ? told(order, restoration, { state: 'received' }, event('restoration-received'))
        : UNCHANGED
    case 'accepted':
      return state === 'issued' || state === 'received'
        ? told(order, restoration, { state: 'accepted' }, event('restoration-accepted'))
        : UNCHANGED
    case 'withdrawal-received':
    case 'withdrawn':
      return confirmWithdrawal(order, restoration, now, actor)
    case 'refused': {
      if (answer.reason === 'withdrawn' && restoration.withdrawn)
        return confirmWithdrawal(order, restoration, now, actor)
      if (!isUnderWay(restoration)) return UNCHANGED
      const why = note('supplier-refused', { reason: answer.reason, detail: answer.detail })
      return told(order, restoration, { state: 'refused' }, event('restoration-refused', why))
    }
    case 'executed':
    case 'failed':
      return takeResult(order, restoration, answer, now)
    default:
      return UNCHANGED
  }
}

function takeResult(
  order: Order,
  restoration: Restoration,
  answer: Extract<SupplierAnswer, { kind: 'executed' | 'failed' }>,
  now: Instant,
): Step {
  const actor = `supplier:${answer.supplier}`
  const point = restoration.points.find(({ id }) => id === answer.supplyPoint)
  if (!point) return conflict(actor, `supplyPoint: '${answer.supplyPoint}' is not in the restoration`)
  if (point.result !== null) return UNCHANGED
  const position = answer.kind === 'executed' ? answer.readback.position : 'open'
  const result: RestoredPoint['result'] = position === 'open' ? 'failed' : position
  const points = restoration.points.map((one) => (one === point ? { ...one, result, at: now } : one))
  const permitted = restoration.permissions.some(
    (one) =>
      answer.kind === 'executed' && one.granted && one.point === point.id && one.sha256 === answer.permissionSha256,
  )
  const stray = answer.kind === 'executed' && !permitted ? [note('no-permission', { point: point.id })] : []
  const notes = [note('restored-point', { point: point.id, result }), ...stray]
  const done = points.every((one) => one.result === 'close-permitted' || one.result === 'closed')
  const over = points.every((one) => one.result !== null)
  const state = done ? 'done' : over ? 'failed' : restoration.state
  const first = { at: now, actor, what: `point-${result}`, notes }
  if (!done) return told(order, restoration, { points, state }, first)
  const last = { at: now, actor: 'system', what: 'restored', notes: [] }
  return stepped(order, { restoration: { ...restoration, points, state }, state: 'restored' }, [first, last])
}

/** Ends a restoration whose time is over; a watch goes on as long as one is under way. */
export function passRestoration(order: Order, now: Instant, rules: OrderRules): Step {
  const { restoration } = order
  if (!isLive(restoration)) return UNCHANGED
  const grace = restoration.issuedAt === null ? 0 : rules.answerGraceMs
  if (now < restoration.validUntil + grace) return UNCHANGED
  const event = { at: now, actor: 'system', what: 'restoration-expired', notes: [] }
  return told(order, restoration, { state: 'expired' }, event)
}
