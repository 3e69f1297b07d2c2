import { Births } from '@minewarden/edge/core/births.ts'
import { Delivery } from '@minewarden/edge/core/delivery.ts'
import type { RowRef, Spool, SpoolRow } from '@minewarden/edge/core/ports.ts'
import { Courier } from '@minewarden/edge/courier.ts'
import { type Priority, READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, decodeRow, type Row } from '@minewarden/protocol/row.ts'
import { assignAliases, declareGateway, declareSensor } from '@minewarden/protocol/sparkplug/birth.ts'
import { RangeSet } from '@minewarden/protocol/spool.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from './support/manual-clock.ts'
import { METER, PROBE, power, probe, T0 } from './support/readings.ts'

const EPOCH = '7b0c1f7e-8a0e-4f0c-9f0e-2f4b8f1f0a11'

/** A spool in memory: a second implementation of the port, without a quota. */
class MemorySpool implements Spool {
  readonly epoch = EPOCH
  readonly #rows: SpoolRow[] = []
  readonly #settled = new RangeSet()
  next = 1
  append(readings: readonly Reading[]): SpoolRow[] {
    const rows = readings.map((reading) => {
      const { priority } = READING_KINDS[reading.kind]
      return { sequence: this.next++, priority, reading }
    })
    this.#rows.push(...rows)
    return rows
  }
  pending(priority: Priority, after: number, limit: number): RowRef[] {
    const isPending = (row: SpoolRow) =>
      row.priority === priority && row.sequence > after && !this.#settled.has(row.sequence)
    return this.#rows.filter(isPending).slice(0, limit)
  }
  get({ sequence }: RowRef): SpoolRow | null {
    return this.#settled.has(sequence) ? null : (this.#rows[sequence - 1] ?? null)
  }
  settle(ranges: Iterable<readonly [number, number]>): void {
    for (const [from, to] of ranges) this.#settled.add(from, to)
  }
  prune = () => 0
  restamp = () => 0
  stats() {
    const oldest = this.#rows.find(({ sequence }) => !this.#settled.has(sequence))?.sequence ?? this.next
    return { rows: 0, bytes: 0, quotaBytes: 1, oldest, oldestAt: null, dropped: 0 }
  }
  sources = () => []
  close() {}
}

function setUp() {
  const clock = new ManualClock(instant(T0 + 100_000))
  const spool = new MemorySpool()
  const births = new Births([
    { id: METER, kind: 'power-meter', channels: [] },
    { id: PROBE, kind: 'camera-probe', channels: [] },
  ])
  const sent: (Row & { device: string | null })[] = []
  const told: string[] = []
  const bad: string[] = []
  const session = {
    online: true,
    congested: false,
    isBorn: () => true,
    send(device: string | null, encode: (seq: number, now: never) => Uint8Array) {
      const layout = LAYOUTS.get(device)
      sent.push({ ...decodeRow(layout as never, encode(0, clock.now() as never)), device })
      return true
    },
    rebirth: () => void told.push('rebirth'),
    deviceUp: (device: string) => void told.push(`up ${device}`),
    deviceDown: (device: string) => void told.push(`down ${device}`),
  }
  const delivery = new Delivery(spool.next)
  const badInput = (reason: string) => void bad.push(reason)
  const courier = new Courier({ clock, logger: silentLogger, spool, delivery, births, session, badInput })
  courier.start()
  const put = (...readings: Reading[]) => courier.accepted(spool.append(readings))
  const acknowledge = (ranges: [number, number][], more = {}) =>
    courier.acknowledged(JSON.stringify({ epoch: EPOCH, ranges, rejected: [], window: 100, ...more }))
  return { clock, spool, courier, session, sent, told, bad, put, acknowledge }
}
const LAYOUTS = new Map([
  ...(() => {
    let first = 1
    return ([null, METER, PROBE] as const).map((id) => {
      const declarations =
        id === null ? declareGateway() : declareSensor(id === METER ? 'power-meter' : 'camera-probe', [])
      const { declared, next } = assignAliases(declarations, first)
      first = next
      return [id as string | null, createLayout(declared, id)] as const
    })
  })(),
])
const sequences = (rows: readonly Row[]) => rows.map(({ sequence }) => sequence)

describe('the courier', () => {
  it('sends what is accepted in a session at once, under its own sequence', () => {
    const { courier, put, sent } = setUp()
    put(power(99_000))
    expect(sent).toEqual([])
    courier.begun()
    put(probe(100_000))
    expect(sent.map(({ sequence, device }) => [sequence, device])).toEqual([
      [1, METER],
      [2, PROBE],
    ])
    expect(sent[1]?.reading).toEqual(probe(100_000))
  })

  it('marks as historical what was measured more than half a minute ago', () => {
    const { courier, put, sent } = setUp()
    courier.begun()
    put(power(69_999), power(70_001))
    expect(sent.map(({ historical }) => historical)).toEqual([true, false])
  })

  it('sends again after ten seconds without an acknowledgement, and no more after one', async () => {
    const { courier, put, sent, clock, acknowledge } = setUp()
    courier.begun()
    put(power(99_000))
    await clock.advance(9_000)
    expect(sequences(sent)).toEqual([1])
    await clock.advance(2_000)
    expect(sequences(sent)).toEqual([1, 1])
    acknowledge([[1, 1]])
    await clock.advance(60_000)
    expect(sequences(sent)).toEqual([1, 1])
  })

  it('pays no heed to the acknowledgement of another epoch', async () => {
    const { courier, put, spool, acknowledge } = setUp()
    courier.begun()
    put(power(0))
    acknowledge([[1, 1]], { epoch: '00000000-0000-4000-8000-000000000000' })
    expect(spool.stats().oldest).toBe(1)
  })

  it.each([
    ['no text', true],
    ['no JSON', '{'],
    ['a range that runs downwards', JSON.stringify({ epoch: EPOCH, ranges: [[2, 1]], rejected: [], window: 1 })],
    ['too many ranges', JSON.stringify({ epoch: EPOCH, ranges: Array(65).fill([1, 1]), rejected: [], window: 1 })],
    ['a very long text', ' '.repeat(20_000)],
  ])('counts an acknowledgement that is %s as bad input', (_, value) => {
    const { courier, bad } = setUp()
    courier.begun()
    courier.acknowledged(value)
    expect(bad).toHaveLength(1)
    expect(bad[0]).toContain('Spool/Acknowledged')
  })

  it('buries a device only once what it said last is out', async () => {
    const { courier, put, told, clock } = setUp()
    courier.begun()
    put(probe(99_000))
    courier.deviceDown(PROBE)
    expect(told).toEqual([])
    await clock.advance(3_000)
    expect(told[0]).toBe(`down ${PROBE}`)
    courier.deviceUp(PROBE)
    told.length = 0
    await clock.advance(5_000)
    expect(told).toEqual([])
  })

  it('waits while the network is congested', async () => {
    const { courier, put, sent, session, clock } = setUp()
    courier.begun()
    session.congested = true
    put(power(99_000))
    expect(sent).toEqual([])
    session.congested = false
    await clock.advance(1_000)
    expect(sequences(sent)).toEqual([1])
  })
})
