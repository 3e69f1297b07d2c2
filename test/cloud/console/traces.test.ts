import { expect, test } from 'vitest'
import { backgroundOf } from '../../../cloud/console/traces/background.ts'
import { fill } from '../../../cloud/console/traces/fill.ts'
import { byLineOrder, decibels, PANELS, type PanelSpec, powerPoints } from '../../../cloud/console/traces/panels.ts'
import { createTraceBuffer, MAX_ROWS, withGaps } from '../../../cloud/console/traces/trace-buffer.ts'
import type { FindingDocument, TraceDocument } from '../../../cloud/http/documents.ts'

test('vibration is drawn in mm/s, and zero not at all on a logarithmic axis', () => {
  const { points } = PANELS.geophone as PanelSpec
  expect(points({ rmsMPerS: 0.0000021 }, 'HHZ').HHZ).toBeCloseTo(0.0021)
  expect(points({ rmsMPerS: 0 }, 'HHZ')).toEqual({ HHZ: null })
  expect(points({ rmsMPerS: null }, 'HHZ')).toEqual({ HHZ: null })
})

test('a pascal is 94 dB', () => {
  expect(decibels(1)).toBeCloseTo(93.98, 2)
  expect(decibels(0)).toBeNull()
})

test('the phases share the total by voltage times current', () => {
  const fields = {
    activePowerW: 40_000,
    voltageAV: 230,
    currentAA: 30,
    voltageBV: 230,
    currentBA: 10,
    voltageCV: 230,
    currentCA: 0,
  }
  expect(powerPoints(fields)).toEqual({ total: 40, A: 30, B: 10, C: 0 })
})

test('a cut supply is zero on every phase, an unknown phase is unknown', () => {
  const cut = { activePowerW: 0, voltageAV: 0, currentAA: 0, voltageBV: 0, currentBA: 0, voltageCV: 0, currentCA: 0 }
  expect(powerPoints(cut)).toEqual({ total: 0, A: 0, B: 0, C: 0 })
  expect(powerPoints({ activePowerW: 5000 })).toEqual({ total: 5, A: null, B: null, C: null })
})

test('lines stand in the order people read them', () => {
  expect(['C', 'total', 'B', 'A'].sort(byLineOrder)).toEqual(['total', 'A', 'B', 'C'])
  expect(['HHE', 'HHN', 'HHZ'].sort(byLineOrder)).toEqual(['HHZ', 'HHN', 'HHE'])
})

test('channels measured together share a row, whatever order they come in', () => {
  const buffer = createTraceBuffer()
  buffer.add(10_000, { Z: 1 })
  buffer.add(5000, { Z: 0 })
  buffer.add(10_200, { N: 2 })
  buffer.add(9800, { E: 3 })
  expect(buffer.times).toEqual([5, 10])
  expect(buffer.column('Z')).toEqual([0, 1])
  expect(buffer.column('N')).toEqual([undefined, 2])
  expect(buffer.column('E')).toEqual([undefined, 3])
})

test('a reading that comes twice is one row', () => {
  const buffer = createTraceBuffer()
  for (const value of [1, 2]) buffer.add(10_000, { Z: value })
  expect([buffer.times, buffer.column('Z')]).toEqual([[10], [2]])
})

test('rows before the span are dropped, and the buffer never outgrows its ceiling', () => {
  const buffer = createTraceBuffer()
  for (let row = 0; row < MAX_ROWS + 500; row += 1) buffer.add(row * 1000, { Z: row })
  expect([buffer.times.length, buffer.times[0], buffer.column('Z')[0]]).toEqual([MAX_ROWS, 500, 500])
  buffer.dropBefore((MAX_ROWS + 498) * 1000)
  expect(buffer.column('Z')).toEqual([MAX_ROWS + 498, MAX_ROWS + 499])
})

test('a silence of the sensor breaks the line, a missing value of another channel does not', () => {
  const times = [0, 5, 10, 100, 105]
  const drawn = withGaps(times, [[1, undefined, 1, 1, 1]])
  expect(drawn.times).toEqual([0, 5, 10, 55, 100, 105])
  expect(drawn.columns[0]).toEqual([1, undefined, 1, null, 1, 1])
})

test('history is put together by field and channel', () => {
  const trace: TraceDocument = {
    gateway: 'g',
    sensor: 'm',
    kind: 'power',
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-01T00:01:00Z',
    series: [
      { field: 'activePowerW', unit: 'W', channel: null, offsetsMs: [0, 5000], values: [1000, null] },
      { field: 'voltageAV', unit: 'V', channel: null, offsetsMs: [0], values: [230] },
      { field: 'currentAA', unit: 'A', channel: null, offsetsMs: [0], values: [4] },
    ],
  }
  const buffer = createTraceBuffer()
  fill(buffer, trace, PANELS['power-meter'] as PanelSpec)
  expect(buffer.column('total')).toEqual([1, undefined])
  expect(buffer.column('A')).toEqual([1, undefined])
  expect(buffer.times[0]).toBe(Date.parse('2026-01-01T00:00:00Z') / 1000)
})

test('states are bands from change to change, late ones are none, events are marks', () => {
  const state = (at: string, word: string, late = false) =>
    ({ kind: 'state', at, state: word, late, because: [] }) as unknown as FindingDocument
  const event = { kind: 'event', onset: '2026-01-01T00:00:30Z' } as unknown as FindingDocument
  const findings = [
    state('2026-01-01T00:02:00Z', 'reopened'),
    state('2026-01-01T00:01:30Z', 'suspected', true),
    event,
    state('2026-01-01T00:01:00Z', 'watch'),
  ]
  const start = Date.parse('2026-01-01T00:00:00Z') / 1000
  const { bands, marks } = backgroundOf(findings)
  expect(bands.map((band) => [band.state, band.fromS - start])).toEqual([
    ['reopened', 120],
    ['watch', 60],
  ])
  expect(bands[1]?.toS).toBe(bands[0]?.fromS)
  expect(marks).toEqual([{ atS: start + 30 }])
})
