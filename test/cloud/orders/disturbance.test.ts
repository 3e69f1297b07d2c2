import { disturbanceOf, isOwnCut } from '@minewarden/cloud/core/orders/disturbance.ts'
import type { JournalRow, OrderView } from '@minewarden/cloud/core/ports.ts'
import { createOrdersService, type RunningOrdersService } from '@minewarden/cloud/orders-service.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { openRecords, type Records } from '@minewarden/cloud/shell/records/database.ts'
import { EventFinding } from '@minewarden/protocol/finding.ts'
import { GatewayId, SensorId, SupplierId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey, type KeySet, type PrivateKey } from '@minewarden/protocol/jws.ts'
import type { ReadingKind } from '@minewarden/protocol/reading.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { issuedOrder } from '../../support/cut-off/drafts.ts'
import { createFakeSupplier } from '../../support/cut-off/fake-supplier.ts'
import { ISSUER, METER, makeFinding, makeSite, NOW, OFFICER, POINT, SUPPLIER } from '../../support/cut-off/fixtures.ts'
import { createManualClock, type ManualClock } from '../../support/cut-off/manual-clock.ts'
import { eventually } from '../../support/eventually.ts'

const MINUTE = 60_000
const SITE = makeSite({
  sensors: [
    { gateway: 'gw-1', id: METER.sensor, kind: 'power-meter' },
    { gateway: 'gw-1', id: 'geo-1', kind: 'geophone' },
    { gateway: 'gw-1', id: 'cam-1', kind: 'camera-probe' },
  ],
})
const rowOf = (
  kind: ReadingKind,
  sensor: string,
  measuredAt: Instant,
  fields: object = {},
  gateway = 'gw-1',
): JournalRow =>
  ({
    offset: 1,
    gateway: GatewayId.parse(gateway),
    receivedAt: measuredAt,
    historical: false,
    reading: { kind, sensor: SensorId.parse(sensor), channel: null, measuredAt, clock: 'ntp', fields },
  }) as unknown as JournalRow

test.each<[ReadingKind, string | null]>([
  ['event', 'vibration'],
  ['airEvent', 'air'],
  ['machineLine', 'machinery'],
  ['powerStep', 'load'],
  ['voltageEvent', 'load'],
  ['probe', 'probe'],
  ['power', null],
  ['vibration', null],
  ['health', null],
])('a reading of kind %s stirs: %s', (kind, cause) => {
  expect(disturbanceOf(rowOf(kind, 'geo-1', NOW))?.cause ?? null).toBe(cause)
})

test('a machine that goes on stirred when it began, and stirs again when it ends', () => {
  const sinceMs = NOW - 3 * 3_600_000
  expect(disturbanceOf(rowOf('machineLine', 'geo-1', NOW, { phase: 'runs', sinceMs }))?.at).toBe(sinceMs)
  expect(disturbanceOf(rowOf('machineLine', 'geo-1', NOW, { phase: 'ended', sinceMs }))?.at).toBe(NOW)
  expect(disturbanceOf(rowOf('machineLine', 'geo-1', NOW, { phase: 'runs', sinceMs: NOW + 1 }))?.at).toBe(NOW)
})

test('the load that falls at the meter of a point that was permitted stirs nobody; anything else does', async () => {
  const order = await issuedOrder()
  const permission = { point: POINT, granted: true, at: NOW, validUntil: instant(NOW + MINUTE) }
  const permitted = { ...order, permissions: [permission as never] }
  const fall = (at: number, fields: object = { stepW: -5000 }) =>
    rowOf('powerStep', METER.sensor, instant(NOW + at), fields)
  expect(isOwnCut(permitted, fall(10_000))).toBe(true)
  expect(isOwnCut(permitted, fall(10_000, { stepW: 5000 }))).toBe(false)
  expect(isOwnCut(permitted, fall(-1))).toBe(false)
  expect(isOwnCut(permitted, fall(2 * MINUTE))).toBe(false)
  expect(isOwnCut(permitted, rowOf('powerStep', 'meter-2', instant(NOW + 1), { stepW: -1 }))).toBe(false)
  expect(isOwnCut(permitted, rowOf('event', METER.sensor, instant(NOW + 1)))).toBe(false)
  expect(isOwnCut(order, fall(10_000))).toBe(false)
})

