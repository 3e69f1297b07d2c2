import { step } from '@minewarden/cloud/core/orders/machine.ts'
import { DEFAULT_RULES, type Order } from '@minewarden/cloud/core/orders/order.ts'
import type { Step } from '@minewarden/cloud/core/orders/step.ts'
import type { User } from '@minewarden/cloud/core/ports.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, test } from 'vitest'
import {
  answerTo,
  approvedOrder,
  draftedOrder,
  executed,
  issuedOrder,
  lawfulFacts,
} from '../../support/cut-off/drafts.ts'
import {
  HEAD,
  makeSite,
  NOW,
  OFFICER,
  POINT,
  pointInput,
  siteWithPoint,
  VIEWER,
} from '../../support/cut-off/fixtures.ts'

const MINUTE = 60_000
const later = (ms: number): Instant => instant(NOW + ms)
const taken = (result: Step): Order => {
  if (result.kind !== 'stepped') throw new Error(`expected a step: ${JSON.stringify(result)}`)
  return result.order
}
const approve = (order: Order, by: User, documentSha256 = order.documentSha256, facts = lawfulFacts()) =>
  step(order, { kind: 'approve', by, documentSha256, facts })
const answer = (order: Order, saying: Parameters<typeof answerTo>[1], now = NOW) =>
  step(order, { kind: 'answer', answer: answerTo(order, saying), now })

describe('approving', () => {
  test('two approvals of two departments with a head lead to signing', async () => {
    const once = taken(approve(await draftedOrder(), OFFICER))
    expect(once.state).toBe('approved-once')
    const second = approve(once, HEAD)
    expect(second).toMatchObject({ kind: 'stepped', effects: ['sign'], order: { state: 'approved', version: 3 } })
  })

  test.each<[string, User, string]>([
    ['the same user', OFFICER, 'one user approved twice'],
    ['another user of the same department', { ...HEAD, department: OFFICER.department }, 'from one department'],
    ['two officers without a head', { ...HEAD, role: 'officer' }, 'no head'],
    ['a viewer', VIEWER, 'may not approve'],
  ])('%s cannot give the second approval, and the first one stays', async (_name, by, detail) => {
    const once = taken(approve(await draftedOrder(), OFFICER))
    const refused = approve(once, by)
    expect(refused).toMatchObject({ kind: 'refused', code: 'not-allowed', actor: by.id })
    expect((refused as { detail: string }).detail).toContain(detail)
    expect(taken(approve(once, HEAD)).state).toBe('approved')
  })

  test('another hash than that of the document is refused', async () => {
    expect(approve(await draftedOrder(), HEAD, 'f'.repeat(64))).toMatchObject({ code: 'order-conflict' })
  })

  test('a red gate refuses the approval of a head as of anybody', async () => {
    const site = siteWithPoint({ loads: ['风机'] })
    const refused = approve(await draftedOrder(site), HEAD, undefined, lawfulFacts({ site }))
    expect(refused).toMatchObject({ kind: 'refused', code: 'order-unsafe' })
  })

  test('an order beyond its approvals cannot be approved again', async () => {
    expect(approve(await issuedOrder(), HEAD)).toMatchObject({ code: 'order-conflict' })
  })
})

describe('issuing', () => {
  const sign = (order: Order, facts = lawfulFacts()) =>
    step(order, { kind: 'signed', jws: 'signed', issuedAt: facts.now, facts })

  test('a signed order is issued once; a second signature changes nothing', async () => {
    const issued = sign(await approvedOrder())
    expect(issued).toMatchObject({ kind: 'stepped', effects: ['deliver'], order: { state: 'issued', jws: 'signed' } })
    expect(sign(taken(issued))).toEqual({ kind: 'unchanged' })
  })

  test('an order whose ground fell away before the issue is cancelled, not kept for later', async () => {
    const judged = step(await approvedOrder(), { kind: 'judged', state: 'sealed', measuredAt: later(1), now: later(1) })
    const late = lawfulFacts({ now: later(16 * MINUTE) })
    expect(taken(sign(taken(judged), late))).toMatchObject({
      state: 'cancelled',
      jws: null,
      endedAt: later(16 * MINUTE),
    })
  })

  test('an order whose time ran out before the issue expires', async () => {
    const order = await approvedOrder()
    expect(taken(sign(order, lawfulFacts({ now: order.validUntil }))).state).toBe('expired')
  })
})

describe('cancelling', () => {
  const cancel = (order: Order, by: User = OFFICER) => step(order, { kind: 'cancel', by, reason: '误报', now: NOW })

  test('is for officers and heads, until the order is issued', async () => {
    expect(taken(cancel(await draftedOrder()))).toMatchObject({ state: 'cancelled', endedAt: NOW })
    expect(taken(cancel(await approvedOrder())).state).toBe('cancelled')
    expect(cancel(await draftedOrder(), VIEWER)).toMatchObject({ code: 'not-allowed' })
    expect(cancel(await issuedOrder())).toMatchObject({ code: 'order-conflict' })
  })
})

