import { gasProblems } from '@minewarden/cloud/core/orders/gas-limits.ts'
import type { GateFacts } from '@minewarden/cloud/core/orders/gates/gate.ts'
import { pendingEffects, step } from '@minewarden/cloud/core/orders/machine.ts'
import { DEFAULT_RULES, type Order } from '@minewarden/cloud/core/orders/order.ts'
import type { SelectedAnswer } from '@minewarden/cloud/core/orders/progress.ts'
import { decideRestoration, restorationContent } from '@minewarden/cloud/core/orders/restoration.ts'
import type { RestorationInput } from '@minewarden/cloud/core/orders/restoration-input.ts'
import { permissionDocument } from '@minewarden/cloud/core/orders/select.ts'
import { withdrawalDocument } from '@minewarden/cloud/core/orders/stop.ts'
import { supplyOf } from '@minewarden/cloud/core/orders/supply.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import { type GasCheck, type GasReading, RestorationContent } from '@minewarden/protocol/restoration.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { answerTo, executed, issuedOrder, lawfulFacts, selected } from '../../support/cut-off/drafts.ts'
import { HEAD, makeSite, NOW, OFFICER, POINT, pointInput, VIEWER } from '../../support/cut-off/fixtures.ts'

const MINUTE = 60_000
const later = (ms: number): Instant => instant(NOW + ms)
const site = makeSite({
  supplyPoints: [
    pointInput(),
    pointInput({ id: 'sp-fan', loadClass: 'C', loads: ['主通风机'] }),
    pointInput({ id: 'sp-drill', loadClass: 'B', loads: ['凿岩机'] }),
  ],
})
const asked = {
  mine: 'non-coal',
  subject: '某矿',
  measures: '停止供电',
  measuresMetAt: isoTime(later(-MINUTE)),
  restoreTime: isoTime(later(60 * MINUTE)),
  restoreContent: '恢复供电',
} as const

let order: Order
const facts = (now: Instant, change: Partial<GateFacts> = {}): GateFacts => lawfulFacts({ now, site, ...change })
const restore = (what: RestorationInput) => {
  const result = step(order, { kind: 'restoration', what })
  if (result.kind === 'stepped') order = result.order
  return result
}

/** Cut at every point, and watched. */
beforeEach(async () => {
  order = await issuedOrder(site)
  for (const { id } of order.points) {
    const result = step(order, { kind: 'answer', answer: answerTo(order, executed(id)), now: NOW })
    if (result.kind === 'stepped') order = result.order
    const measured = step(order, { kind: 'measured', point: id, verdict: 'zero', notes: [], now: NOW })
    if (measured.kind === 'stepped') order = measured.order
  }
  const watched = step(order, { kind: 'time', now: later(1), rules: DEFAULT_RULES })
  if (watched.kind === 'stepped') order = watched.order
})

const draft = () => {
  const content = restorationContent(order, asked, 1, NOW)
  return restore({ kind: 'draft', by: OFFICER, content, documentSha256: 'd'.repeat(64), now: NOW })
}
const approve = (by = OFFICER, sha256 = 'd'.repeat(64)) =>
  restore({ kind: 'approve', by, documentSha256: sha256, facts: facts(later(MINUTE)) })
const issue = () => {
  draft()
  approve()
  approve(HEAD)
  return restore({ kind: 'signed', jws: 'signed', issuedAt: later(MINUTE), facts: facts(later(MINUTE)) })
}
const about = () => ({ ...order, id: order.restoration!.id, documentSha256: order.restoration!.documentSha256 })
let selections = 0
function select(point: string, now: Instant, change: Partial<GateFacts> = {}) {
  const answer = answerTo(about(), selected(point, ++selections)) as SelectedAnswer
  const known = facts(now, change)
  const decision = decideRestoration(order, answer, known)
  const permission = permissionDocument(order, answer, decision, now)
  restore({ kind: 'selected', answer, permission, jws: 'p', sha256: `${selections}`, facts: known })
  return decision
}
const closed = (point: string, now: Instant) => {
  const saying = { ...executed(point, now), permissionSha256: String(selections) }
  const readback = { position: 'close-permitted', at: isoTime(now), source: 'x' }
  return restore({ kind: 'answer', answer: answerTo(about(), { ...saying, readback } as never), now })
}
const air = (place: GasReading['place'], change: Partial<GasReading> = {}): GasReading => ({
  place,
  where: '总回风巷',
  methanePercent: 0.2,
  carbonDioxidePercent: 0.3,
  oxygenPercent: 20.6,
  carbonMonoxidePpm: 3,
  nitrogenDioxidePpm: 0.1,
  ...change,
})
const GOOD = [air('switch'), air('local-fan'), air('stopped-zone')]
const checkOf = (stage: number, now: Instant, readings = GOOD, change: Partial<GasCheck> = {}): GasCheck => ({
  ...{ stage, measuredAt: isoTime(now), measuredBy: '甲', witness: '乙', readings, recordedAt: isoTime(now) },
  recordedBy: UserId.parse(OFFICER.id),
  ...change,
})
const measure = (stage: number, now: Instant, readings = GOOD) =>
  restore({ kind: 'gas-check', by: OFFICER, check: checkOf(stage, now, readings), now })
