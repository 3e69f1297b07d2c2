import { judgeEffect, takeReading, takeStatus, watchEffect } from '@minewarden/cloud/core/orders/effect.ts'
import { DEFAULT_RULES } from '@minewarden/cloud/core/orders/order.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, test } from 'vitest'
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
  return judgeEffect(watch, 'sp-1', instant(NOW + nowS * S), DEFAULT_RULES)?.verdict ?? null
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

describe('what the meter read before the cut', () => {
  const notes = (readings: readonly ReadingOf<'power'>[], nowS: number) => {
    let watch = watchEffect(NOW)
    for (const reading of readings) watch = takeReading(watch, reading, DEFAULT_RULES)
    const verdict = judgeEffect(watch, 'sp-1', instant(NOW + nowS * S), DEFAULT_RULES)
    return verdict && [verdict.verdict, ...verdict.notes.map(({ code }) => code)]
  }
  const after = zeros(1, 6, 12)

  test('a load then and none now is told with both', () => {
    expect(notes([power(-5, 22_000), ...after], 13)).toEqual(['zero', 'meter-zero', 'was-loaded'])
    expect(notes([...after, power(-300, 22_000)], 13)).toEqual(['zero', 'meter-zero', 'was-loaded'])
  })

  test('zero then and zero now proves nothing, though a load may yet be told late', () => {
    expect(notes([power(-5, 0), ...after], 13)).toBeNull()
    expect(notes([power(-5, 0), ...after], 301)?.slice(0, 2)).toEqual(['was-zero', 'was-zero'])
    expect(notes([power(-5, 0), ...after, power(-60, 22_000)], 301)?.[0]).toBe('zero')
    // Half an hour ago is another story.
    expect(notes([power(-1800, 22_000), power(-5, 0), ...after], 301)?.[0]).toBe('was-zero')
  })

  test('a voltage that went with the cut proves it without a load', () => {
    const volts = (voltageAV: number | null) => ({ voltageAV, voltageBV: null, voltageCV: null })
    const gone = [1, 6, 12].map((at) => power(at, 0, volts(2)))
    const there = [1, 6, 12].map((at) => power(at, 0, volts(231)))
    expect(notes([power(-5, 0, volts(230)), ...gone], 13)).toEqual(['zero', 'meter-zero', 'voltage-fell'])
    expect(notes([power(-5, 0, volts(230)), ...there], 301)?.[0]).toBe('was-zero')
    expect(notes([power(-5, 0, volts(230)), ...after], 301)?.[0]).toBe('was-zero')
  })

  test('a meter that was silent before is said to have been', () => {
    expect(notes(after, 13)).toEqual(['zero', 'meter-zero', 'before-unknown'])
  })

  test('readings that are simulated are said to be', () => {
    const simulated = [1, 6, 12].map((at) => power(at, 0, { simulated: true }))
    expect(notes([power(-5, 22_000), ...simulated], 13)?.at(-1)).toBe('readings-simulated')
  })

  test('a value that is no number is not zero', () => {
    expect(
      notes(
        [1, 6, 12].map((at) => power(at, Number.NaN, { currentAA: 0 })),
        13,
      ),
    ).toBeNull()
    expect(
      notes(
        [1, 6, 12].map((at) => power(at, 0, { currentAA: Number.NaN })),
        13,
      ),
    ).toBeNull()
  })
})

describe('what the meter declares of itself', () => {
  const status = (atS: number, fields: object, clock: 'ntp' | 'unsynchronised' = 'ntp') =>
    ({ kind: 'meter', measuredAt: instant(NOW + atS * S), clock, fields }) as ReadingOf<'meter'>
  const judged = (statuses: readonly ReadingOf<'meter'>[], readings: readonly ReadingOf<'power'>[], nowS: number) => {
    let watch = watchEffect(NOW)
    for (const one of statuses) watch = takeStatus(watch, one)
    for (const reading of readings) watch = takeReading(watch, reading, DEFAULT_RULES)
    return judgeEffect(watch, 'sp-1', instant(NOW + nowS * S), DEFAULT_RULES)
  }
  const codes = (verdict: ReturnType<typeof judged>) =>
    verdict && [verdict.verdict, ...verdict.notes.map((n) => n.code)]
  const volts = (atS: number, voltageAV: number, watts: number | null = 0) =>
    power(atS, watts, { voltageAV, voltageBV: null, voltageCV: null })
  const loaded = [100, 200, 299].map((at) => power(at, 30_000))
  const off = (atS: number, relayKind: string) => status(atS, { relayOff: true, relayKind })

  test('a voltage that went proves the cut on the load side, and nothing on the line side', () => {
    const fell = [volts(-5, 230), ...[1, 6, 12].map((at) => volts(at, 2))]
    const line = status(-5, { measuresAt: 'line' })
    expect(codes(judged([status(-5, { measuresAt: 'load' })], fell, 13))).toEqual([
      'zero',
      'meter-zero',
      'voltage-fell',
    ])
    expect(judged([line], fell, 13)).toBeNull()
    expect(codes(judged([line], fell, 301))).toEqual(['was-zero', 'was-zero', 'meter-zero', 'measured-on-line'])
  })

  test('no voltage alone is no power on the load side only', () => {
    const dead = [1, 6, 12].map((at) => volts(at, 2, null))
    expect(judged([status(-5, { measuresAt: 'load' })], dead, 13)?.verdict).toBe('zero')
    expect(judged([status(-5, { measuresAt: 'line' })], dead, 13)).toBeNull()
    expect(judged([], dead, 13)).toBeNull()
  })

  test('a load behind a relay that is in the meter and off goes around it', () => {
    const verdict = judged([off(10, 'internal')], loaded, 300)
    expect(verdict).toMatchObject({ verdict: 'loaded', bypass: true })
    expect(codes(verdict)).toEqual(['loaded', 'relay-off-loaded', 'meter-loaded', 'relay-off'])
  })

  test.each(['external', 'none'])('a relay that is %s says what was commanded, and accuses nobody', (kind) => {
    const verdict = judged([off(10, kind)], loaded, 300)
    expect(verdict?.bypass).toBeUndefined()
    expect(verdict?.notes.at(-1)).toMatchObject({ code: 'relay-off', values: { kind } })
  })

  test('only the newest word of the relay after the execution counts, told by a clock that was set', () => {
    const on = (atS: number) => status(atS, { relayOff: false, relayKind: 'internal' })
    const bypassOf = (...statuses: ReadingOf<'meter'>[]) => judged(statuses, loaded, 300)?.bypass ?? false
    expect(bypassOf(off(0, 'internal'))).toBe(false)
    expect(bypassOf(off(10, 'internal'), on(20))).toBe(false)
    expect(bypassOf(on(20), off(10, 'internal'))).toBe(false)
    expect(bypassOf(on(10), off(20, 'internal'))).toBe(true)
    expect(bypassOf(status(10, { relayOff: true, relayKind: 'internal' }, 'unsynchronised'))).toBe(false)
    expect(bypassOf(status(10, { relayOff: true }))).toBe(false)
  })
})
