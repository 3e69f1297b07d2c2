import { type ClockShift, shiftMeasurement, shiftReading } from '@minewarden/edge/core/clock/clock-shift.ts'
import { OffsetLine } from '@minewarden/edge/core/clock/offset-line.ts'
import { worseTiming } from '@minewarden/edge/core/measure/worst-timing.ts'
import { decodeAll } from '@minewarden/hardware/miniseed/stream.ts'
import { createRecordWriter } from '@minewarden/hardware/miniseed/writer.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { type Instant, instant, UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GEO, reading, T0 } from '../../support/readings.ts'

const SHIFT: ClockShift = {
  sinceMs: instant(0),
  untilMs: instant(120_000),
  byMs: T0 + 0.123,
  quality: 'ntp',
  errorMs: 5,
  driftPpm: 120,
}
const ours = { clock: 'unsynchronised', clockErrorMs: UNKNOWN_ERROR_MS } as const
const records = (startAt: Instant) => {
  const id = { network: 'XX', station: 'GW1', location: '00', channel: 'HHZ' }
  const writer = createRecordWriter({ ...id, rateHz: 250, recordLength: 512 })
  const first = writer.append(
    startAt,
    Int32Array.from({ length: 1000 }, (_, i) => (i * 7919) % 3000),
  )
  return Uint8Array.from([...first, ...writer.flush()])
}
const times = (bytes: Uint8Array) =>
  [...decodeAll(bytes)].flatMap((item) => (item.kind === 'record' ? [item.record.startAt] : []))

describe('what was stamped before the time was known', () => {
  it('is moved with the records of a waveform, to the microsecond, and their samples stay', () => {
    const data = records(instant(30_000))
    const row = { ...reading('waveform', instant(60_000), { fromMs: 30_000, toMs: 60_000, data }, GEO), ...ours }
    const moved = shiftReading(SHIFT, row as Reading)
    expect(moved.fields).toMatchObject({ fromMs: 30_000 + SHIFT.byMs, toMs: 60_000 + SHIFT.byMs })
    const after = (moved.fields as { data: Uint8Array }).data
    expect(times(data).length).toBeGreaterThan(2)
    for (const [i, at] of times(after).entries()) expect(at).toBeCloseTo((times(data)[i] ?? 0) + SHIFT.byMs, 2)
    const samples = (bytes: Uint8Array) =>
      [...decodeAll(bytes)].flatMap((item) => (item.kind === 'record' ? [...item.record.samples] : []))
    expect(samples(after)).toEqual(samples(data))
    // The row in hand is not touched.
    expect(times(data)[0]).toBe(30_000)
  })

  it('bounds its error by the crystal that ran without a reference, further back more', () => {
    const at = (ms: number) => shiftReading(SHIFT, { ...reading('power', instant(ms)), ...ours } as Reading)
    expect(at(120_000).clockErrorMs).toBeCloseTo(5)
    expect(at(0).clockErrorMs).toBeCloseTo(5 + 14.4)
  })

  it('is not what another clock stamped, however doubtful', () => {
    const station = { ...reading('power', instant(T0)), clock: 'unsynchronised' } as Reading
    const bounded = { ...reading('power', instant(1_000)), clock: 'holdover', clockErrorMs: 50 } as Reading
    expect(shiftReading(SHIFT, station)).toBe(station)
    expect(shiftReading(SHIFT, bounded)).toBe(bounded)
  })

  it('is moved too when it was still on its way', () => {
    const state = { kind: 'device', at: instant(119_000), state: 'ok', reason: '', ...ours } as const
    expect(shiftMeasurement(SHIFT, state)).toMatchObject({ at: 119_000 + SHIFT.byMs, clock: 'ntp' })
    const known = { ...state, at: T0, clock: 'ntp', clockErrorMs: 3 } as const
    expect(shiftMeasurement(SHIFT, known)).toBe(known)
  })
})

describe('the offset line', () => {
  it('never turns in order, however it is bent', () => {
    const bend = fc.record({
      after: fc.double({ min: 0.1, max: 1e5, noNaN: true }),
      by: fc.double({ min: -1e5, max: 1e5, noNaN: true }),
      jumps: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(bend, { maxLength: 30 }), (bends) => {
        const line = new OffsetLine(0)
        let now = 0
        let last = Number.NEGATIVE_INFINITY
        for (const { after, by, jumps } of bends) {
          for (const share of [0.01, 0.3, 0.99]) {
            const at = now + after * share
            expect(at + line.at(at)).toBeGreaterThan(last)
            last = at + line.at(at)
          }
          now += after
          if (jumps) line.jump(now, by)
          else line.lean(now, line.at(now) + by, 5_000)
        }
      }),
    )
  })
})

describe('what rests on several stamps', () => {
  it('is no better than the worst of them', () => {
    expect(worseTiming(null, { clock: 'ntp', clockErrorMs: 3 })).toEqual({ clock: 'ntp', clockErrorMs: 3 })
    expect(worseTiming({ clock: 'gnss', clockErrorMs: 9 }, { clock: 'ntp', clockErrorMs: 3 })).toEqual({
      clock: 'ntp',
      clockErrorMs: 9,
    })
    expect(worseTiming({ clock: 'holdover' }, { clock: 'ntp', clockErrorMs: 3 })).toEqual({ clock: 'holdover' })
  })
})
