import { holidayAt, isNight, localDate } from '@minewarden/cloud/core/law/calendar.ts'
import { DEFAULT_LAW } from '@minewarden/cloud/core/law/default-rules.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'

/** A moment of Beijing time. */
const at = (local: string): Instant => instant(Date.parse(`${local}+08:00`))

test.each([
  ['2026-03-03T21:59:59.999', false],
  ['2026-03-03T22:00:00', true],
  ['2026-03-04T00:00:00', true],
  ['2026-03-04T05:59:59.999', true],
  ['2026-03-04T06:00:00', false],
])('whether %s is night: %s', (local, night) => expect(isNight(at(local), DEFAULT_LAW)).toBe(night))

test.each([
  ['2026-02-14T12:00:00', null],
  ['2026-02-15T00:00:00', 'holiday'],
  ['2026-02-23T23:59:59', 'holiday'],
  ['2026-02-24T00:00:00', null],
  ['2026-10-07T12:00:00', 'holiday'],
  ['2026-10-08T12:00:00', null],
  ['2027-02-06T12:00:00', 'holiday'],
  ['2027-10-03T12:00:00', 'holiday'],
  ['2027-10-04T12:00:00', null],
  // Nobody has listed it.
  ['2028-03-01T12:00:00', 'year-unknown'],
  ['2025-12-31T23:59:59', 'year-unknown'],
  ['2026-01-01T00:00:00', 'holiday'],
])('what %s is: %s', (local, what) => expect(holidayAt(at(local), DEFAULT_LAW)).toBe(what))

test('a day begins at local midnight', () => {
  expect(localDate(instant(Date.UTC(2026, 1, 14, 15, 59)), DEFAULT_LAW)).toBe('2026-02-14')
  expect(localDate(instant(Date.UTC(2026, 1, 14, 16, 0)), DEFAULT_LAW)).toBe('2026-02-15')
})

test('of 2026 the holidays are the thirty-three days that were announced', () => {
  const days = DEFAULT_LAW.holidays.find(({ year }) => year === 2026)?.days ?? []
  expect(new Set(days).size).toBe(3 + 9 + 3 + 5 + 3 + 3 + 7)
})
