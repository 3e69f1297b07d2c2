import type { GateFacts } from '@minewarden/cloud/core/orders/gates/gate.ts'
import { askGates } from '@minewarden/cloud/core/orders/gates.ts'
import { step } from '@minewarden/cloud/core/orders/machine.ts'
import type { Order, PointResult } from '@minewarden/cloud/core/orders/order.ts'
import { DISTURBANCES, type Disturbance, NOTHING_KNOWN } from '@minewarden/cloud/core/orders/people.ts'
import { decideSelection } from '@minewarden/cloud/core/orders/select.ts'
import type { SiteRecord } from '@minewarden/cloud/core/orders/site-record.ts'
import { SupplyPointId } from '@minewarden/protocol/ids.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerTo, issuedOrder, lawfulFacts, selected } from '../../support/cut-off/drafts.ts'
import { HEAD, makeSite, NOW, OFFICER, pointInput, VIEWER } from '../../support/cut-off/fixtures.ts'
import { fuzzRuns } from '../../support/fuzz.ts'

/**
 * Inputs of every kind, right and wrong, in every order, at every time. An oracle that knows nothing of the machine
 * remembers what was fed, and says what must be true whenever a point is let go.
 */
const MINUTE = 60_000
type SelectedAnswer = Parameters<typeof decideSelection>[1]
const SITE = makeSite({
  evacuationDelayMinutes: 45,
  supplyPoints: [
    pointInput({ id: 'sp-a' }),
    pointInput({ id: 'sp-b', loadClass: 'B', loads: ['井下皮带'] }),
    pointInput({ id: 'sp-c', topology: 'unknown', loads: ['主通风机'] }),
  ],
})
const [A, B, C] = ['sp-a', 'sp-b', 'sp-c'].map((id) => SupplyPointId.parse(id)) as [
  SupplyPointId,
  SupplyPointId,
  SupplyPointId,
]

interface Fed {
  readonly now: Instant
  readonly record: SiteRecord
  readonly accepted: boolean
}
interface World {
  order: Order
  now: Instant
  sensed: Disturbance | null
  readonly fed: Fed[]
  readonly stirred: Disturbance[]
}

const PEOPLE = [
  [],
  [{ name: '甲', unit: '镇政府' }],
  [
    { name: '甲', unit: '镇政府' },
    { name: '甲\u200b', unit: '派出所' },
  ],
  [
    { name: '甲', unit: '镇政府' },
    { name: ' ', unit: '派出所' },
  ],
  [
    { name: '甲', unit: '镇政府' },
    { name: '乙', unit: '派出所' },
  ],
]
const GOOD = PEOPLE[4] as { name: string; unit: string }[]
const people = fc.oneof(
  { weight: 3, arbitrary: fc.constant(GOOD) },
  { weight: 1, arbitrary: fc.constantFrom(...PEOPLE) },
)
const rescue = fc.constantFrom(
  { name: '丙', unit: '救护队' },
  { name: '丙', unit: '救护队' },
  { name: '甲', unit: '救护队' },
)
/** Minutes against the clock of the moment. */
const shift = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -40, max: 3 }) },
)
const ppm = fc.constantFrom(0, 3, 24, 24.1, -1, 500)

type Move =
  | { readonly kind: 'record'; readonly shift: number; readonly make: (at: Instant) => SiteRecord }
  | { readonly kind: 'stir'; readonly cause: Disturbance['cause']; readonly shift: number; readonly fed: boolean }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'cut'; readonly point: number; readonly result: PointResult['kind'] }
  /** What a careful county does next. */
  | { readonly kind: 'proceed' }

