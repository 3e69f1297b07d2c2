import type { JournalRow, OrderView } from '@minewarden/cloud/core/ports.ts'
import { createOrdersService, type OrdersDeps, type RunningOrdersService } from '@minewarden/cloud/orders-service.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { readAudit, verifyChain } from '@minewarden/cloud/shell/records/audit-repository.ts'
import { openRecords, type Records } from '@minewarden/cloud/shell/records/database.ts'
import { GatewayId, type OrderId, SensorId, SupplierId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey, type KeySet, type PrivateKey, signDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { executed } from '../../support/cut-off/drafts.ts'
import { createFakeSupplier, type FakeSupplier } from '../../support/cut-off/fake-supplier.ts'
import {
  HEAD,
  ISSUER,
  METER,
  makeFinding,
  makeSite,
  NOW,
  OFFICER,
  POINT,
  pointInput,
  SUPPLIER,
  siteWithPoint,
  VIEWER,
} from '../../support/cut-off/fixtures.ts'
import { recordLawfully } from '../../support/cut-off/lawful.ts'
import { createManualClock, type ManualClock } from '../../support/cut-off/manual-clock.ts'
import { eventually } from '../../support/eventually.ts'

const MINUTE = 60_000
let records: Records
let clock: ManualClock
let supplier: FakeSupplier
let service: RunningOrdersService
let key: PrivateKey
let site: Site
const shown: OrderView[] = []

const start = async (change: Partial<OrdersDeps> = {}) => {
  service = createOrdersService({
    records,
    clock,
    logger: silentLogger,
    live: { publish: (event) => void (event.kind === 'order' && shown.push(event.order)) },
    adapter: supplier,
    supplierKeys: supplier,
    suppliers: [SupplierId.parse(SUPPLIER)],
    siteOf: () => site,
    issuer: ISSUER,
    signingKey: key,
    random: () => 0.5,
    retry: { firstMs: 1000, maxMs: 30_000 },
    ...change,
  })
  await service.start()
}
const restart = async () => {
  await service[Symbol.asyncDispose]()
  await start()
}

beforeEach(async () => {
  records = await openRecords(':memory:')
  clock = createManualClock(NOW)
  site = makeSite()
  key = await generatePrivateKey()
  supplier = await createFakeSupplier(() => service.jwks() as KeySet)
  shown.length = 0
  await start()
})
afterEach(async () => {
  await service[Symbol.asyncDispose]()
  await records.destroy()
})

const draft = async (change: object = {}): Promise<OrderView | undefined> => {
  await service.onState(makeFinding(clock.now(), change), site)
  const order = service.list()[0]
  // What the law asks of every order: the tests of the law are elsewhere.
  return order?.state === 'drafted' && order.legal.steps.every(({ done }) => done === null)
    ? await recordLawfully(service, order, clock.now())
    : order
}
const issue = async (): Promise<OrderView> => {
  const order = (await draft()) as OrderView
  await service.approve(order.id, OFFICER, order.documentSha256)
  return await service.approve(order.id, HEAD, order.documentSha256)
}
const state = (id: OrderId) => service.get(id)?.state
const reaches = (id: OrderId, wanted: string) => eventually(wanted, () => state(id) === wanted)
/** Its clock goes on meanwhile. */
const comesTo = (id: OrderId, wanted: string) =>
  eventually(wanted, async () => {
    await clock.advance(1000)
    return state(id) === wanted
  })
const actions = async () => (await readAudit(records, 0)).map(({ action }) => action)
const power = (watts: number) => service.onReading(powerRow(watts, clock.now()))
const powerRow = (watts: number, measuredAt: Instant): JournalRow => ({
  offset: 1,
  gateway: GatewayId.parse(METER.gateway),
  receivedAt: measuredAt,
  historical: false,
  reading: {
    kind: 'power',
    sensor: SensorId.parse(METER.sensor),
    channel: null,
    measuredAt,
    clock: 'ntp',
    fields: {
      activePowerW: watts,
      reactivePowerVar: null,
      voltageAV: null,
      voltageBV: null,
      voltageCV: null,
      currentAA: watts / 230,
      currentBA: null,
      currentCA: null,
      activeEnergyWh: null,
      simulated: false,
    },
  },
})

describe('drafting', () => {
  test('a reopened site gets one draft with evidence and every gate evaluated', async () => {
    const order = (await draft()) as OrderView
    expect(order).toMatchObject({ state: 'drafted', site: site.id, supplier: SUPPLIER, sequence: 1 })
    expect(order.document.evidence[0]?.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(order.gates.every(({ passed }) => passed)).toBe(true)
    expect(shown[0]?.gates.filter(({ passed }) => !passed).map(({ code }) => code)).toEqual([
      'legal-steps',
      'stop-notice',
      'lawful-hour',
    ])
    expect(new Set(shown.map((view) => view.id))).toEqual(new Set([order.id]))
  })

  test('the same finding told again, or a newer one while the order is open, drafts nothing', async () => {
    const finding = makeFinding(NOW)
    for (let i = 0; i < 3; i++) await service.onState(finding, site)
    await service.onState(makeFinding(instant(NOW + 1000)), site)
    expect(service.list()).toHaveLength(1)
  })

  test('the same finding told again after a restart and the end of its order drafts nothing', async () => {
    const finding = makeFinding(NOW)
    await service.onState(finding, site)
    await service.cancel((service.list()[0] as OrderView).id, HEAD, '误报')
    await clock.advance(180 * MINUTE)
    await restart()
    await service.onState(finding, site)
    expect(service.list()).toHaveLength(1)
  })

  test.each<[string, object]>([
    ['is late', { late: true }],
    ['rests on one kind of sensor', { independentKinds: ['geophone'] }],
  ])('a finding that %s drafts nothing, and the refusal is recorded', async (_name, change) => {
    expect(await draft(change)).toBeUndefined()
    expect(await actions()).toEqual(['order.draft-refused'])
  })

  test('a site without a supply point has nothing to cut, and the refusal is recorded', async () => {
    site = makeSite({ supplyPoints: [] })
    expect(await draft()).toBeUndefined()
    expect(await actions()).toEqual(['order.draft-refused'])
  })

  test('a state that is not reopened drafts nothing', async () =>
    expect(await draft({ state: 'suspected' })).toBeUndefined())

  test('after an end there is a cool-down; what still holds after it is drafted then', async () => {
    const first = (await draft()) as OrderView
    await service.cancel(first.id, HEAD, '误报')
    await clock.advance(10 * MINUTE)
    await service.onState(makeFinding(clock.now()), site)
    expect(service.list()).toHaveLength(1)
    expect(await actions()).toContain('order.draft-refused')
    await clock.advance(51 * MINUTE)
    await eventually('the second draft', () => service.list().length === 2)
    expect(service.list()[0]).toMatchObject({ sequence: 2, state: 'drafted' })
  })

  test('what came in the cool-down and no longer holds after it is not drafted', async () => {
    await service.cancel(((await draft()) as OrderView).id, HEAD, '误报')
    await clock.advance(MINUTE)
    await service.onState(makeFinding(clock.now()), site)
    await clock.advance(MINUTE)
    await service.onState(makeFinding(clock.now(), { state: 'sealed' }), site)
    await clock.advance(120 * MINUTE)
    expect(service.list()).toHaveLength(1)
  })
})

describe('refusing', () => {
  test('an unsafe order can be seen, is red, and is refused to whoever approves; each refusal is recorded', async () => {
    site = siteWithPoint({ loads: ['主通风机'] })
    const order = (await draft()) as OrderView
    expect(order.gates.filter(({ passed }) => !passed).map(({ code }) => code)).toEqual(['life-safety'])
    for (const by of [OFFICER, HEAD, VIEWER]) {
      await expect(service.approve(order.id, by, order.documentSha256)).rejects.toMatchObject({ code: 'order-unsafe' })
    }
    expect((await actions()).filter((action) => action === 'order.refused-input')).toHaveLength(3)
    expect(state(order.id)).toBe('drafted')
  })

  test('a point that became unsafe between the approvals stops the second', async () => {
    const order = (await draft()) as OrderView
    await service.approve(order.id, OFFICER, order.documentSha256)
    site = siteWithPoint({ residents: true })
    await expect(service.approve(order.id, HEAD, order.documentSha256)).rejects.toMatchObject({ code: 'order-unsafe' })
    expect(supplier.deliveries).toEqual([])
  })

  test('two approvals at the same moment by one person count once', async () => {
    const order = (await draft()) as OrderView
    const both = [1, 2].map(() => service.approve(order.id, HEAD, order.documentSha256))
    expect((await Promise.allSettled(both)).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(state(order.id)).toBe('approved-once')
  })

  test('an unknown order, a viewer, a cancellation without a reason', async () => {
    await expect(service.approve('none' as OrderId, HEAD, '')).rejects.toMatchObject({ code: 'not-found' })
    const order = (await draft()) as OrderView
    const hash = order.documentSha256
    await expect(service.approve(order.id, VIEWER, hash)).rejects.toMatchObject({ code: 'not-allowed' })
    await expect(service.cancel(order.id, VIEWER, 'x')).rejects.toMatchObject({ code: 'not-allowed' })
    await expect(service.cancel(order.id, HEAD, ' ')).rejects.toMatchObject({ code: 'request-invalid' })
  })
})

describe('delivering', () => {
  test('goes on with the same bytes until a signed receipt is there', async () => {
    supplier.script(() => ({ kind: 'failed', reason: 'ECONNREFUSED' }))
    const { id } = await issue()
    await eventually('several attempts', async () => {
      await clock.advance(30_000)
      return supplier.deliveries.length > 3
    })
    expect(new Set(supplier.deliveries.map(({ jws }) => jws)).size).toBe(1)
    supplier.script()
    await eventually('the receipt', async () => {
      await clock.advance(30_000)
      return state(id) === 'received'
    })
    const count = supplier.deliveries.length
    await clock.advance(60_000)
    expect(supplier.deliveries.length).toBe(count)
    expect(service.get(id)?.timeline.filter(({ what }) => what === 'not-delivered')).toHaveLength(1)
  })

  test('never goes on at or after validUntil, and ends as undeliverable', async () => {
    supplier.script(() => ({ kind: 'failed', reason: 'HTTP 500' }))
    const { id, validUntil } = await issue()
    await clock.advance(validUntil - NOW - 1)
    await clock.advance(1)
    const count = supplier.deliveries.length
    for (let i = 0; i < 30; i++) await clock.advance(30_000)
    expect(supplier.deliveries.length).toBe(count)
    await reaches(id, 'undeliverable')
  })

  test('is taken up again after a restart, with the bytes that were signed before', async () => {
    supplier.script(() => ({ kind: 'failed', reason: 'HTTP 500' }))
    const { id } = await issue()
    await eventually('an attempt', () => supplier.deliveries.length > 0)
    supplier.script()
    await restart()
    await reaches(id, 'received')
    expect(new Set(supplier.deliveries.map(({ jws }) => jws)).size).toBe(1)
  })

  test('a receipt that does not verify is no receipt', async () => {
    const stranger = await generatePrivateKey()
    supplier.script(async ({ order, orderSha256 }) => {
      const forged = {
        type: 'cut-off-answer',
        version: 1,
        supplier: SUPPLIER,
        order: order.id,
        orderSha256,
        at: isoTime(NOW),
        kind: 'received',
      }
      return { kind: 'answered', answers: [await signDocument(forged, DOCUMENT_TYPES.answer, stranger)] }
    })
    const { id } = await issue()
    await eventually('the note', () => service.get(id)?.timeline.some(({ what }) => what === 'not-delivered'))
    expect(state(id)).toBe('issued')
    expect(await actions()).toContain('answer.refused')
  })

  test('a receipt for another document is no receipt', async () => {
    supplier.script(async ({ order }) => ({
      kind: 'answered',
      answers: [await supplier.sign({ id: order.id, documentSha256: 'f'.repeat(64) }, { kind: 'received' })],
    }))
    const { id } = await issue()
    await eventually('the note', () => service.get(id)?.timeline.some(({ what }) => what === 'not-delivered'))
    expect(state(id)).toBe('issued')
  })
})

describe('answers', () => {
  test('of a stranger, of another supplier, or for an order that is not ours are refused', async () => {
    const order = await issue()
    await expect(service.answer('other', 'a.b.c')).rejects.toMatchObject({ code: 'answer-untrusted' })
    await expect(service.answer(SUPPLIER, 'rubbish')).rejects.toMatchObject({ code: 'answer-untrusted' })
    const posing = await supplier.sign(order, { kind: 'accepted' }, { supplier: 'other' })
    await expect(service.answer(SUPPLIER, posing)).rejects.toMatchObject({ code: 'answer-untrusted' })
    const unknown = await supplier.sign({ ...order, id: 'none' }, { kind: 'accepted' })
    await expect(service.answer(SUPPLIER, unknown)).rejects.toMatchObject({ code: 'not-found' })
    expect(await verifyChain(records)).toMatchObject({ intact: true })
  })

  test('that are the same text are taken once, also after a restart', async () => {
    const order = await issue()
    const answer = await supplier.sign(order, { kind: 'refused', reason: 'policy', detail: 'x' })
    await service.answer(SUPPLIER, answer)
    await service.answer(SUPPLIER, answer)
    await restart()
    expect((await service.answer(SUPPLIER, answer)).order.state).toBe('refused')
    expect(service.get(order.id)?.timeline.filter(({ what }) => what === 'refused')).toHaveLength(1)
  })

  test('forged by the thousand cannot fill the audit log', async () => {
    for (let i = 0; i < 200; i++) await service.answer(SUPPLIER, `x.${i}.y`).catch(() => {})
    expect((await actions()).length).toBeLessThanOrEqual(60)
    await clock.advance(61 * MINUTE)
    await service.answer(SUPPLIER, 'x.y.z').catch(() => {})
    expect((await readAudit(records, 0)).at(-1)?.detail).toMatchObject({ unrecordedBefore: 140 })
  })
})

describe('the effect', () => {
  const execute = async () => {
    const order = await issue()
    await service.answer(SUPPLIER, await supplier.sign(order, executed(POINT, clock.now())))
    return order
  }

  test('is verified by the meter of the point, also over a restart', async () => {
    const { id } = await execute()
    for (let i = 0; i < 5; i++) {
      await clock.advance(1000)
      power(0)
    }
    await restart()
    expect(state(id)).toBe('executed')
    for (let i = 0; i < 12; i++) {
      await clock.advance(1000)
      power(0)
    }
    await clock.advance(1000)
    await comesTo(id, 'watched')
    expect(service.get(id)?.effect?.verdict).toBe('verified')
  })

  test('is not verified by another meter', async () => {
    site = makeSite({
      sensors: [{ gateway: 'gw-1', id: 'meter-2', kind: 'power-meter' }],
      supplyPoints: [pointInput({ meter: { gateway: 'gw-1', sensor: 'meter-2' } })],
    })
    const { id } = await execute()
    for (let i = 0; i < 20; i++) {
      await clock.advance(1000)
      power(0)
    }
    expect(state(id)).toBe('executed')
  })

  test('is not claimed of a meter that was about zero before the cut already', async () => {
    await service[Symbol.asyncDispose]()
    const before = powerRow(0, instant(NOW - 30_000))
    await start({ journal: { rowsOf: ({ gateways }) => (gateways[0] === METER.gateway ? [before] : []) } })
    const { id } = await execute()
    for (let i = 0; i < 20; i++) {
      await clock.advance(1000)
      power(0)
    }
    expect(state(id)).toBe('executed')
    await clock.advance(5 * MINUTE)
    await comesTo(id, 'watched')
    expect(service.get(id)?.supplyPoints[0]?.result).toBe('was-zero')
    expect(service.get(id)?.effect?.verdict).toBe('ineffective')
    expect(service.get(id)?.timeline.find(({ what }) => what === 'point-not-shown')?.notes[0]?.code).toBe('was-zero')
  })

  test('is told with what the meter read before the cut', async () => {
    await service[Symbol.asyncDispose]()
    await start({ journal: { rowsOf: () => [powerRow(22_000, instant(NOW - 2000))] } })
    const { id } = await execute()
    for (let i = 0; i < 12; i++) {
      await clock.advance(1000)
      power(0)
    }
    await comesTo(id, 'watched')
    expect(
      service
        .get(id)
        ?.timeline.find(({ what }) => what === 'point-measured')
        ?.notes.map(({ code }) => code),
    ).toEqual(['meter-zero', 'was-loaded'])
  })

  test('that does not come makes the order ineffective after five minutes', async () => {
    const { id } = await execute()
    for (let i = 0; i < 31; i++) {
      await clock.advance(10_000)
      power(20_000)
    }
    await clock.advance(1000)
    await comesTo(id, 'watched')
    expect(service.get(id)?.effect?.verdict).toBe('ineffective')
  })
})

test('the whole story is in the audit log, in order, and the log verifies', async () => {
  const { id } = await issue()
  await reaches(id, 'received')
  const recorded = await actions()
  expect(recorded).toContain('order.legal-waiver')
  expect(recorded.filter((action) => !action.startsWith('order.legal-'))).toEqual([
    'order.drafted',
    'order.approved-once',
    'order.approved',
    'order.issued',
    'order.received',
  ])
  const log = await readAudit(records, 0)
  const story = log.filter(({ action }) => !action.startsWith('order.legal-'))
  expect(story.map(({ actor }) => actor)).toEqual(['system', OFFICER.id, HEAD.id, 'system', `supplier:${SUPPLIER}`])
  expect(JSON.stringify(log)).not.toContain(key.d)
  expect(await verifyChain(records)).toMatchObject({ intact: true, entries: log.length })
})

test('the published keys hold no secret', () => {
  expect(JSON.stringify(service.jwks())).not.toContain(key.d)
  expect(service.jwks().keys).toHaveLength(1)
})

describe('what the orders rest on', () => {
  test('a finding that is told long after it was made grounds no order', async () => {
    await clock.advance(16 * MINUTE)
    await service.onState(makeFinding(NOW), site)
    expect(service.list()).toEqual([])
    expect(await actions()).toContain('order.draft-refused')
  })

  test('a finding that has no canonical form is refused, not told again for ever', async () => {
    await service.onState(makeFinding(NOW, { because: [{ code: 'x', values: { name: '\ud800' } }] }), site)
    expect(await actions()).toEqual(['order.draft-refused'])
  })

  test('an order whose record was edited holds up its own site and no other', async () => {
    await draft()
    await sql`UPDATE orders SET record = replace(record, 'drafted', 'approved')`.execute(records)
    await restart()
    await service.onState(makeFinding(clock.now()), site)
    expect(service.list()).toEqual([])
    site = makeSite({ id: 'site-2' })
    await service.onState(makeFinding(clock.now(), { site: 'site-2' }), site)
    expect(service.list()).toHaveLength(1)
  })

  test('an approver who was struck off between the two approvals stops the second', async () => {
    await service[Symbol.asyncDispose]()
    await start({ users: [OFFICER, HEAD] })
    const order = (await draft()) as OrderView
    await service.approve(order.id, OFFICER, order.documentSha256)
    await service[Symbol.asyncDispose]()
    await start({ users: [HEAD] })
    await expect(service.approve(order.id, HEAD, order.documentSha256)).rejects.toThrow('approvers-registered')
    expect(state(order.id)).toBe('approved-once')
    expect(supplier.deliveries).toEqual([])
  })

  test('a judgement from the future does not outlast those of now', async () => {
    const { id } = (await draft()) as OrderView
    await service.onState(makeFinding(instant(NOW + 60 * MINUTE)), site)
    await clock.advance(1000)
    await service.onState(makeFinding(clock.now(), { state: 'sealed' }), site)
    expect(service.get(id)?.timeline.at(-1)?.notes).toEqual([
      { code: 'judged', values: { state: 'sealed', at: isoTime(clock.now()) } },
    ])
  })

  test('a supplier that says strange things again and again writes no story without end', async () => {
    const order = await issue()
    await service.answer(SUPPLIER, await supplier.sign(order, { kind: 'refused', reason: 'other', detail: 'x' }))
    for (let i = 0; i < 520; i++) {
      const at = isoTime(instant(NOW + i))
      await service.answer(SUPPLIER, await supplier.sign(order, executed(POINT, NOW), { at }))
    }
    expect(service.get(order.id)?.timeline.length).toBeLessThanOrEqual(500)
  })
})
