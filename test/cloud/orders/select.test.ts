import { ESCALATING } from '@minewarden/cloud/core/orders/escalating.ts'
import type { GateFacts } from '@minewarden/cloud/core/orders/gates/gate.ts'
import { pendingEffects, step } from '@minewarden/cloud/core/orders/machine.ts'
import { DEFAULT_RULES, type Order } from '@minewarden/cloud/core/orders/order.ts'
import type { SelectedAnswer } from '@minewarden/cloud/core/orders/progress.ts'
import { decideSelection, permissionDocument, repliedBefore } from '@minewarden/cloud/core/orders/select.ts'
import { OperatePermission } from '@minewarden/protocol/permission.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { answerTo, executed, issuedOrder, lawfulFacts, selected } from '../../support/cut-off/drafts.ts'
import { HEAD, makeSite, NOW, OFFICER, POINT, pointInput, VIEWER } from '../../support/cut-off/fixtures.ts'

const SECOND = 1_000
const later = (ms: number): Instant => instant(NOW + ms)
const facts = (now: Instant, change: Partial<GateFacts> = {}): GateFacts => lawfulFacts({ now, ...change })
const asks = (order: Order, selection = 1, point = POINT) =>
  answerTo(order, selected(point, selection)) as SelectedAnswer

let order: Order
beforeEach(async () => {
  order = await issuedOrder()
})

function select(now: Instant, selection = 1, change: Partial<GateFacts> = {}) {
  const answer = asks(order, selection)
  const known = facts(now, change)
  const decision = decideSelection(order, answer, known)
  const permission = permissionDocument(order, answer, decision, now)
  const result = step(order, { kind: 'selected', answer, permission, jws: 'p', sha256: `s${selection}`, facts: known })
  if (result.kind === 'stepped') order = result.order
  return { decision, permission, result }
}
const say = (saying: Parameters<typeof answerTo>[1], now = later(SECOND)) => {
  const result = step(order, { kind: 'answer', answer: answerTo(order, saying), now })
  if (result.kind === 'stepped') order = result.order
  return result
}
const stop = (by = OFFICER, now = later(SECOND)) => {
  const result = step(order, { kind: 'stop', by, reason: '井下有人', now })
  if (result.kind === 'stepped') order = result.order
  return result
}
const why = ({ decision }: ReturnType<typeof select>) =>
  decision.granted ? [] : decision.because.map(({ code }) => code)
const isFinal = ({ decision }: ReturnType<typeof select>) => !decision.granted && !decision.mayAskAgain

describe('a selected point', () => {
  test('is permitted for a select timeout, and the ticket and both names stand in the story', () => {
    const { permission, result } = select(NOW)
    expect(OperatePermission.safeParse(permission).success).toBe(true)
    expect(permission).toMatchObject({ granted: true, validUntil: isoTime(later(60 * SECOND)), selection: 1 })
    expect(result).toMatchObject({
      order: { state: 'accepted' },
      events: [
        { what: 'point-permitted', notes: [{ values: { ticket: 't-1', operator: '操作人', supervisor: '监护人' } }] },
      ],
    })
  })

  test('is never permitted beyond the end of the order, nor at or after it', () => {
    const near = instant(order.validUntil - 10 * SECOND)
    expect(select(near).permission).toMatchObject({ granted: true, validUntil: isoTime(order.validUntil) })
    const at = select(order.validUntil, 2)
    expect([why(at), isFinal(at)]).toEqual([['past-validity'], true])
  })

  test('once seen to be past its time stays so, whatever the clock says then', () => {
    const passed = step(order, { kind: 'time', now: order.validUntil, rules: DEFAULT_RULES })
    if (passed.kind === 'stepped') order = passed.order
    expect(why(select(NOW))).toEqual(['past-validity'])
  })

  test('is asked by the gates of that moment: a permit, a changed register, an official who left', () => {
    const permit = { reason: '排水', from: later(-SECOND), to: later(3_600 * SECOND) }
    expect(
      why(
        select(NOW, 1, {
          site: makeSite({ permits: [{ ...permit, from: isoTime(permit.from), to: isoTime(permit.to) }] }),
        }),
      ),
    ).toContain('permit')
    expect(why(select(NOW, 2, { site: makeSite({ supplyPoints: [pointInput({ location: '别处' })] }) }))).toContain(
      'points-changed',
    )
    const gone = select(NOW, 3, { isOfficial: () => false })
    expect([why(gone).includes('approver-gone'), isFinal(gone)]).toEqual([true, false])
    expect(select(NOW, 4).decision.granted).toBe(true)
  })

  test('selected twice has one permission: another selection waits until the first has lapsed', () => {
    select(NOW)
    expect(why(select(later(59 * SECOND), 2))).toEqual(['already-permitted'])
    expect(why(select(later(60 * SECOND), 2))).toEqual(['selection-old'])
    expect(select(later(60 * SECOND), 3).decision.granted).toBe(true)
    expect(order.permissions.filter(({ granted }) => granted)).toHaveLength(2)
  })

  test('told again gets the same reply while it is in force, and not after a stop', () => {
    select(NOW)
    expect(repliedBefore(order, asks(order), later(59 * SECOND))?.jws).toBe('p')
    expect(repliedBefore(order, asks(order), later(60 * SECOND))).toBeNull()
    stop()
    expect(repliedBefore(order, asks(order), later(2 * SECOND))).toBeNull()
  })

  test('refused again and again for one reason writes one line', () => {
    for (let i = 1; i < 50; i++) select(NOW, i, { isOfficial: () => false })
    expect(order.version).toBe(2)
    expect(order.permissions).toHaveLength(1)
  })

  test('is not permitted by a signature that says other than the gates', () => {
    const answer = asks(order)
    const known = facts(NOW, { isOfficial: () => false })
    const permission = permissionDocument(order, answer, { granted: true, validUntil: later(SECOND) }, NOW)
    const forged = step(order, { kind: 'selected', answer, permission, jws: 'p', sha256: 's', facts: known })
    expect(forged).toMatchObject({ kind: 'refused', code: 'order-unsafe' })
  })

  test('of no such point, or one that was reported of, is refused for good', () => {
    const other = decideSelection(order, asks(order, 1, 'sp-9'), facts(NOW))
    expect(other).toMatchObject({ granted: false, mayAskAgain: false, because: [{ code: 'point-unknown' }] })
    say(executed(POINT))
    expect(why(select(later(2 * SECOND)))).toEqual(['not-under-way'])
  })
})

