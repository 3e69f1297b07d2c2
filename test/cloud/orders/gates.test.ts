import type { GateFacts } from '@minewarden/cloud/core/orders/gates/gate.ts'
import { askGates, GATES } from '@minewarden/cloud/core/orders/gates.ts'
import { DEFAULT_RULES, type Order } from '@minewarden/cloud/core/orders/order.ts'
import { describeNotes } from '@minewarden/cloud/core/orders/order-text.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'
import { approvedOrder, draftedOrder, lawfulFacts } from '../../support/cut-off/drafts.ts'
import { HEAD, makeSite, NOW, pointInput, siteWithPoint } from '../../support/cut-off/fixtures.ts'

const MINUTE = 60_000
const pointIdOf = (order: Order) => order.content.supplyPoints[0]?.id
const red = (order: Order, facts: GateFacts = lawfulFacts()) =>
  askGates(order, facts, 'issue')
    .filter(({ passed }) => !passed)
    .map(({ code }) => code)

test('a lawful order with two approvals passes every gate', async () => {
  expect(red(await approvedOrder())).toEqual([])
})

test('before the approvals only the gates of the approvers are not asked', async () => {
  const order = await draftedOrder()
  expect(askGates(order, lawfulFacts(), 'draft').filter(({ passed }) => !passed)).toEqual([])
  expect(red(order)).toEqual(['competent-head', 'two-approvals'])
})

test('every gate has a code of its own and is asked at one stage at least', () => {
  expect(new Set(GATES.map(({ code }) => code)).size).toBe(GATES.length)
  expect(GATES.filter(({ stages }) => stages.length === 0)).toEqual([])
})

test('a lawful class A point may be operated once it is selected, whoever is below ground', async () => {
  const order = await approvedOrder()
  expect(askGates(order, lawfulFacts(), 'select', pointIdOf(order)).filter(({ passed }) => !passed)).toEqual([])
})

const evidence = (order: Order, change: object): Order => ({ ...order, evidence: { ...order.evidence, ...change } })

test('late evidence, evidence from the future and evidence that no longer holds are refused', async () => {
  const order = await approvedOrder()
  expect(red(evidence(order, { late: true }))).toEqual(['evidence-in-time'])
  expect(red(evidence(order, { findingAt: instant(NOW + 2 * MINUTE) }))).toEqual(['evidence-in-time'])
  const gone = { siteState: 'suspected', reopenedAt: instant(NOW - 16 * MINUTE) }
  expect(red(evidence(order, gone))).toEqual(['evidence-in-time'])
  expect(red(evidence(order, { ...gone, reopenedAt: instant(NOW - 14 * MINUTE) }))).toEqual([])
})

test.each([[[]], [['geophone']], [['geophone', 'geophone']], [['geophone', 'rumour']]])(
  'the sensor kinds %j are not two',
  async (independentKinds) => {
    expect(red(evidence(await approvedOrder(), { independentKinds }))).toEqual(['evidence-kinds'])
  },
)

test('an order without a hash of evidence is refused', async () => {
  const order = await approvedOrder()
  expect(red({ ...order, content: { ...order.content, evidence: [] } })).toEqual(['evidence-frozen'])
})

/** An order drafted for a site whose point is changed so; the register says the same. */
const withPoint = async (change: object) => {
  const site = siteWithPoint(change)
  return red(await approvedOrder(site), { ...lawfulFacts(), site })
}

test.each([
  { loadClass: 'B' },
  { loadClass: 'C' },
  { surveyedOn: null },
  { topology: 'unknown' },
  { topology: 'tapped' },
  { topology: 'borrowed' },
])('a supply point that is not a surveyed class A (%j) may be ordered, and is held at select', async (change) => {
  expect(await withPoint(change)).toEqual([])
  const site = siteWithPoint(change)
  const order = await approvedOrder(site)
  const held = askGates(order, { ...lawfulFacts(), site }, 'select', pointIdOf(order))
  expect(held.filter(({ passed }) => !passed).map(({ code }) => code)).toContain('people-underground')
})

test('a survey from the future is refused', async () => {
  expect(await withPoint({ surveyedOn: '2026-03-04' })).toEqual(['load-class'])
})

test('important users are provided for, or the point is not cut', async () => {
  const user = { kind: 'water', provision: null }
  expect(await withPoint({ importantUsers: [user] })).toEqual(['important-users'])
  expect(await withPoint({ importantUsers: [{ ...user, provision: '由 2 号线转供' }] })).toEqual([])
})

