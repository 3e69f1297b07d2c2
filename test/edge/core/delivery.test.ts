import {
  Delivery,
  INITIAL_WINDOW,
  MAX_WAVEFORMS_IN_FLIGHT,
  MIN_RESEND_MS,
  PAGE_ROWS,
} from '@minewarden/edge/core/delivery.ts'
import type { RowRef } from '@minewarden/edge/core/ports.ts'
import type { Priority } from '@minewarden/protocol/reading.ts'
import { MAX_RANGES, RangeSet } from '@minewarden/protocol/spool.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const EPOCH = '7b0c1f7e-8a0e-4f0c-9f0e-2f4b8f1f0a11'

/** A spool in memory: which rows there are, which are settled. */
class Rows {
  readonly all: RowRef[] = []
  readonly settled = new RangeSet()
  readonly dropped = new Set<number>()
  next = 1

  add(priority: Priority, count = 1): RowRef[] {
    const fresh = Array.from({ length: count }, () => ({ sequence: this.next++, priority }))
    this.all.push(...fresh)
    return fresh
  }
  pending(priority: Priority, after: number, limit: number): RowRef[] {
    return this.all
      .filter((row) => row.priority === priority && row.sequence > after && this.isPending(row))
      .slice(0, limit)
  }
  isPending({ sequence }: RowRef): boolean {
    return !this.settled.has(sequence) && !this.dropped.has(sequence)
  }
  get oldest(): number {
    return this.all.find((row) => this.isPending(row))?.sequence ?? this.next
  }
}

/** Everything that delivery wants to send at this moment. */
function sendAll(delivery: Delivery, rows: Rows, now: number): RowRef[] {
  const sent: RowRef[] = []
  for (;;) {
    for (let want = delivery.wants(); want; want = delivery.wants()) {
      delivery.load(want.priority, rows.pending(want.priority, want.after, PAGE_ROWS))
    }
    const ref = delivery.next(now)
    if (!ref) return sent
    if (rows.isPending(ref)) sent.push(ref)
    else delivery.gone(ref)
  }
}

const acknowledgement = (ranges: readonly (readonly [number, number])[], window = 100) => ({
  epoch: EPOCH,
  ranges: ranges.map(([from, to]): [number, number] => [from, to]),
  rejected: [],
  window,
})
const sequences = (refs: readonly RowRef[]) => refs.map(({ sequence }) => sequence)

describe('delivery', () => {
  it('sends nothing outside a session', () => {
    const rows = new Rows()
    const delivery = new Delivery(rows.next)
    delivery.accepted(rows.add('alarm'))
    expect(sendAll(delivery, rows, 0)).toEqual([])
  })

  it('begins with a small window until the host has granted one', () => {
    const rows = new Rows()
    rows.add('feature', 500)
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    expect(sendAll(delivery, rows, 0)).toHaveLength(INITIAL_WINDOW)
    delivery.acknowledged(acknowledgement([], 200), 1)
    expect(sendAll(delivery, rows, 1)).toHaveLength(200 - INITIAL_WINDOW)
  })

  it('sends the backlog of alarms before that of features, and waveforms last', () => {
    const rows = new Rows()
    rows.add('waveform')
    rows.add('feature', 3)
    rows.add('alarm')
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    expect(sequences(sendAll(delivery, rows, 0))).toEqual([5, 2, 3, 4, 1])
  })

  it('lets a live alarm overtake the backlog', () => {
    const rows = new Rows()
    rows.add('feature', 1000)
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    sendAll(delivery, rows, 0)
    const alarm = rows.add('alarm')
    delivery.accepted(alarm)
    delivery.acknowledged(acknowledgement([[1, 1]], INITIAL_WINDOW), 1)
    expect(sequences(sendAll(delivery, rows, 1))[0]).toBe(alarm[0]?.sequence)
  })

  it('keeps a fifth of the window for the backlog, however many live rows there are', () => {
    const rows = new Rows()
    rows.add('feature', 1000)
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    delivery.acknowledged(acknowledgement([], 100), 0)
    delivery.accepted(rows.add('feature', 1000))
    const sent = sequences(sendAll(delivery, rows, 0))
    expect(sent).toHaveLength(100)
    expect(sent.filter((sequence) => sequence <= 1000)).toHaveLength(20)
  })

  it('sends again what was not acknowledged in time, and not a moment earlier', () => {
    const rows = new Rows()
    rows.add('feature', 2)
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    sendAll(delivery, rows, 0)
    delivery.expire(MIN_RESEND_MS - 1)
    expect(sendAll(delivery, rows, MIN_RESEND_MS - 1)).toEqual([])
    delivery.expire(MIN_RESEND_MS)
    expect(sequences(sendAll(delivery, rows, MIN_RESEND_MS))).toEqual([1, 2])
  })

  it('waits four round trips on a slow link', () => {
    const rows = new Rows()
    rows.add('feature', 2)
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    sendAll(delivery, rows, 0)
    delivery.acknowledged(acknowledgement([[1, 1]]), 6_000)
    expect(delivery.resendAfterMs).toBe(24_000)
  })

  it('sends everything unsettled again after a new birth, and nothing settled', () => {
    const rows = new Rows()
    rows.add('feature', 4)
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    sendAll(delivery, rows, 0)
    const { ranges } = delivery.acknowledged(acknowledgement([[2, 3]]), 1)
    for (const [from, to] of ranges) rows.settled.add(from, to)
    delivery.begin(2)
    expect(sequences(sendAll(delivery, rows, 2))).toEqual([1, 4])
  })

  it('keeps few large waveforms in flight', () => {
    const rows = new Rows()
    rows.add('waveform', 20)
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    expect(sendAll(delivery, rows, 0)).toHaveLength(MAX_WAVEFORMS_IN_FLIGHT)
  })

  it('is stopped by a window of 0, and asks with one row when the host then falls silent', () => {
    const rows = new Rows()
    rows.add('feature', 10)
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    delivery.acknowledged(acknowledgement([], 0), 0)
    expect(sendAll(delivery, rows, 29_999)).toEqual([])
    expect(sendAll(delivery, rows, 30_000)).toHaveLength(1)
  })

  it('settles no sequence that was never given out, and counts such claims', () => {
    const rows = new Rows()
    rows.add('feature', 3)
    const delivery = new Delivery(rows.next)
    delivery.begin(0)
    const { ranges, unknown } = delivery.acknowledged(acknowledgement([[2, 10]]), 1)
    expect(ranges).toEqual([[2, 3]])
    expect(unknown).toBe(7)
    delivery.accepted(rows.add('feature'))
    expect(sequences(sendAll(delivery, rows, 1))).toContain(4)
  })

  it('asks for a rebirth when dropped rows crowd the ranges of the host', () => {
    const delivery = new Delivery(1000)
    const crowded = acknowledgement(Array.from({ length: 50 }, (_, i): [number, number] => [10 * i + 1, 10 * i + 2]))
    expect(delivery.needsRebirth(crowded, 500)).toBe(true)
    expect(delivery.needsRebirth(crowded, 2)).toBe(false)
    expect(
      delivery.needsRebirth(
        acknowledgement([
          [1, 2],
          [5, 9],
        ]),
        500,
      ),
    ).toBe(false)
  })

  it('brings every row to the host through loss, repetition, reordering and reconnects; never again once acknowledged', () => {
    fc.assert(
      fc.property(WORLD, (world) => simulate(world)),
      { numRuns: 150 },
    )
  })
})