describe('an execution', () => {
  const done = (permissionSha256?: string) => ({
    ...executed(POINT),
    ...(permissionSha256 ? { permissionSha256 } : {}),
  })

  test('under its permission goes on quietly', () => {
    select(NOW)
    expect(say(done('s1') as never)).toMatchObject({ events: [{ what: 'point-executed' }] })
    expect(order.points[0]?.result).not.toHaveProperty('unpermitted')
  })

  test.each([
    ['without one', undefined],
    ['with one that was never given', 'x'],
  ])('%s is kept as a fact, told by itself, and calls people', (_what, sha256) => {
    select(NOW)
    const events = [{ what: 'point-executed' }, { what: 'executed-without-permission' }]
    expect(say(done(sha256) as never)).toMatchObject({ order: { state: 'executed' }, events })
    expect(order.points[0]?.result?.unpermitted).toBe(true)
    expect(ESCALATING.has('executed-without-permission')).toBe(true)
  })
})

describe('a stop', () => {
  test('is for approvers alone, once, and before everything is done', () => {
    expect(stop(VIEWER)).toMatchObject({ code: 'not-allowed' })
    stop()
    expect(stop(HEAD)).toEqual({ kind: 'unchanged' })
  })

  test('before anything was permitted ends the order at once; the supplier is told until it knows', () => {
    expect(stop()).toMatchObject({
      order: { state: 'cancelled' },
      events: [{ what: 'stopped' }],
      effects: ['withdraw'],
    })
    expect(pendingEffects(order)).toEqual(['withdraw'])
    expect(why(select(later(2 * SECOND)))).toEqual(['stopped-by'])
    say({ kind: 'withdrawal-received' } as never)
    expect(pendingEffects(order)).toEqual([])
    expect(order.state).toBe('cancelled')
  })

  test('of a permitted point waits for the last word: nothing cut is cancelled, something cut is measured and watched', () => {
    select(NOW)
    stop()
    expect(order.state).toBe('accepted')
    const stopped = order
    say({ kind: 'withdrawn', executed: [] } as never)
    expect(order).toMatchObject({ state: 'cancelled', points: [{ result: { kind: 'withdrawn' } }] })
    order = stopped
    say({ ...executed(POINT), permissionSha256: 's1' } as never)
    say({ kind: 'withdrawn', executed: [POINT] } as never, later(2 * SECOND))
    expect(order.state).toBe('executed')
    const measured = step(order, {
      kind: 'measured',
      point: POINT as never,
      verdict: 'zero',
      notes: [],
      now: later(9 * SECOND),
    })
    expect(measured).toMatchObject({ order: { effect: { verdict: 'verified' } } })
  })

  test('whose supplier is never heard of again is cancelled when the order is long over', () => {
    select(NOW)
    stop()
    const end = instant(order.validUntil + DEFAULT_RULES.answerGraceMs)
    expect(step(order, { kind: 'time', now: end, rules: DEFAULT_RULES })).toMatchObject({
      order: { state: 'cancelled' },
    })
  })

  test('a cut that is told of after the stop took it for withdrawn is a cut', () => {
    select(NOW)
    stop()
    say({ kind: 'withdrawn', executed: [] } as never)
    const told = say({ ...executed(POINT), permissionSha256: 's1' } as never, later(5 * SECOND))
    expect(told).toMatchObject({ order: { state: 'cancelled' }, events: [{ what: 'answer-noted' }] })
  })
})

