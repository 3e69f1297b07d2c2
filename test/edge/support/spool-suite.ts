/** What every spool has to do, whatever it is made of. */
import type { RowRef, Spool, SpoolRow } from '@minewarden/edge/core/ports.ts'
import type { Priority, Reading } from '@minewarden/protocol/reading.ts'
import { instant, UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GEO, power, probe, reading, T0, waveform } from './readings.ts'

export interface SpoolBench {
  /** A new place for a spool; `open` opens it anew each time. */
  place(): { open(quotaBytes?: number): Spool; cleanUp(): void }
}

const PRIORITIES: readonly Priority[] = ['alarm', 'feature', 'waveform']

const refs = (spool: Spool): RowRef[] =>
  PRIORITIES.flatMap((priority) => spool.pending(priority, 0, 100_000)).sort((a, b) => a.sequence - b.sequence)
const rows = (spool: Spool): SpoolRow[] => refs(spool).flatMap((ref) => spool.get(ref) ?? [])
const numbers = (list: readonly { sequence: number }[]) => list.map(({ sequence }) => sequence)

export function testSpool(name: string, bench: SpoolBench): void {
  const withPlace = (work: (place: ReturnType<SpoolBench['place']>) => void) => () => {
    const place = bench.place()
    try {
      work(place)
    } finally {
      place.cleanUp()
    }
  }

  describe(`${name} as a spool`, () => {
    it(
      'keeps what it took, in order and unchanged, over a restart',
      withPlace((place) => {
        const readings = [power(0), probe(1), waveform(2, 3000), reading('health', instant(T0 + 3), { rssBytes: 7 })]
        let spool = place.open()
        const accepted = spool.append(readings)
        expect(numbers(accepted)).toEqual([1, 2, 3, 4])
        expect(accepted.map(({ priority }) => priority)).toEqual(['feature', 'alarm', 'waveform', 'feature'])
        spool.close()
        spool = place.open()
        expect(rows(spool).map((row) => row.reading)).toEqual(readings)
        spool.close()
      }),
    )

    it(
      'moves in one step what the gateway’s own clock stamped before it knew the time, and nothing else',
      withPlace((place) => {
        let spool = place.open()
        const unknown = { clock: 'unsynchronised', clockErrorMs: UNKNOWN_ERROR_MS } as const
        const early = { ...reading('event', instant(50_000), { onsetMs: 40_000 }, GEO), ...unknown } as Reading
        const station = { ...power(0), clock: 'unsynchronised' } as Reading
        const asked = {
          ...reading('waveform', instant(60_000), { fromMs: T0, toMs: T0 + 1 }, GEO),
          ...unknown,
        } as Reading
        spool.append([early, early, station, asked, power(7)])
        spool.settle([[1, 1]])
        const shift = {
          sinceMs: instant(0),
          untilMs: instant(120_000),
          byMs: T0,
          quality: 'ntp',
          errorMs: 5,
          driftPpm: 100,
        } as const
        expect(spool.restamp(shift, 2)).toBe(2)
        expect(spool.restamp(shift, 2)).toBe(0)
        const { bytes } = spool.stats()
        spool.close()
        spool = place.open()
        expect(spool.stats().bytes).toBeLessThanOrEqual(bytes)
        const [event, ...others] = rows(spool).sort((a, b) => a.sequence - b.sequence)
        expect(event?.reading).toMatchObject({
          measuredAt: T0 + 50_000,
          clock: 'ntp',
          fields: { onsetMs: T0 + 40_000 },
        })
        expect(event?.reading.clockErrorMs).toBeCloseTo(5 + 7)
        expect(others.map((row) => row.reading)).toMatchObject([
          station,
          { measuredAt: T0 + 60_000, fields: { fromMs: T0, toMs: T0 + 1 } },
          power(7),
        ])
        spool.close()
      }),
    )

    it(
      'gives every value of every field back as it was',
      withPlace((place) => {
        const spool = place.open()
        const number = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constant(-0))
        fc.assert(
          fc.property(number, number, fc.boolean(), fc.string(), fc.uint8Array(), (a, b, flag, text, bytes) => {
            const taken: Reading[] = [
              reading('power', instant(T0 + 0.25), { activePowerW: a, currentCA: b, simulated: flag }),
              reading('gap', T0, { reason: text }),
              reading('waveform', T0, { data: bytes }),
            ]
            const accepted = spool.append(taken)
            expect(accepted.map((row) => spool.get(row)?.reading)).toEqual(taken)
          }),
          { numRuns: 60 },
        )
        spool.close()
      }),
    )

    it(
      'has one epoch as long as it lives',
      withPlace((place) => {
        const first = place.open()
        const { epoch } = first
        first.close()
        const again = place.open()
        expect(again.epoch).toBe(epoch)
        expect(epoch).toMatch(/^[0-9a-f-]{36}$/)
        again.close()
      }),
    )

    it(
      'never gives a sequence twice, even when every row has been settled and deleted before a restart',
      withPlace((place) => {
        let spool = place.open()
        spool.append([power(0), power(1), probe(2)])
        spool.settle([[1, 3]])
        expect(spool.prune()).toBe(3)
        spool.close()
        spool = place.open()
        expect(spool.next).toBe(4)
        expect(numbers(spool.append([power(3)]))).toEqual([4])
        spool.close()
      }),
    )

    it(
      'shows no settled row, at once and before it is deleted',
      withPlace((place) => {
        const spool = place.open()
        spool.append([power(0), power(1), power(2), probe(3)])
        spool.settle([
          [1, 1],
          [3, 3],
        ])
        expect(numbers(refs(spool))).toEqual([2, 4])
        expect(spool.get({ sequence: 3, priority: 'feature' })).toBeNull()
        expect(spool.stats()).toMatchObject({ rows: 2, oldest: 2, oldestAt: T0 + 1 })
        spool.prune()
        expect(numbers(refs(spool))).toEqual([2, 4])
        expect(spool.stats()).toMatchObject({ rows: 2, oldest: 2 })
        spool.close()
      }),
    )

    it(
      'pages through rows of one priority past settled ones',
      withPlace((place) => {
        const spool = place.open()
        spool.append(Array.from({ length: 300 }, (_, i) => power(i)))
        spool.settle([[3, 290]])
        expect(numbers(spool.pending('feature', 0, 5))).toEqual([1, 2, 291, 292, 293])
        expect(numbers(spool.pending('feature', 293, 100))).toEqual([294, 295, 296, 297, 298, 299, 300])
        spool.close()
      }),
    )

    it(
      'says what is oldest: one past the newest when nothing is pending',
      withPlace((place) => {
        const spool = place.open()
        expect(spool.stats()).toMatchObject({ rows: 0, oldest: 1, oldestAt: null })
        spool.append([power(0)])
        spool.settle([[1, 1]])
        expect(spool.stats()).toMatchObject({ rows: 0, oldest: 2, oldestAt: null })
        spool.close()
      }),
    )

    it(
      'settles nothing that it has not given out',
      withPlace((place) => {
        const spool = place.open()
        spool.append([power(0)])
        spool.settle([[1, 1_000_000]])
        spool.prune()
        expect(numbers(spool.append([power(1)]))).toEqual([2])
        expect(numbers(refs(spool))).toEqual([2])
        spool.close()
      }),
    )

    describe('when the quota is exceeded', () => {
      it(
        'drops waveforms before features and features before alarms, oldest first',
        withPlace((place) => {
          const spool = place.open(60_000)
          spool.append([probe(0), power(1), waveform(2, 20_000), waveform(3, 20_000), power(4)])
          spool.append([waveform(5, 25_000)])
          expect(numbers(spool.pending('waveform', 0, 10))).toEqual([4, 6])
          expect(numbers(spool.pending('feature', 0, 10))).toEqual([2, 5])
          spool.append(Array.from({ length: 2000 }, (_, i) => power(10 + i)))
          expect(spool.pending('waveform', 0, 10)).toEqual([])
          expect(spool.get({ sequence: 2, priority: 'feature' })).toBeNull()
          expect(spool.get({ sequence: 1, priority: 'alarm' })).not.toBeNull()
          spool.close()
        }),
      )

      it(
        'leaves a gap row with exact count, sequences and interval, among the rows it returns',
        withPlace((place) => {
          const spool = place.open(20_000)
          const before = Array.from({ length: 100 }, (_, i) => power(1000 * i))
          spool.append(before)
          const [gap, ...more] = overflow(spool)
          expect(more).toEqual([])
          const kept = numbers(spool.pending('feature', 0, 10_000))
          const lost = (kept[0] as number) - 1
          expect(gap?.reading).toMatchObject({
            kind: 'gap',
            sensor: null,
            measuredAt: T0 + 1000 * (lost - 1),
            fields: {
              firstSequence: 1,
              lastSequence: lost,
              rows: lost,
              fromMs: T0,
              toMs: T0 + 1000 * (lost - 1),
              reason: 'disk-quota feature',
            },
          })
          expect(spool.stats().dropped).toBe(lost)
          expect(spool.stats().bytes).toBeLessThanOrEqual(20_000)
          spool.close()
        }),
      )

      it(
        'drops settled rows first, without a gap',
        withPlace((place) => {
          const spool = place.open(20_000)
          spool.append(Array.from({ length: 150 }, (_, i) => power(i)))
          spool.settle([[1, 140]])
          const accepted = spool.append(Array.from({ length: 150 }, (_, i) => power(i)))
          expect(accepted.filter((row) => row.reading.kind === 'gap')).toEqual([])
          expect(spool.stats().dropped).toBe(0)
          spool.close()
        }),
      )

      it('accounts for every row ever accepted: kept, or counted in a gap, however long the disk is full', () => {
        const batch = fc.tuple(fc.constantFrom('power', 'probe', 'waveform'), fc.integer({ min: 1, max: 60 }))
        fc.assert(
          fc.property(fc.array(batch, { minLength: 20, maxLength: 100 }), (batches) => {
            withPlace((place) => {
              const spool = place.open(30_000)
              for (const [kind, count] of batches) {
                spool.append(Array.from({ length: count }, () => MAKERS[kind]()))
                expect(spool.stats().bytes).toBeLessThanOrEqual(30_000)
              }
              const kept = rows(spool).filter((row) => row.reading.kind !== 'gap')
              const appended = batches.reduce((sum, [, count]) => sum + count, 0)
              expect(kept.length + lossOf(spool)).toBe(appended)
              spool.close()
            })()
          }),
          { numRuns: 12 },
        )
      })
    })
  })
}

const MAKERS = { power: () => power(0), probe: () => probe(0), waveform: () => waveform(0, 900) }

/** Appends until something is dropped; the gap rows. */
function overflow(spool: Spool): SpoolRow[] {
  for (let i = 100; i < 10_000; i++) {
    const gaps = spool.append([power(1000 * i)]).filter((row) => row.reading.kind === 'gap')
    if (gaps.length > 0) return gaps
  }
  return []
}

/** Rows that the gap rows of a spool speak of. */
const lossOf = (spool: Spool): number =>
  rows(spool).reduce(
    (sum, { reading: { kind, fields } }) => sum + (kind === 'gap' ? Number((fields as { rows: number }).rows) : 0),
    0,
  )