const record = <T>(values: fc.Arbitrary<T>, make: (at: Instant, values: T) => SiteRecord): fc.Arbitrary<Move> =>
  fc.tuple(values, shift).map(([one, minutes]) => ({ kind: 'record', shift: minutes, make: (at) => make(at, one) }))

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 14, arbitrary: fc.constant({ kind: 'proceed' } as const) },
  {
    weight: 4,
    arbitrary: record(
      fc.tuple(fc.constantFrom('none-confirmed', 'none-confirmed', 'none-confirmed', 'unknown', 'present'), people),
      (at, [kind, who]) => ({
        kind: 'people-statement',
        statement: { kind: kind as 'unknown', at, people: who, note: '' },
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: record(
      fc.record({
        siren: fc.boolean(),
        loudspeaker: fc.constant(true),
        messages: fc.constantFrom('全体短信、喊话', '全体短信、喊话', ' '),
        rescue,
        police: fc.constantFrom(
          { name: '丁', unit: '派出所' },
          { name: '丁', unit: '派出所' },
          { name: '丙', unit: '派出所' },
        ),
        neighbours: fc.constantFrom('无连通', '无连通', ''),
        delayMinutes: fc.constantFrom(null, null, 10, 45, 60),
      }),
      (_at, evacuation) => ({ kind: 'evacuation', evacuation }),
    ),
  },
  {
    weight: 3,
    arbitrary: record(fc.record({ people, rescue }), (at, allOut) => ({ kind: 'all-out', allOut: { at, ...allOut } })),
  },
  {
    weight: 2,
    arbitrary: record(fc.record({ people, coPpm: ppm, no2Ppm: fc.constantFrom(0, 2.5, 2.6) }), (at, fumes) => ({
      kind: 'fumes',
      fumes: { at, ...fumes },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('stir' as const),
      cause: fc.constantFrom(...DISTURBANCES),
      shift,
      fed: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 0, max: 50 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cut' as const),
      point: fc.constantFrom(0, 0, 1),
      result: fc.constantFrom<PointResult['kind']>(
        'zero',
        'zero',
        'seen',
        'executed',
        'failed',
        'loaded',
        'silent',
        'was-zero',
      ),
    }),
  },
)

const factsOf = ({ now, sensed }: World): GateFacts => lawfulFacts({ now, site: SITE, disturbance: sensed })

const RESCUE = { name: '丙', unit: '救护队' }
const now = (make: (at: Instant) => SiteRecord): Move => ({ kind: 'record', shift: 0, make })
const cut = (point: number): Move => ({ kind: 'cut', point, result: 'zero' })
const nobody = now((at) => ({
  kind: 'people-statement',
  statement: { kind: 'none-confirmed', at, people: GOOD, note: '' },
}))
const evacuate = now(() => ({
  kind: 'evacuation',
  evacuation: {
    ...{ siren: true, loudspeaker: false, messages: '短信、喊话', neighbours: '无连通巷道', delayMinutes: null },
    ...{ rescue: RESCUE, police: { name: '丁', unit: '派出所' } },
  },
}))
const measured = now((at) => ({ kind: 'fumes', fumes: { at, people: GOOD, coPpm: 8, no2Ppm: 1 } }))
const allOut = now((at) => ({ kind: 'all-out', allOut: { at, people: GOOD, rescue: RESCUE } }))

/** The next thing to do for the first gate that is red. */
function nextOf(world: World): Move {
  const redOf = (point: SupplyPointId) =>
    new Set(
      askGates(world.order, factsOf(world), 'select', point).flatMap(({ passed, code }) => (passed ? [] : [code])),
    )
  if (!['zero', 'seen'].includes(world.order.points[0]?.result?.kind ?? '')) return cut(0)
  const [red, last] = [redOf(B), redOf(C)]
  if (red.has('evacuation')) return world.order.people.evacuation ? { kind: 'wait', minutes: 45 } : evacuate
  if (red.has('fumes'))
    return world.now - (world.order.people.blastAt ?? 0) < 15 * MINUTE ? { kind: 'wait', minutes: 16 } : measured
  if (last.has('all-out')) return world.sensed?.at === world.now ? { kind: 'wait', minutes: 1 } : allOut
  if (red.has('people-underground')) return nobody
  return cut(1)
}

function feed(world: World, move: Move): void {
  if (move.kind === 'proceed') feed(world, nextOf(world))
  else if (move.kind === 'wait') world.now = instant(world.now + move.minutes * MINUTE)
  else if (move.kind === 'cut') {
    const points = world.order.points.map((point, i) =>
      i === move.point ? { ...point, result: { kind: move.result, executedAt: world.now } } : point,
    )
    world.order = { ...world.order, points }
  } else if (move.kind === 'stir') {
    const at = instant(Math.min(world.now + move.shift * MINUTE, world.now))
    const disturbance = { cause: move.cause, sensor: 'geo-1', at }
    world.stirred.push(disturbance)
    // What the sensors felt last is always known; the order is told of it, or not yet: of a blast it always is.
    if (!world.sensed || at >= world.sensed.at) world.sensed = disturbance
    if (move.fed || move.cause === 'blast') take(world, { kind: 'site-disturbed', disturbance, now: world.now })
  } else {
    const what = move.make(instant(world.now + move.shift * MINUTE))
    const accepted = take(world, { ...what, by: OFFICER, facts: factsOf(world) })
    world.fed.push({ now: world.now, record: what, accepted })
  }
}

function take(world: World, input: Parameters<typeof step>[1]): boolean {
  const before = JSON.stringify(world.order)
  const taken = step(world.order, input)
  expect(JSON.stringify(world.order)).toBe(before)
  if (taken.kind !== 'stepped') return false
  expect(taken.order.version).toBe(world.order.version + 1)
  world.order = taken.order
  return true
}

const isGreen = (world: World, point: SupplyPointId): boolean =>
  askGates(world.order, factsOf(world), 'select', point)
    .filter(({ code }) => CODES.has(code))
    .every(({ passed }) => passed)
const CODES = new Set([
  'stage-order',
  'people-underground',
  'evacuation',
  'all-out',
  'fumes',
  'life-safety',
  'load-class',
])

const distinct = (list: readonly { readonly name: string }[]) =>
  new Set(list.map(({ name }) => name.replace(/[\u200b\s]/g, '')).filter((name) => name !== '')).size
const last = <K extends SiteRecord['kind']>(world: World, kind: K) =>
  world.fed.findLast((one) => one.accepted && one.record.kind === kind) as
    | (Fed & { readonly record: Extract<SiteRecord, { kind: K }> })
    | undefined
const quietSince = (world: World, since: Instant) => world.stirred.every(({ at }) => at < since)

/** What must be true of the world when B may be cut, from nothing but what was fed. */
function expectSafeForB(world: World): void {
  expect(['zero', 'seen']).toContain(world.order.points[0]?.result?.kind)
  const said = last(world, 'people-statement')
  expect(said?.record.statement.kind).toBe('none-confirmed')
  const { at, people: who } = said?.record.statement ?? { at: world.now, people: [] }
  expect(distinct(who)).toBeGreaterThanOrEqual(2)
  expect(world.now - at).toBeLessThan(30 * MINUTE)
  expect(quietSince(world, at)).toBe(true)
  const begun = last(world, 'evacuation')
  expect(world.now - (begun?.now ?? world.now)).toBeGreaterThanOrEqual(45 * MINUTE)
  const { siren, loudspeaker, messages, neighbours } = begun?.record.evacuation ?? {}
  expect((siren || loudspeaker) && messages?.trim() && neighbours?.trim()).toBeTruthy()
  const blast = Math.max(...world.stirred.filter(({ cause }) => cause === 'blast').map((one) => one.at))
  if (blast === -Infinity) return
  const fumes = last(world, 'fumes')?.record.fumes
  expect(fumes?.at).toBeGreaterThanOrEqual(blast + 15 * MINUTE)
  expect(fumes?.coPpm).toBeLessThanOrEqual(24)
  expect(fumes?.no2Ppm).toBeLessThanOrEqual(2.5)
}

function expectSafeForC(world: World): void {
  expectSafeForB(world)
  expect(['zero', 'seen']).toContain(world.order.points[1]?.result?.kind)
  const out = last(world, 'all-out')
  expect(out).toBeDefined()
  if (!out) return
  const { at, people: who, rescue: helper } = out.record.allOut
  expect(distinct([...who, helper])).toBeGreaterThanOrEqual(3)
  expect(at).toBeGreaterThanOrEqual(last(world, 'evacuation')?.now ?? Number.POSITIVE_INFINITY)
  expect(quietSince(world, at)).toBe(true)
  const worse = world.fed.filter(
    ({ accepted, record: one }) =>
      accepted && one.kind === 'people-statement' && one.statement.kind !== 'none-confirmed',
  )
  for (const one of worse) expect(world.fed.indexOf(one)).toBeLessThan(world.fed.indexOf(out))
}

const worldOf = async (): Promise<World> => ({
  // Without the blast that the finding of the fixture rests on.
  order: { ...(await issuedOrder(SITE)), state: 'accepted', people: NOTHING_KNOWN },
  now: NOW,
  sensed: null,
  fed: [],
  stirred: [],
})

describe('people below ground', () => {
  test('whatever is recorded, in whatever order, B and C wait for everything they must, and A waits for nobody', async () => {
    const first = await worldOf()
    let [letB, letC] = [0, 0]
    fc.assert(
      fc.property(fc.array(moves, { maxLength: 40 }), (list) => {
        const world: World = { ...first, fed: [], stirred: [] }
        for (const move of list) {
          feed(world, move)
          expect(isGreen(world, A)).toBe(true)
          if (isGreen(world, B)) {
            letB++
            expectSafeForB(world)
          }
          if (isGreen(world, C)) {
            letC++
            expectSafeForC(world)
          }
        }
      }),
      { numRuns: fuzzRuns(500) },
    )
    // A property of gates that never open shows nothing.
    expect(letB).toBeGreaterThan(0)
    expect(letC).toBeGreaterThan(0)
  })

  test('the whole staged cut goes through when everything is done, and only then', async () => {
    const world = await worldOf()
    expect([A, B, C].map((point) => isGreen(world, point))).toEqual([true, false, false])
    feed(world, cut(0))
    feed(world, evacuate)
    feed(world, { kind: 'wait', minutes: 45 })
    expect(isGreen(world, B)).toBe(false)
    feed(world, nobody)
    expect([A, B, C].map((point) => isGreen(world, point))).toEqual([true, true, false])
    // The air of a blast: nobody takes the fan before its fumes are measured.
    feed(world, { kind: 'stir', cause: 'blast', shift: 0, fed: true })
    expect(isGreen(world, B)).toBe(false)
    feed(world, { kind: 'wait', minutes: 20 })
    feed(world, nobody)
    expect(isGreen(world, B)).toBe(false)
    feed(world, measured)
    expect(isGreen(world, B)).toBe(true)
    feed(world, cut(1))
    expect(isGreen(world, C)).toBe(false)
    feed(world, allOut)
    expect(isGreen(world, C)).toBe(true)
    // Anything that stirs, even what only the sensors know, takes it back.
    world.sensed = { cause: 'vibration', sensor: 'geo-1', at: world.now }
    expect(isGreen(world, C)).toBe(false)
    world.sensed = null
    feed(world, { kind: 'wait', minutes: 30 })
    expect([A, B, C].map((point) => isGreen(world, point))).toEqual([true, false, false])
  })

  test('no permission outlives the word that it rests on', async () => {
    const world = await worldOf()
    for (const move of [cut(0), evacuate, { kind: 'wait', minutes: 45 } as const, nobody]) feed(world, move)
    const ask = (now: Instant, point: SupplyPointId) => {
      const answer = answerTo(world.order, selected(point)) as SelectedAnswer
      return decideSelection(world.order, answer, { ...factsOf(world), now })
    }
    const said = world.now
    expect(ask(said, B)).toMatchObject({ granted: true, validUntil: said + MINUTE })
    expect(ask(instant(said + 29.5 * MINUTE), B)).toMatchObject({ granted: true, validUntil: said + 30 * MINUTE })
    expect(ask(instant(said + 30 * MINUTE), B)).toMatchObject({ granted: false, mayAskAgain: true })
    const first = { ...world.order, points: world.order.points.map((point) => ({ ...point, result: null })) }
    const answer = answerTo(first, selected(A)) as SelectedAnswer
    const late = { ...factsOf(world), now: instant(said + 29.5 * MINUTE) }
    expect(decideSelection(first, answer, late)).toMatchObject({ granted: true, validUntil: said + 30.5 * MINUTE })
  })

  test('a viewer records nothing, and nobody records on an order that has ended', async () => {
    const { order } = await worldOf()
    const statement = { kind: 'present' as const, at: NOW, people: [], note: '' }
    const input = { kind: 'people-statement' as const, statement, facts: lawfulFacts({ site: SITE }) }
    expect(step(order, { ...input, by: VIEWER })).toMatchObject({ kind: 'refused', code: 'not-allowed' })
    expect(step({ ...order, state: 'cancelled' }, { ...input, by: HEAD })).toMatchObject({ code: 'order-conflict' })
    expect(step(order, { ...input, by: HEAD })).toMatchObject({ kind: 'stepped' })
  })

  test('a site that shakes without end writes no story without end', async () => {
    const world = await worldOf()
    for (let i = 0; i < 1000; i++) {
      world.now = instant(world.now + 1000)
      feed(world, { kind: 'stir', cause: 'vibration', shift: 0, fed: true })
    }
    expect(world.order.version).toBe((await worldOf()).order.version)
  })
})