describe('the watch', () => {
  const watched = () => {
    say({ ...executed(POINT) } as never)
    for (const input of [
      { kind: 'measured', point: POINT as never, verdict: 'zero', notes: [], now: later(9 * SECOND) },
      { kind: 'time', now: later(10 * SECOND), rules: DEFAULT_RULES },
    ] as const) {
      const result = step(order, input)
      if (result.kind === 'stepped') order = result.order
    }
  }
  const sees = (at: Instant) =>
    step(order, { kind: 'after-cut', fact: 'self-reconnection', since: at, at, notes: [], rules: DEFAULT_RULES })

  test('takes what detection sees, calls people, and runs its time anew; then it is over', () => {
    watched()
    expect(order).toMatchObject({ state: 'watched', watch: { until: later(10 * SECOND + 72 * 3_600 * SECOND) } })
    const at = later(3_600 * SECOND)
    const seen = sees(at)
    expect(seen).toMatchObject({ events: [{ what: 'seen-self-reconnection' }] })
    expect(ESCALATING.has('seen-self-reconnection')).toBe(true)
    if (seen.kind === 'stepped') order = seen.order
    expect(sees(later(3_700 * SECOND))).toEqual({ kind: 'unchanged' })
    const until = instant(at + 72 * 3_600 * SECOND)
    expect(order.watch?.until).toBe(until)
    expect(step(order, { kind: 'time', now: instant(until - 1), rules: DEFAULT_RULES })).toEqual({ kind: 'unchanged' })
    expect(step(order, { kind: 'time', now: until, rules: DEFAULT_RULES })).toMatchObject({
      order: { state: 'closed' },
    })
  })

  test('without end goes on until a head closes it', () => {
    watched()
    order = { ...order, watch: { ...order.watch!, until: null } }
    expect(step(order, { kind: 'time', now: later(1e12), rules: DEFAULT_RULES })).toEqual({ kind: 'unchanged' })
    expect(step(order, { kind: 'close', by: OFFICER, reason: 'x', now: NOW })).toMatchObject({ code: 'not-allowed' })
    expect(step(order, { kind: 'close', by: HEAD, reason: 'x', now: NOW })).toMatchObject({
      order: { state: 'closed' },
    })
  })
})

describe('a point without a meter', () => {
  test('is shown by people on site, since the execution, and the story says so', async () => {
    const site = makeSite({ supplyPoints: [pointInput({ meter: null })] })
    order = await issuedOrder(site)
    const report = { point: POINT as never, people: '丙、丁', seenAt: later(5 * SECOND), text: '跌落保险已拉开' }
    const tell = (change: object = {}, by = OFFICER) =>
      step(order, { kind: 'cut-report', by, report: { ...report, ...change }, now: later(9 * SECOND) })
    expect(tell()).toMatchObject({ code: 'order-conflict' })
    say(executed(POINT))
    expect(tell({}, VIEWER)).toMatchObject({ code: 'not-allowed' })
    expect(tell({ seenAt: later(-SECOND) })).toMatchObject({ code: 'order-conflict' })
    expect(tell({ seenAt: later(10 * SECOND) })).toMatchObject({ code: 'order-conflict' })
    expect(tell()).toMatchObject({
      order: { state: 'effect-verified', effect: { verdict: 'verified' }, points: [{ result: { kind: 'seen' } }] },
      events: [{ what: 'point-seen', notes: [{ code: 'seen-by' }] }, { what: 'effect-verified' }],
    })
  })

  test('with a meter no word of people counts', () => {
    say(executed(POINT))
    const report = { point: POINT as never, people: '丙', seenAt: later(SECOND), text: 'x' }
    expect(step(order, { kind: 'cut-report', by: HEAD, report, now: later(2 * SECOND) })).toMatchObject({
      code: 'order-conflict',
    })
  })
})