describe('the word that nobody is below ground', () => {
  let records: Records
  let clock: ManualClock
  let service: RunningOrdersService
  let key: PrivateKey
  let journal: JournalRow[]

  const start = async () => {
    const supplier = await createFakeSupplier(() => service.jwks() as KeySet)
    service = createOrdersService({
      ...{ records, clock, logger: silentLogger, live: { publish() {} }, adapter: supplier, supplierKeys: supplier },
      ...{ suppliers: [SupplierId.parse(SUPPLIER)], siteOf: () => SITE, issuer: ISSUER, signingKey: key },
      random: () => 0.5,
      journal: {
        rowsOf: ({ from, to }) =>
          journal.filter((row) => row.reading.measuredAt >= from && row.reading.measuredAt <= to),
      },
    })
    await service.start()
  }
  beforeEach(async () => {
    records = await openRecords(':memory:')
    clock = createManualClock(NOW)
    key = await generatePrivateKey()
    journal = []
    await start()
    await service.onState(makeFinding(NOW), SITE)
  })
  afterEach(async () => {
    await service[Symbol.asyncDispose]()
    await records.destroy()
  })
  const order = () => service.list()[0] as OrderView
  const people = [
    { name: '甲', unit: '镇政府' },
    { name: '乙', unit: '派出所' },
  ]
  const say = (at = clock.now()) =>
    service.record(order().id, OFFICER, {
      kind: 'people-statement',
      statement: { kind: 'none-confirmed', at, people, note: '' },
    })

  test('lapses at once with a sensor of the site, and not with one of another', async () => {
    await say()
    service.onReading(rowOf('event', 'geo-1', instant(NOW + 1000), {}, 'gw-9'))
    service.onReading(rowOf('event', 'geo-9', instant(NOW + 1000)))
    service.onReading(rowOf('vibration', 'geo-1', instant(NOW + 1000)))
    await say()
    expect(order().people.disturbed).toBeNull()
    await clock.advance(2000)
    service.onReading(rowOf('probe', 'cam-1', instant(NOW + 1500)))
    await eventually('the word lapsed', () => order().people.disturbed !== null)
    expect(order().people.disturbed).toMatchObject({ cause: 'probe', sensor: 'cam-1' })
    expect(order().timeline.at(-1)?.what).toBe('site-disturbed')
  })

  test('is not taken when something stirred since they looked, though the order never heard of it', async () => {
    await clock.advance(5 * MINUTE)
    journal.push(rowOf('event', 'geo-1', instant(clock.now() - MINUTE)))
    await expect(say(instant(clock.now() - 2 * MINUTE))).rejects.toMatchObject({ code: 'order-unsafe' })
    expect((await say()).people.statement?.kind).toBe('none-confirmed')
  })

  test('is held against the journal after a restart', async () => {
    await say()
    journal.push(rowOf('event', 'geo-1', instant(NOW + MINUTE)))
    await service[Symbol.asyncDispose]()
    await clock.advance(2 * MINUTE)
    await start()
    const held = order().people.points[0]?.held.map(({ code }) => code)
    // Class A waits for nobody; what it may wait for is the law.
    expect(held).not.toContain('people-underground')
    await expect(say(instant(NOW + 1))).rejects.toThrow('vibration at geo-1')
  })

  test('lapses with what was found too; a blast asks for its fumes', async () => {
    await say()
    const at = NOW + 1000
    await service.onEvent(
      EventFinding.parse({
        ...{
          kind: 'event',
          site: 'site-1',
          sensor: 'geo-1',
          onset: at,
          at,
          class: 'blast',
          probability: 0.9,
          durationS: 1,
        },
        ...{ peakVelocityMmPerS: null, dominantFrequencyHz: null, because: [], late: false },
      }),
    )
    expect(order().people.disturbed?.cause).toBe('blast')
  })
})