interface World {
  readonly seed: number
  readonly lossPercent: number
  readonly window: number
  readonly rows: readonly Priority[]
  readonly reconnectEach: number
}
const WORLD: fc.Arbitrary<World> = fc.record({
  seed: fc.integer(),
  lossPercent: fc.constantFrom(0, 5, 40),
  window: fc.constantFrom(1, 2, 7, 50, 300),
  rows: fc.array(fc.constantFrom<Priority>('alarm', 'feature', 'feature', 'feature', 'waveform'), {
    minLength: 1,
    maxLength: 400,
  }),
  reconnectEach: fc.constantFrom(0, 13, 60),
})

/** A host as `protocol/spool.ts` wants it, at the far end of a bad link. */
function simulate({ seed, lossPercent, window, rows: kinds, reconnectEach }: World): void {
  const random = generator(seed)
  const lost = () => random() * 100 < lossPercent
  const rows = new Rows()
  const half = Math.floor(kinds.length / 2)
  for (const kind of kinds.slice(0, half)) rows.add(kind)
  const delivery = new Delivery(rows.next)
  const host = new RangeSet()
  const live = kinds.slice(half)
  /** Messages under way, in both directions. */
  let toHost: RowRef[] = []
  let toEdge: ReturnType<typeof acknowledgement>[] = []
  const born = (now: number) => {
    if (rows.oldest > 1) host.add(1, rows.oldest - 1)
    delivery.begin(now)
  }
  born(0)
  let now = 0
  for (let turn = 1; rows.all.some((row) => rows.isPending(row)) || live.length > 0; turn++) {
    expect(turn, 'the world comes to rest').toBeLessThan(5_000)
    now += 1_000
    if (reconnectEach > 0 && turn % reconnectEach === 0) {
      toHost = []
      toEdge = []
      born(now)
    }
    const kind = live.shift()
    if (kind) delivery.accepted(rows.add(kind))
    delivery.expire(now)
    for (const ref of sendAll(delivery, rows, now)) {
      expect(rows.settled.has(ref.sequence), 'not sent after its acknowledgement').toBe(false)
      if (!lost()) toHost.push(ref)
      if (random() < 0.05) toHost.push(ref)
    }
    expect(delivery.inFlight).toBeLessThanOrEqual(Math.max(window, INITIAL_WINDOW))
    // Some arrive now, in any order, some later.
    toHost.sort(() => random() - 0.5)
    for (const { sequence } of toHost.splice(0, Math.ceil(toHost.length * random()))) {
      if (host.size < MAX_RANGES || !host.wouldOpen(sequence)) host.add(sequence)
    }
    if (!lost()) toEdge.push(acknowledgement(host.toArray(), window))
    const heard = toEdge.shift()
    if (!heard) continue
    const { ranges, unknown } = delivery.acknowledged(heard, now)
    expect(unknown).toBe(0)
    for (const [from, to] of ranges) rows.settled.add(from, to)
    if (delivery.needsRebirth(heard, rows.oldest)) born(now)
  }
  for (const { sequence } of rows.all) expect(host.has(sequence)).toBe(true)
}

/** Mulberry32: a small generator with a seed. */
function generator(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