const codes = (decision: ReturnType<typeof select>) =>
  decision.granted ? [] : decision.because.map(({ code }) => code)

test('the document names what was cut, ventilation first, underground next, the surface last, and fits its schema', () => {
  const content = restorationContent(order, asked, 1, NOW)
  expect(RestorationContent.safeParse(content).success).toBe(true)
  expect(content.stages.map(({ kind, supplyPoints }) => [kind, ...supplyPoints.map(({ id }) => id)])).toEqual([
    ['ventilation', 'sp-fan'],
    ['underground', 'sp-drill'],
    ['surface', POINT],
  ])
  expect(content).toMatchObject({ action: 'restore', method: 'close-permitted', cutOff: { order: order.id } })
})

test('it takes two approvals as the cut did: no viewer, no one twice, a head, exactly this document', () => {
  expect(restore({ ...draftInput(), by: VIEWER })).toMatchObject({ code: 'not-allowed' })
  draft()
  expect(draft()).toMatchObject({ code: 'order-conflict' })
  expect(approve(VIEWER)).toMatchObject({ code: 'not-allowed' })
  expect(approve(OFFICER, 'e'.repeat(64))).toMatchObject({ code: 'order-conflict' })
  approve()
  expect(approve()).toMatchObject({ code: 'not-allowed' })
  expect(restore({ kind: 'signed', jws: 's', issuedAt: NOW, facts: facts(NOW) })).toEqual({ kind: 'unchanged' })
  approve(HEAD)
  expect(order.restoration?.state).toBe('approved')
})
const draftInput = () => ({
  ...{ kind: 'draft' as const, by: OFFICER, documentSha256: 'd'.repeat(64), now: NOW },
  content: restorationContent(order, asked, 1, NOW),
})

test('stages come back in their order, each after a gas check of its own, and the order is restored at the end', () => {
  issue()
  expect(codes(select('sp-drill', later(2 * MINUTE)))).toEqual(['stage-before'])
  expect(codes(select('sp-fan', later(2 * MINUTE)))).toEqual(['gas-unchecked'])
  expect(supplyOf(order)).toMatchObject({ kind: 'cut' })
  measure(1, later(3 * MINUTE))
  expect(select('sp-fan', later(4 * MINUTE)).granted).toBe(true)
  // From here on power that returns is no self-reconnection.
  expect(supplyOf(order)).toMatchObject({ kind: 'restored', atMs: later(4 * MINUTE) })
  expect(codes(select('sp-drill', later(4 * MINUTE)))).toEqual(['stage-before'])
  measure(2, later(5 * MINUTE))
  selections = 3
  closed('sp-fan', later(6 * MINUTE))
  // Measured before the ventilation came back: it says nothing of the air after it.
  expect(codes(select('sp-drill', later(7 * MINUTE)))).toEqual(['gas-unchecked'])
  measure(2, later(8 * MINUTE))
  expect(select('sp-drill', later(9 * MINUTE)).granted).toBe(true)
  closed('sp-drill', later(10 * MINUTE))
  expect(select(POINT, later(11 * MINUTE)).granted).toBe(true)
  expect(order.state).toBe('watched')
  closed(POINT, later(12 * MINUTE))
  expect(order).toMatchObject({ state: 'restored', endedAt: later(12 * MINUTE), restoration: { state: 'done' } })
})

test('nothing is given back after the time, after a cancellation, while a new order is open, or without its officials', () => {
  issue()
  measure(1, later(3 * MINUTE))
  const soon = later(4 * MINUTE)
  expect(codes(select('sp-fan', soon, { otherOrderOpen: true }))).toEqual(['other-order'])
  expect(codes(select('sp-fan', soon, { isOfficial: () => false }))).toEqual(['approver-gone', 'approver-gone'])
  expect(codes(select('sp-fan', order.restoration!.validUntil))).toContain('past-validity')
  restore({ kind: 'cancel', by: OFFICER, reason: '瓦斯异常', now: soon })
  expect(codes(select('sp-fan', soon))).toEqual(['no-restoration'])
  expect(order.state).toBe('watched')
})