describe('answers', () => {
  test('go received, accepted, executed', async () => {
    const received = taken(answer(await issuedOrder(), { kind: 'received' }))
    const accepted = taken(answer(received, { kind: 'accepted' }))
    const done = answer(accepted, executed(POINT, later(1000)), later(2000))
    expect([received.state, accepted.state, taken(done).state]).toEqual(['received', 'accepted', 'executed'])
    expect(done).toMatchObject({ effects: ['watch-effect'] })
    expect(taken(done).points[0]?.result).toMatchObject({ kind: 'executed', executedAt: later(1000) })
  })

  test('told twice change nothing the second time', async () => {
    const done = taken(answer(await issuedOrder(), executed(POINT)))
    for (const saying of [{ kind: 'received' }, { kind: 'accepted' }, executed(POINT)] as const) {
      expect(answer(done, saying)).toEqual({ kind: 'unchanged' })
    }
  })

  test('out of order lead to the same state', async () => {
    expect(taken(answer(await issuedOrder(), { kind: 'accepted' })).state).toBe('accepted')
    expect(taken(answer(await issuedOrder(), executed(POINT))).state).toBe('executed')
  })

  test('a refusal ends the order with its reason', async () => {
    const refused = answer(await issuedOrder(), { kind: 'refused', reason: 'not-mine', detail: '小水电' })
    expect(refused).toMatchObject({
      order: { state: 'refused' },
      events: [{ notes: [{ code: 'supplier-refused', values: { reason: 'not-mine', detail: '小水电' } }] }],
    })
  })

  test('a refusal after the acceptance is noted and changes no state', async () => {
    const accepted = taken(answer(await issuedOrder(), { kind: 'accepted' }))
    const noted = answer(accepted, { kind: 'refused', reason: 'other', detail: 'x' })
    expect(noted).toMatchObject({ order: { state: 'accepted' }, events: [{ what: 'answer-noted' }] })
  })

  test('an execution with a closed read-back, or a failure, is ineffective', async () => {
    const closed = executed(POINT, NOW, 'closed')
    expect(taken(answer(await issuedOrder(), closed)).state).toBe('ineffective')
    const failed = { kind: 'failed', supplyPoint: POINT as never, detail: 'stuck' } as const
    expect(taken(answer(await issuedOrder(), failed)).state).toBe('ineffective')
  })

  test('with several points the order is executed only when all are', async () => {
    const site = makeSite({ supplyPoints: [pointInput(), pointInput({ id: 'sp-2' })] })
    const first = taken(answer(await issuedOrder(site), executed(POINT)))
    expect(first.state).toBe('accepted')
    expect(taken(answer(first, executed('sp-2'))).state).toBe('executed')
    // The one that was cut is measured all the same: then the whole is partial.
    const half = taken(answer(first, { kind: 'failed', supplyPoint: 'sp-2' as never, detail: 'x' }))
    expect(half).toMatchObject({ state: 'executed', effect: null })
    const measured = step(half, { kind: 'measured', point: POINT as never, verdict: 'zero', notes: [], now: NOW })
    expect(taken(measured)).toMatchObject({ state: 'ineffective', effect: { verdict: 'partial' } })
  })

  test('for a point that is not in the order, or before the issue, are refused', async () => {
    expect(answer(await issuedOrder(), executed('sp-9'))).toMatchObject({ kind: 'refused', code: 'order-conflict' })
    expect(answer(await approvedOrder(), { kind: 'received' })).toMatchObject({ kind: 'refused' })
  })

  test('an execution is never dated before the issue nor after its arrival, whatever the supplier says', async () => {
    const at = (claimed: Instant) =>
      taken(answer(await_, executed(POINT, claimed), later(5000))).points[0]?.result?.executedAt
    const await_ = await issuedOrder()
    expect(at(later(-10 * MINUTE))).toBe(NOW)
    expect(at(later(10 * MINUTE))).toBe(later(5000))
    expect(at(later(3000))).toBe(later(3000))
  })

  test('an execution told after the order was given up is noted for people, and the end stays', async () => {
    const order = await issuedOrder()
    const given = taken(
      step(order, { kind: 'time', now: instant(order.validUntil + 11 * MINUTE), rules: DEFAULT_RULES }),
    )
    expect(given.state).toBe('undeliverable')
    const noted = taken(answer(given, executed(POINT), later(200 * MINUTE)))
    expect(noted).toMatchObject({ state: 'undeliverable', endedAt: given.endedAt })
    expect(answer(given, { kind: 'received' })).toEqual({ kind: 'unchanged' })
  })
})

describe('time', () => {
  const pass = (order: Order, ms: number) =>
    step(order, { kind: 'time', now: instant(order.validUntil + ms), rules: DEFAULT_RULES })

  test('ends what was not issued as expired, at validUntil and not before', async () => {
    expect(pass(await draftedOrder(), -1)).toEqual({ kind: 'unchanged' })
    expect(taken(pass(await draftedOrder(), 0)).state).toBe('expired')
    expect(taken(pass(await approvedOrder(), 0)).state).toBe('expired')
  })

  test('waits for answers under way before it ends what was issued', async () => {
    const issued = await issuedOrder()
    const accepted = taken(answer(issued, { kind: 'accepted' }))
    const lapsed = pass(issued, DEFAULT_RULES.answerGraceMs - 1)
    expect(lapsed).toMatchObject({ order: { state: 'issued' }, events: [{ what: 'lapsed' }] })
    expect(pass(taken(lapsed), DEFAULT_RULES.answerGraceMs - 1)).toEqual({ kind: 'unchanged' })
    expect(taken(pass(issued, DEFAULT_RULES.answerGraceMs)).state).toBe('undeliverable')
    expect(taken(pass(accepted, DEFAULT_RULES.answerGraceMs)).state).toBe('expired')
  })

  test('does not end an execution whose effect is being measured', async () => {
    const done = taken(answer(await issuedOrder(), executed(POINT)))
    expect(pass(done, 600 * MINUTE)).toEqual({ kind: 'unchanged' })
  })
})