test.each([
  ...[
    '主通风机',
    '水泵',
    '排水',
    '提升机',
    '绞车',
    '空压机',
    '瓦斯监测',
    '通信',
    '照明',
    'Main Fan',
    'dewatering pump',
  ],
  ...['HOIST', 'winch', 'compressor', 'gas monitor', 'communication', 'escape lighting', ' ', ''],
])('the load "%s" is refused, whatever the class', async (load) => {
  expect(await withPoint({ loads: ['破碎机', load] })).toEqual(['life-safety'])
})

test('a point whose loads are not listed is refused', async () => {
  expect(await withPoint({ loads: [] })).toEqual(['life-safety'])
})

test('one unsafe point among safe ones is enough', async () => {
  const site = makeSite({ supplyPoints: [pointInput(), pointInput({ id: 'sp-2', loads: ['井下风机'] })] })
  expect(red(await approvedOrder(site), { ...lawfulFacts(), site })).toEqual(['life-safety'])
})

test('residents are never cut', async () => expect(await withPoint({ residents: true })).toEqual(['no-residents']))

test('a point without a meter may be cut', async () => {
  // A point without one is reported of by people on site.
  expect(await withPoint({ meter: null })).toEqual([])
})

test('a point that the register describes otherwise since the draft is refused', async () => {
  const order = await approvedOrder()
  for (const change of [
    { loadClass: 'C' },
    { loads: ['破碎机', '风机'] },
    { customerNumber: '2' },
    { residents: true },
  ]) {
    expect(red(order, { ...lawfulFacts(), site: siteWithPoint(change) })).toContain('site-registered')
  }
  expect(red(order, { ...lawfulFacts(), site: null })).toEqual(['site-registered'])
})

test('two suppliers at one site, or one that we cannot reach, are refused', async () => {
  const site = makeSite({ supplyPoints: [pointInput(), pointInput({ id: 'sp-2', supplier: 'small-hydro' })] })
  expect(red(await approvedOrder(site), { ...lawfulFacts(), site })).toEqual(['one-supplier'])
  expect(red(await approvedOrder(), { ...lawfulFacts(), supplierKnown: false })).toEqual(['one-supplier'])
})

test('work that is permitted now is not cut off', async () => {
  const permit = (from: string, to: string) => ({ permits: [{ reason: '回填', from, to }] })
  const during = makeSite(permit('2026-03-03T14:00:00Z', '2026-03-03T16:00:00Z'))
  const before = makeSite(permit('2026-03-03T12:00:00Z', '2026-03-03T14:00:00Z'))
  expect(red(await approvedOrder(), { ...lawfulFacts(), site: during })).toEqual(['no-permit'])
  expect(red(await approvedOrder(), { ...lawfulFacts(), site: before })).toEqual([])
})

test('an order past its time, before its draft, or valid for too long is refused', async () => {
  const order = await approvedOrder()
  expect(red(order, { ...lawfulFacts(), now: order.validUntil })).toEqual(['validity'])
  expect(red(order, { ...lawfulFacts(), now: instant(NOW - 2 * MINUTE) })).toContain('validity')
  expect(red({ ...order, validUntil: instant(NOW + 25 * 60 * MINUTE) })).toEqual(['validity'])
  expect(DEFAULT_RULES.validityMs).toBeLessThan(24 * 60 * MINUTE)
})

test('a basis that we do not know, a drill, and a second open order are refused', async () => {
  const order = await approvedOrder()
  expect(red({ ...order, content: { ...order.content, basis: 'because' } })).toEqual(['legal-basis'])
  expect(red({ ...order, content: { ...order.content, drill: true as false } })).toEqual(['never-a-drill'])
  expect(red(order, { ...lawfulFacts(), otherOrderOpen: true })).toEqual(['one-order'])
})

test('approvals of one, of one department, without a head, or of another document are refused', async () => {
  const order = await approvedOrder()
  const [first, second] = order.approvals
  if (!first || !second) throw new Error('two approvals expected')
  const refused = (approvals: Order['approvals']) => expect(red({ ...order, approvals })).toContain('two-approvals')
  refused([])
  refused([second])
  refused([first, first])
  refused([first, { ...second, user: first.user }])
  refused([first, { ...second, department: first.department }])
  refused([first, { ...second, department: ` ${first.department.slice(0, 2)} ${first.department.slice(2)}` }])
  refused([first, { ...second, role: 'officer' }])
  refused([first, { ...second, orderSha256: 'f'.repeat(64) }])
})

