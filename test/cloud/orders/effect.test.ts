import { judgeEffect, takeReading, watchEffect } from '@minewarden/cloud/core/orders/effect.ts'
import { DEFAULT_RULES } from '@minewarden/cloud/core/orders/order.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'
import { NOW } from '../../support/cut-off/fixtures.ts'

const S = 1000
type Fields = Partial<ReadingOf<'power'>['fields']>
const power = (atS: number, watts: number | null, change: Fields = {}, clock: 'ntp' | 'unsynchronised' = 'ntp') =>
  ({
    kind: 'power',
    measuredAt: instant(NOW + atS * S),
    clock,
    fields: {
      activePowerW: watts,
      currentAA: watts === null ? null : watts / 230,
      currentBA: null,
      currentCA: null,
      ...change,
    },
  }) as ReadingOf<'power'>

function verdict(readings: readonly ReadingOf<'power'>[], nowS: number) {
  let watch = watchEffect(NOW)
  for (const reading of readings) watch = takeReading(watch, reading, DEFAULT_RULES)
  return judgeEffect(watch, instant(NOW + nowS * S), DEFAULT_RULES)?.verdict ?? null
}
const zeros = (...seconds: number[]) => seconds.map((at) => power(at, 0))

test('about zero for ten seconds after the execution verifies the cut', () => {
  expect(verdict(zeros(1, 6, 10), 11)).toBeNull()
  expect(verdict(zeros(1, 6, 11), 11)).toBe('zero')
})

test('zeros measured before the execution, or at its very moment, show nothing', () => {
  expect(verdict(zeros(-20, -10, 0, 5), 6)).toBeNull()
})

test('a load in between breaks the run', () => {
  expect(verdict([...zeros(1, 6), power(8, 30_000), ...zeros(9, 14)], 15)).toBeNull()
  expect(verdict([...zeros(1, 6), power(8, 30_000), ...zeros(9, 14, 19)], 20)).toBe('zero')
})

test('a load that is told late but was measured inside the run breaks it too', () => {
  expect(verdict([...zeros(1, 6, 12), power(8, 30_000)], 15)).toBeNull()
  expect(verdict([...zeros(5, 10, 16), power(2, 30_000)], 17)).toBe('zero')
})

test('a silence inside the run breaks it: what the meter did meanwhile is not known', () => {
  expect(verdict(zeros(1, 70), 71)).toBeNull()
  expect(verdict(zeros(1, 70, 81), 82)).toBe('zero')
})

test('readings of a clock that was never set, or without values, show nothing', () => {
  expect(
    verdict(
      [1, 6, 12].map((at) => power(at, 0, {}, 'unsynchronised')),
      13,
    ),
  ).toBeNull()
  expect(
    verdict(
      [1, 6, 12].map((at) => power(at, null)),
      13,
    ),
  ).toBeNull()
  expect(
    verdict(
      [1, 6, 12].map((at) => power(at, 0, { currentAA: null })),
      13,
    ),
  ).toBeNull()
})

test('power about zero with current in one phase is a load, and so is power that flows back', () => {
  const phase = [1, 6, 12].map((at) => power(at, 0, { currentAA: 0, currentBA: 0, currentCA: 5 }))
  expect(verdict(phase, 301)).toBe('loaded')
  expect(
    verdict(
      [1, 6, 12].map((at) => power(at, -20_000, { currentAA: 0 })),
      301,
    ),
  ).toBe('loaded')
})

test('still loaded after five minutes is ineffective, and not before', () => {
  const loaded = [100, 200, 299].map((at) => power(at, 30_000))
  expect(verdict(loaded, 299)).toBeNull()
  expect(verdict(loaded, 300)).toBe('loaded')
})

test('a meter that says nothing for an hour has not shown the cut', () => {
  expect(verdict([], 3599)).toBeNull()
  expect(verdict([], 3600)).toBe('silent')
  expect(verdict(zeros(1, 5), 3600)).toBe('silent')
})