test('one that is cancelled after it went out is withdrawn until the supplier knows, and only then follows another', () => {
  issue()
  const soon = later(4 * MINUTE)
  restore({ kind: 'cancel', by: OFFICER, reason: '瓦斯异常', now: soon })
  expect(pendingEffects(order)).toContain('withdraw-restoration')
  expect(withdrawalDocument(order, order.restoration!.withdrawn!, order.restoration!)).toMatchObject({
    ...{ order: order.restoration!.id, orderSha256: 'd'.repeat(64), reason: '瓦斯异常', withdrawnAt: isoTime(soon) },
  })
  expect(draft()).toMatchObject({ code: 'order-conflict' })
  const answer = answerTo(about(), { kind: 'withdrawal-received' } as never)
  const known = { kind: 'answer', answer, now: soon } as const
  expect(restore(known).kind).toBe('stepped')
  expect(restore(known)).toEqual({ kind: 'unchanged' })
  expect(pendingEffects(order)).not.toContain('withdraw-restoration')
  expect(draft().kind).toBe('stepped')
})

test('one that never went out is cancelled without a word to the supplier', () => {
  draft()
  restore({ kind: 'cancel', by: OFFICER, reason: '瓦斯异常', now: later(MINUTE) })
  expect(pendingEffects(order)).not.toContain('withdraw-restoration')
  expect(draft().kind).toBe('stepped')
})

test('a permission that says other than the rules is refused, whoever signed it', () => {
  issue()
  const answer = answerTo(about(), selected('sp-fan', 1)) as SelectedAnswer
  const granted = permissionDocument(order, answer, { granted: true, validUntil: later(5 * MINUTE) }, NOW)
  const forged = {
    kind: 'selected',
    answer,
    permission: granted,
    jws: 'p',
    sha256: 'x',
    facts: facts(later(MINUTE)),
  } as const
  expect(restore(forged)).toMatchObject({ kind: 'refused', code: 'order-unsafe' })
})

test('one that was not carried out in its time is over, and another may be drafted', () => {
  issue()
  const end = instant(order.restoration!.validUntil + DEFAULT_RULES.answerGraceMs)
  const passed = step(order, { kind: 'time', now: end, rules: DEFAULT_RULES })
  expect(passed).toMatchObject({ order: { state: 'watched', restoration: { state: 'expired' } } })
})

describe('the gas check', () => {
  const wrong = (
    readings: GasReading[],
    kind: 'ventilation' | 'underground' = 'underground',
    change: Partial<GasCheck> = {},
    mine: 'coal' | 'non-coal' = 'non-coal',
  ) =>
    gasProblems(checkOf(2, NOW, readings, change), kind, mine, later(MINUTE)).map(
      ({ code, values }) => values.gas ?? code,
    )
  const three = (change: Partial<GasReading>) => [air('switch', change), air('stopped-zone')]

  test('holds the limits, and what is not told counts as too much', () => {
    expect(wrong(GOOD)).toEqual([])
    expect(wrong(three({ methanePercent: 1 }))).toEqual([])
    expect(wrong(three({ methanePercent: 1.01 }))).toEqual(['methanePercent'])
    expect(wrong([air('switch'), air('stopped-zone', { carbonDioxidePercent: 1.51 })])).toEqual([
      'carbonDioxidePercent',
    ])
    expect(wrong([air('switch'), air('local-fan', { methanePercent: 0.51 })], 'ventilation')).toEqual([
      'methanePercent',
    ])
    expect(wrong(three({ oxygenPercent: 19.9 }))).toEqual(['oxygenPercent'])
    expect(wrong(three({ carbonMonoxidePpm: 25 }))).toEqual(['carbonMonoxidePpm'])
    expect(wrong(three({ nitrogenDioxidePpm: 2.6 }))).toEqual(['nitrogenDioxidePpm'])
    expect(wrong(three({ oxygenPercent: null }))).toEqual(['oxygenPercent'])
    expect(wrong(three({ oxygenPercent: null }), 'underground', {}, 'coal')).toEqual([])
  })

  test('is of two people, of the last half hour, and of every place that the stage asks for', () => {
    expect(wrong(GOOD, 'underground', { witness: '甲 ' })).toEqual(['gas-alone'])
    expect(wrong(GOOD, 'underground', { measuredAt: isoTime(later(-30 * MINUTE)) })).toEqual(['gas-old'])
    expect(wrong(GOOD, 'underground', { measuredAt: isoTime(later(2 * MINUTE)) })).toEqual(['gas-old'])
    expect(wrong([air('switch')])).toEqual(['gas-place'])
    expect(wrong([air('switch')], 'ventilation')).toEqual(['gas-place'])
  })
})