test('the red gate says which point and why', async () => {
  const site = siteWithPoint({ loads: ['破碎机', '主扇'] })
  const gate = askGates(await approvedOrder(site), { ...lawfulFacts(), site }, 'draft').find((one) => !one.passed)
  expect(gate?.problems).toEqual([{ code: 'load-life-safety', values: { point: 'sp-1', load: '主扇' } }])
  expect(describeNotes(gate?.problems ?? [])).toBe("sp-1: life safety: '主扇'")
})

test('work that is permitted before the order ends is not cut off by an order of before', async () => {
  const soon = makeSite({ permits: [{ reason: '回填', from: '2026-03-03T16:30:00Z', to: '2026-03-03T18:00:00Z' }] })
  const later = makeSite({ permits: [{ reason: '回填', from: '2026-03-03T17:00:00Z', to: '2026-03-03T18:00:00Z' }] })
  expect(red(await approvedOrder(), { ...lawfulFacts(), site: soon })).toEqual(['no-permit'])
  expect(red(await approvedOrder(), { ...lawfulFacts(), site: later })).toEqual([])
})

test('another meter than the one of the draft, or one that is no power meter of the site, is refused', async () => {
  const meter = { gateway: 'gw-1', sensor: 'meter-2' }
  expect(red(await approvedOrder(), { ...lawfulFacts(), site: siteWithPoint({ meter }) })).toContain('site-registered')
  expect(await withPoint({ meter })).toEqual(['effect-measurable'])
  const elsewhere = makeSite({ sensors: [{ gateway: 'gw-1', id: 'meter-1', kind: 'geophone' }] })
  expect(red(await approvedOrder(elsewhere), { ...lawfulFacts(), site: elsewhere })).toEqual(['effect-measurable'])
})

test('an approver who is no longer the official of the approval carries no order', async () => {
  const facts = lawfulFacts({ isOfficial: ({ role }) => role !== 'head' })
  expect(red(await approvedOrder(), facts)).toEqual(['approvers-registered'])
})

test.each(['ｗｉｎｃｈ', 'púmp', 'p\u200bump', 'fаn', '⻛机', '\u200b', '---', '1', 'насос'])(
  'a load written as "%s" dodges nothing',
  async (load) => expect(await withPoint({ loads: ['破碎机', load] })).toEqual(['life-safety']),
)

test('one department does not become two by an invisible or a full-width letter', async () => {
  const order = await approvedOrder()
  const [first, second] = order.approvals
  if (!first || !second) throw new Error('two approvals expected')
  for (const [one, two] of [
    ['应急管理局', '应急\u200b管理局'],
    ['Dept A', 'ＤＥＰＴ-Ａ'],
  ]) {
    const approvals = [
      { ...first, department: one as string },
      { ...second, department: two as string },
    ]
    expect(red({ ...order, approvals })).toContain('two-approvals')
  }
})

test('an approver whose proof the county does not take, or whose proof does not verify, carries no order', async () => {
  const order = await approvedOrder()
  expect(red(order, lawfulFacts({ acceptedProofs: ['passkey'] }))).toEqual(['approvals-proven'])
  expect(red(order, lawfulFacts({ brokenProofs: [HEAD.id] }))).toEqual(['approvals-proven'])
})

test('evidence that is not of order grade needs somebody who has seen the site', async () => {
  const order = await approvedOrder()
  const because = [{ code: 'grade-few-causes', values: { causes: 'work' } }]
  const graded = (met: boolean) => ({
    ...order,
    finding: {
      ...order.finding,
      orderGrade: { met, kinds: ['geophone'], causes: ['work'], because: met ? [] : because },
    },
  })
  expect(red(graded(true))).toEqual([])
  expect(red(graded(false))).toEqual(['evidence-grade'])
  const by = { user: 'officer-1', name: '甲', department: '应急管理局', role: 'officer' as const }
  const seen = (change: object = {}) => ({
    ...graded(false),
    legal: {
      ...order.legal,
      sighting: { at: NOW, person: '李某', unit: '镇安监站', saw: '硐口封堵被拆，有人作业', by, ...change },
    },
  })
  expect(red(seen())).toEqual([])
  for (const change of [{ person: ' ' }, { unit: '' }, { saw: '有人' }, { at: instant(NOW + 2 * MINUTE) }])
    expect(red(seen(change))).toEqual(['evidence-grade'])
  expect(red(seen({ at: instant(NOW - 24 * 60 * MINUTE) }))).toEqual([])
  expect(red(seen({ at: instant(NOW - 24 * 60 * MINUTE - 1) }))).toEqual(['evidence-grade'])
})
