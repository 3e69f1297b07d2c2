import { step } from '@minewarden/cloud/core/orders/machine.ts'
import { DEFAULT_RULES, isEnded, type Order } from '@minewarden/cloud/core/orders/order.ts'
import type { SelectedAnswer } from '@minewarden/cloud/core/orders/progress.ts'
import { type Permission, WATCH_FACTS } from '@minewarden/cloud/core/orders/progress.ts'
import { decideSelection, permissionDocument } from '@minewarden/cloud/core/orders/select.ts'
import type { OrderInput } from '@minewarden/cloud/core/orders/step.ts'
import { ORDER_STATES } from '@minewarden/cloud/core/ports.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  answerTo,
  approvedOrder,
  draftedOrder,
  executed,
  issuedOrder,
  lawfulFacts,
  selected,
} from '../../support/cut-off/drafts.ts'
import { makeSite, NOW, POINT, pointInput } from '../../support/cut-off/fixtures.ts'

const MINUTE = 60_000
const later = (ms: number): Instant => instant(NOW + ms)

/** Any input, lawful or not, in any order: people of several roles, answers of every kind, clocks that jump. */
describe('whatever happens', () => {
  let starts: readonly Order[]
  const site = makeSite({ supplyPoints: [pointInput(), pointInput({ id: 'sp-2' })] })
  beforeAll(async () => {
    const [issued, cut] = [await issuedOrder(site), await executedOrder(site)]
    starts = [await draftedOrder(site), await approvedOrder(site), issued, cut, watchedOrder(cut)]
  })
  const taking = (order: Order, input: OrderInput): Order => {
    const result = step(order, input)
    return result.kind === 'stepped' ? result.order : order
  }
  const watchedOrder = (cut: Order): Order => {
    const zero = (order: Order, id: string) =>
      taking(order, { kind: 'measured', point: id as never, verdict: 'zero', notes: [], now: NOW })
    return taking([POINT, 'sp-2'].reduce(zero, cut), { kind: 'time', now: NOW, rules: DEFAULT_RULES })
  }
  const executedOrder = async (at: typeof site) =>
    [POINT, 'sp-2'].reduce(
      (order, id) => taking(order, { kind: 'answer', answer: answerTo(order, executed(id)), now: NOW }),
      await issuedOrder(at),
    )
  const start = fc.nat({ max: 4 }).map((i) => () => starts[i] as Order)

  const user = fc.record({
    id: fc.constantFrom('u1', 'u2', 'u3').map((id) => UserId.parse(id)),
    name: fc.constant('n'),
    department: fc.constantFrom('d1', 'd2'),
    role: fc.constantFrom('viewer' as const, 'officer' as const, 'head' as const),
  })
  const now = fc
    .oneof({ weight: 4, arbitrary: fc.nat({ max: 30 }) }, { weight: 1, arbitrary: fc.integer({ min: -10, max: 400 }) })
    .map((minutes) => later(minutes * MINUTE))
  const facts = (at: Instant, unsafe: boolean) =>
    lawfulFacts({
      now: at,
      site: makeSite({ supplyPoints: [pointInput(unsafe ? { loadClass: 'C' } : {}), pointInput({ id: 'sp-2' })] }),
    })
  const point = fc.constantFrom(POINT, 'sp-2', 'sp-9')
  /** `forged`: a signed reply that says other than what the gates say. */
  const selectedInput = (
    order: Order,
    id: string,
    selection: number,
    known: ReturnType<typeof facts>,
    forged: boolean,
  ): OrderInput => {
    const answer = answerTo(order, selected(id, selection)) as SelectedAnswer
    const decision = decideSelection(order, answer, known)
    const other = { granted: true, validUntil: later(60 * MINUTE) } as const
    const permission = permissionDocument(order, answer, forged ? other : decision, known.now)
    return { kind: 'selected', answer, permission, jws: 'p', sha256: `${id} ${selection}`, facts: known }
  }
  const saying = fc.oneof(
    fc.constantFrom({ kind: 'received' as const }, { kind: 'accepted' as const }),
    fc.constant({ kind: 'refused' as const, reason: 'other' as const, detail: 'x' }),
    fc.tuple(point, now, fc.boolean()).map(([id, at, open]) => executed(id, at, open ? 'open' : 'closed')),
    fc.constantFrom({ kind: 'withdrawal-received' as const }),
    point.map((id) => ({ kind: 'withdrawn' as const, executed: id === 'sp-9' ? [] : [id as never] })),
    point.map((id) => ({ kind: 'failed' as const, supplyPoint: id as never, detail: 'x' })),
  )
  const input: fc.Arbitrary<(order: Order) => OrderInput> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(user, now, fc.integer({ max: 9, min: 0 })).map(
        ([by, at, odd]) =>
          (order: Order): OrderInput => ({
            kind: 'approve',
            by,
            documentSha256: odd === 0 ? 'f'.repeat(64) : order.documentSha256,
            facts: facts(at, odd === 1),
          }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(now, fc.boolean()).map(
        ([at, unsafe]) =>
          (): OrderInput => ({ kind: 'signed', jws: `signed ${at}`, issuedAt: at, facts: facts(at, unsafe) }),
      ),
    },
    {
      weight: 5,
      arbitrary: fc.tuple(saying, now).map(
        ([said, at]) =>
          (order: Order): OrderInput => ({ kind: 'answer', answer: answerTo(order, said), now: at }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(user, now).map(
        ([by, at]) =>
          (): OrderInput => ({ kind: 'cancel', by, reason: 'x', now: at }),
      ),
    },
    { weight: 3, arbitrary: now.map((at) => (): OrderInput => ({ kind: 'time', now: at, rules: DEFAULT_RULES })) },
    {
      weight: 1,
      arbitrary: fc.tuple(user, now).map(
        ([by, at]) =>
          (): OrderInput => ({ kind: 'stop', by, reason: 'x', now: at }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(user, now).map(
        ([by, at]) =>
          (): OrderInput => ({ kind: 'close', by, reason: 'x', now: at }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom(...WATCH_FACTS), now).map(
        ([fact, at]) =>
          (): OrderInput => ({ kind: 'after-cut', fact, since: at, at, notes: [], rules: DEFAULT_RULES }),
      ),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(point, fc.integer({ min: 1, max: 4 }), now, fc.boolean(), fc.nat({ max: 9 })).map(
        ([id, selection, at, unsafe, odd]) =>
          (order: Order): OrderInput =>
            selectedInput(order, id, selection, facts(at, unsafe), odd === 0),
      ),
    },
    { weight: 1, arbitrary: now.map((at) => (): OrderInput => ({ kind: 'undelivered', problem: 'x', now: at })) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom('sealed' as const, 'reopened' as const), now).map(
        ([state, at]) =>
          (): OrderInput => ({ kind: 'judged', state, measuredAt: at, now: at }),
      ),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          point,
          fc.constantFrom(...(['zero', 'zero', 'zero', 'zero', 'was-zero', 'loaded', 'silent'] as const)),
          now,
        )
        .map(
          ([id, verdict, at]) =>
            (): OrderInput => ({ kind: 'measured', point: id as never, verdict, notes: [], now: at }),
        ),
    },
  )

  const NEXT: Record<string, readonly string[]> = {
    drafted: ['drafted', 'approved-once', 'cancelled', 'expired'],
    'approved-once': ['approved-once', 'approved', 'cancelled', 'expired'],
    approved: ['approved', 'issued', 'cancelled', 'expired'],
    issued: ['issued', 'received', 'accepted', 'refused', 'executed', 'ineffective', 'cancelled', 'undeliverable'],
    received: ['received', 'accepted', 'refused', 'executed', 'ineffective', 'cancelled', 'expired'],
    // Measured while another point was awaited: what was awaited decides at once.
    accepted: ['accepted', 'executed', 'effect-verified', 'ineffective', 'cancelled', 'expired'],
    executed: ['executed', 'effect-verified', 'ineffective'],
    'effect-verified': ['effect-verified', 'watched'],
    ineffective: ['ineffective', 'watched', 'closed'],
    watched: ['watched', 'closed'],
  }

  test('no step is skipped, nothing is doubled, and an end is final', () => {
    const reached = new Set<string>()
    fc.assert(
      fc.property(start, fc.array(input, { maxLength: 40 }), (from, inputs) => {
        let order = from()
        const counts = new Map<string, number>()
        for (const make of inputs) {
          const before = order
          const result = step(before, make(before))
          if (result.kind !== 'stepped') continue
          order = result.order
          reached.add(order.state)
          for (const effect of result.effects) counts.set(effect, (counts.get(effect) ?? 0) + 1)
          expect(order.version).toBe(before.version + 1)
          expect(result.events.length).toBeGreaterThan(0)
          expect(isEnded(before.state) ? [before.state] : NEXT[before.state]).toContain(order.state)
          expect(order.endedAt === null).toBe(!isEnded(order.state))
          // Only that the supplier knows of the stop is written to an ended order.
          const bare = (one: Order) => ({ ...one, version: 0, stopped: null })
          if (isEnded(before.state)) expect(bare(order)).toEqual(bare(before))
          if (before.stopped) expect(grantsOf(order)).toBe(grantsOf(before))
          if (grantsOf(order) > grantsOf(before)) expectPermitted(order)
          if (before.jws !== null) expect(order.jws).toBe(before.jws)
          if (order.jws !== null) expectLawful(order)
        }
        // The meters are looked at anew with each point.
        for (const [effect, count] of counts) expect(count).toBeLessThanOrEqual(effect === 'watch-effect' ? 2 : 1)
      }),
      { numRuns: 3000 },
    )
    // The inputs are rich enough to lead everywhere: otherwise the property would hold of nothing.
    expect([...reached].sort()).toEqual([...ORDER_STATES].filter((state) => state !== 'restored').sort())
  })

  const grantsOf = ({ permissions }: Order) => permissions.filter(({ granted }) => granted).length
  function expectPermitted({ permissions, validUntil, stopped, lapsedAt }: Order) {
    const { at, validUntil: until } = permissions.at(-1) as Permission
    expect(stopped).toBeNull()
    expect(lapsedAt).toBeNull()
    expect(at).toBeLessThan(validUntil)
    expect(until).toBeLessThanOrEqual(Math.min(validUntil, at + DEFAULT_RULES.selectTimeoutMs))
  }

  function expectLawful({ approvals, documentSha256, issuedAt, validUntil }: Order) {
    expect(approvals.length).toBe(2)
    expect(new Set(approvals.map((one) => one.user)).size).toBe(2)
    expect(new Set(approvals.map((one) => one.department)).size).toBe(2)
    expect(approvals.some((one) => one.role === 'head')).toBe(true)
    expect(approvals.every((one) => one.orderSha256 === documentSha256)).toBe(true)
    expect(issuedAt).toBeLessThan(validUntil)
  }

  test('an order that is left alone comes to an end by the clock', () => {
    fc.assert(
      fc.property(start, fc.array(input, { maxLength: 15 }), (from, inputs) => {
        let order = from()
        const take = (next: OrderInput) => {
          const result = step(order, next)
          if (result.kind === 'stepped') order = result.order
        }
        for (const make of inputs) take(make(order))
        const end = 10_000 * MINUTE
        take({ kind: 'time', now: later(end), rules: DEFAULT_RULES })
        // What the effect watch says at the latest when a meter stays silent.
        for (const { id } of order.points) take({ kind: 'measured', point: id, verdict: 'silent', notes: [], now: NOW })
        for (const days of [0, 4]) take({ kind: 'time', now: later(end + days * 1440 * MINUTE), rules: DEFAULT_RULES })
        expect(isEnded(order.state)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
