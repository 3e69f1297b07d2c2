import { READING_KINDS, type ReadingKind } from '@minewarden/protocol/reading.ts'
import { expect, test } from 'vitest'
import {
  EMPTY_RECORD,
  flagOf,
  type MeterReading,
  RECORD_QUESTIONS,
  readingsOf,
  withReading,
} from '../../../cloud/console/power/meter-record.ts'
import { faultWords } from '../../../cloud/console/text/meter-fault.ts'
import { energyVerdict } from '../../../cloud/core/power/energy-verdict.ts'

const reading = (kind: string, atMs: number, fields: MeterReading['fields'] = {}): MeterReading => ({
  kind,
  atMs,
  fields,
})
const recordOf = (...readings: readonly MeterReading[]) => readings.reduce(withReading, EMPTY_RECORD)

test('only fields that readings have are asked for, no more than one question may name', () => {
  for (const { kind, fields } of RECORD_QUESTIONS) {
    const known = Object.keys(READING_KINDS[kind as ReadingKind].fields)
    expect(fields.filter((field) => !known.includes(field))).toEqual([])
    expect(fields.length).toBeLessThanOrEqual(16)
  }
})

test('an answer of the history becomes readings; a moment that lost a field to thinning is left out', () => {
  const series = (field: string, offsetsMs: number[], values: (number | string | null)[]) => ({
    ...{ field, unit: '', channel: null },
    ...{ offsetsMs, values },
  })
  const trace: Parameters<typeof readingsOf>[0] = {
    ...{ gateway: 'gw', sensor: 'm', kind: 'powerStep', from: '1970-01-01T00:00:01Z', to: '1970-01-01T00:01:00Z' },
    series: [series('stepW', [5, 9, 20], [100, 200, null]), series('phases', [20, 5], ['A', 'B'])],
  }
  expect(readingsOf(trace)).toEqual([
    reading('powerStep', 1005, { stepW: 100, phases: 'B' }),
    reading('powerStep', 1020, { stepW: null, phases: 'A' }),
  ])
})

test('what is older than what is known changes nothing', () => {
  const record = recordOf(reading('nightShare', 20, { ratio: 1 }), reading('nightShare', 10, { ratio: 2 }))
  expect(record.night?.fields.ratio).toBe(1)
  const steps = recordOf(...[1, 2, 3, 4, 5, 6, 6, 4].map((at) => reading('powerStep', at))).steps
  expect(steps.map(({ atMs }) => atMs)).toEqual([6, 5, 4, 3, 2])
})

test('a quarter of an hour does not take the place of the minute within it, but of a minute of long ago', () => {
  const minute = reading('powerSummary', 1_000_000, { periodS: 60 })
  const quarter = (at: number) => reading('powerSummary', at, { periodS: 900 })
  expect(recordOf(minute, quarter(1_000_000)).summary).toBe(minute)
  expect(recordOf(quarter(1_000_000), minute).summary).toBe(minute)
  expect(recordOf(minute, quarter(2_000_000)).summary?.fields.periodS).toBe(900)
})

test('a voltage event that ended stands in the place of its beginning, in whatever order they come', () => {
  const begun = reading('voltageEvent', 1, { event: 'dip', phase: 'A', onsetMs: 1, durationS: null })
  const ended = reading('voltageEvent', 9, { event: 'dip', phase: 'A', onsetMs: 1, durationS: 8 })
  const other = reading('voltageEvent', 4, { event: 'loss', phase: 'B', onsetMs: 4, durationS: null })
  expect(recordOf(begun, other, ended).voltages).toEqual([other, ended])
  expect(recordOf(ended, begun).voltages).toEqual([ended])
})

test('a count that rose is told; the first count, a lost one and a new meter are not', () => {
  const status = (atMs: number, coverOpenings: number | null) => reading('meter', atMs, { coverOpenings })
  const counts = [status(1, 7), status(2, 7), status(3, null), status(4, 9), status(5, 10), status(6, 0)]
  expect(recordOf(...counts).rises).toEqual([
    { count: 'coverOpenings', atMs: 5, by: 1 },
    { count: 'coverOpenings', atMs: 4, by: 2 },
  ])
})

test('a flag is what it is live and in the history, and missing stays missing', () => {
  expect([true, 1, false, 0, null, undefined].map(flagOf)).toEqual([true, true, false, false, null, null])
})

test.each([
  ['agrees', 1.02, 100, 98],
  ['register-slow', 0.5, 50, 100],
  ['register-fast', 1.2, 120, 100],
  ['register-back', null, -50, 100],
  ['fed-back', null, 0, -100],
  ['register-alone', null, 100, 0],
  ['untold', null, null, 100],
])('a register is called %s', (verdict, ratio, registerWh, integralWh) => {
  expect(energyVerdict({ ratio, uncertainty: 0.03, registerWh, integralWh })).toBe(verdict)
})

test('faults are told in words, phase by phase; one that is not known stays what it is', () => {
  expect(faultWords('a-overvoltage power-lost', 'zh')).toBe('A 相过压、掉电')
  expect(faultWords('c-reverse-power x-ray', 'en')).toBe('phase C: reverse power, x-ray')
  expect(faultWords('', 'en')).toBe('')
})
