import { holidayAt, isNight } from '@minewarden/cloud/core/law/calendar.ts'
import { DEFAULT_LAW } from '@minewarden/cloud/core/law/default-rules.ts'
import type { StepEntry } from '@minewarden/cloud/core/law/record.ts'
import type { Basis } from '@minewarden/cloud/core/law/rules.ts'
import { draftLegal } from '@minewarden/cloud/core/orders/draft.ts'
import { askGates } from '@minewarden/cloud/core/orders/gates.ts'
import { step } from '@minewarden/cloud/core/orders/machine.ts'
import type { Order } from '@minewarden/cloud/core/orders/order.ts'
import { SupplyPointId } from '@minewarden/protocol/ids.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { approvedOrder, draftedOrder, lawfulFacts } from '../../support/cut-off/drafts.ts'
import { HEAD, ISSUER, makeSite, NOW, OFFICER, POINT } from '../../support/cut-off/fixtures.ts'
import { lawfulEntries, lawfulWaiver } from '../../support/cut-off/lawful.ts'
import { fuzzRuns } from '../../support/fuzz.ts'

const HOUR = 3_600_000
const BASIS = DEFAULT_LAW.bases[0] as Basis
const ENTRIES = lawfulEntries(BASIS, instant(NOW - 3 * HOUR))
const red = (order: Order, now: Instant, stage: 'draft' | 'issue' | 'select' = 'draft') =>
  askGates(order, lawfulFacts({ now }), stage, SupplyPointId.parse(POINT))
    .filter(({ passed }) => !passed)
    .map(({ code }) => code)
const empty = async (): Promise<Order> => {
  const order = await draftedOrder()
  return { ...order, legal: draftLegal(makeSite(), ISSUER, DEFAULT_LAW) }
}
const say = (order: Order, entry: StepEntry, now: Instant = NOW) =>
  step(order, { kind: 'legal-step', entry, by: OFFICER, facts: lawfulFacts({ now }) })
const declare = (order: Order, at: Instant, by = HEAD, now = at) =>
  step(order, { kind: 'legal-waiver', waiver: lawfulWaiver(at), by, facts: lawfulFacts({ now }) })
const orderAfter = (order: Order, taken: ReturnType<typeof step>): Order =>
  taken.kind === 'stepped' ? taken.order : order

describe('the legal gate', () => {
  test('in whatever order the steps are recorded, it is red until the last is, and green then', async () => {
    const first = orderAfter(await empty(), declare(await empty(), instant(NOW - HOUR), HEAD, NOW))
    fc.assert(
      fc.property(fc.shuffledSubarray([...ENTRIES], { minLength: ENTRIES.length }), (entries) => {
        let order = first
        for (const [i, entry] of entries.entries()) {
          // What an emergency waives may be missing: the last of the others turns it green.
          const open = entries
            .slice(i)
            .filter((one) => !BASIS.demands.find((demand) => demand.step === one.step)?.waivable)
          expect(red(order, NOW).includes('legal-steps')).toBe(open.length > 0)
          const taken = say(order, entry)
          expect(taken.kind).toBe('stepped')
          order = orderAfter(order, taken)
        }
        expect(red(order, NOW)).toEqual([])
      }),
      { numRuns: fuzzRuns(100) },
    )
  })

  test('no subset of the steps opens it, and a refused step leaves nothing behind', async () => {
    const first = orderAfter(await empty(), declare(await empty(), instant(NOW - HOUR), HEAD, NOW))
    const wrong = fc.record({
      number: fc.constantFrom(null, '', '全应急〔2026〕decision'),
      at: fc.constantFrom(instant(NOW + 2 * HOUR), instant(NOW - 200 * 24 * HOUR)),
    })
    fc.assert(
      fc.property(fc.subarray([...ENTRIES], { maxLength: ENTRIES.length - 4 }), wrong, (entries, change) => {
        let order = first
        for (const entry of entries) order = orderAfter(order, say(order, entry))
        expect(red(order, NOW)).toContain('legal-steps')
        for (const entry of ENTRIES) {
          const refused = say(order, { ...entry, ...change })
          expect(refused).toMatchObject({ kind: 'refused', code: 'order-unsafe' })
        }
      }),
      { numRuns: fuzzRuns(100) },
    )
  })

  test('no point is let go before its notice has run out, or at night or on a holiday, unless an emergency stands', async () => {
    const order = await approvedOrder()
    const told = order.legal.steps.find(({ step: one }) => one === 'operator-notice')?.at as Instant
    const hours = fc.integer({ min: 0, max: 400 * 24 })
    fc.assert(
      fc.property(hours, fc.option(hours), (later, declared) => {
        const now = instant(NOW + later * HOUR)
        const waiver = declared === null ? null : instant(NOW + declared * HOUR)
        const legal = {
          ...order.legal,
          stepMaxAgeDays: 3650,
          waiver: waiver && order.legal.waiver && { ...order.legal.waiver, at: waiver },
        }
        const held = red({ ...order, legal }, now, 'select')
        const urgent = waiver !== null && waiver <= now && now - waiver <= 24 * HOUR
        expect(held.includes('stop-time')).toBe(!urgent && now < told + 24 * HOUR)
        expect(held.includes('lawful-hour')).toBe(
          !urgent && (isNight(now, DEFAULT_LAW) || holidayAt(now, DEFAULT_LAW) !== null),
        )
      }),
      { numRuns: fuzzRuns(1000) },
    )
  })

  test('an officer declares no emergency, and nothing is recorded once somebody has approved', async () => {
    const order = await empty()
    expect(declare(order, NOW, OFFICER)).toMatchObject({ kind: 'refused', code: 'order-unsafe' })
    for (const state of ['approved-once', 'approved', 'issued', 'accepted', 'cancelled', 'watched'] as const) {
      const later = { ...order, state }
      expect(say(later, ENTRIES[0] as StepEntry)).toMatchObject({ kind: 'refused', code: 'order-conflict' })
      expect(declare(later, NOW)).toMatchObject({ kind: 'refused', code: 'order-conflict' })
    }
  })

  test('a head of another department is not the competent one', async () => {
    const order = await approvedOrder()
    const legal = { ...order.legal, department: '应急管理局' }
    expect(red({ ...order, legal }, NOW, 'issue')).toEqual(['competent-head'])
    expect(red({ ...order, legal }, NOW, 'select')).toEqual(['competent-head'])
  })

  test('an order that names another basis than its legal record is refused', async () => {
    const order = await approvedOrder()
    const content = { ...order.content, basis: 'coal-safety-regulation-70' }
    expect(red({ ...order, content }, NOW)).toContain('legal-basis')
  })
})
