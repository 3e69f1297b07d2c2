import { createCalendar, hourClass, isHoliday, isNight, momentOf } from '@minewarden/cloud/core/detection/calendar.ts'
import { DEFAULT_PARAMETERS, type Parameters } from '@minewarden/cloud/core/detection/parameters.ts'
import { describe, expect, it } from 'vitest'
import { siteOf } from '../../../support/detection.ts'

/** Local time of China. */
const at = (local: string) => Date.parse(`${local}+08:00`)
const SPRING: Parameters = {
  ...DEFAULT_PARAMETERS,
  holidays: ['2026-02-17', '2028-02-29'],
  keyPeriods: [{ name: 'winter coal', from: at('2026-11-15T00:00:00'), to: at('2027-03-15T00:00:00') }],
}

describe('the hours of a county', () => {
  it.each([
    ['2026-05-01T12:00:00', 'day'],
    ['2026-05-01T19:59:59', 'day'],
    ['2026-05-01T20:00:00', 'evening'],
    ['2026-05-01T23:30:00', 'night'],
    ['2026-05-01T04:59:00', 'night'],
    ['2026-05-01T05:10:00', 'evening'],
    ['2026-05-01T06:00:00', 'day'],
  ])('%s is %s', (local, expected) => {
    expect(hourClass(at(local), SPRING)).toBe(expected)
    expect(isNight(at(local), SPRING)).toBe(expected !== 'day')
  })

  it('are those of an evening all day long on a statutory holiday, by the local date', () => {
    expect(hourClass(at('2026-02-17T12:00:00'), SPRING)).toBe('evening')
    expect(isHoliday(at('2026-02-17T00:00:01'), SPRING)).toBe(true)
    expect(isHoliday(at('2026-02-16T23:59:59'), SPRING)).toBe(false)
    expect(isHoliday(at('2028-02-29T12:00:00'), SPRING)).toBe(true)
    expect(isHoliday(at('2028-03-01T00:00:00'), SPRING)).toBe(false)
  })
})

describe('what is to be feared', () => {
  const risk = (local: string, area: 'key' | 'general') => momentOf(siteOf({ area }), at(local), SPRING, 0).risk

  it('is more in a key area, in a key period and on a holiday', () => {
    expect(risk('2026-05-05T12:00:00', 'general')).toBe(0)
    expect(risk('2026-05-05T12:00:00', 'key')).toBe(1)
    expect(risk('2026-12-24T12:00:00', 'general')).toBe(1)
    expect(risk('2026-12-24T12:00:00', 'key')).toBe(2)
    expect(risk('2026-02-17T12:00:00', 'key')).toBe(2)
  })
})

describe('a permit', () => {
  const permits = [{ reason: 'maintenance', from: '2026-05-01T09:00:00+08:00', to: '2026-05-01T11:00:00+08:00' }]

  it('covers its time and ten minutes on either side, unless it was abused', () => {
    const covered = (local: string, voidUntilMs = 0) =>
      momentOf(siteOf({ permits }), at(local), SPRING, voidUntilMs).covered
    expect(covered('2026-05-01T08:49:00')).toBe(false)
    expect(covered('2026-05-01T08:51:00')).toBe(true)
    expect(covered('2026-05-01T11:09:00')).toBe(true)
    expect(covered('2026-05-01T11:11:00')).toBe(false)
    expect(covered('2026-05-01T10:00:00', at('2026-05-01T11:10:00'))).toBe(false)
  })
})

describe('a calendar that remembers', () => {
  const permits = [{ reason: 'maintenance', from: '2026-05-01T09:00:00+08:00', to: '2026-05-01T11:00:00+08:00' }]
  const parameters: Parameters = {
    ...SPRING,
    deadFromHour: 23.51,
    holidays: ['2026-05-01'],
    keyPeriods: [{ name: 'campaign', from: at('2026-04-30T13:20:00'), to: at('2026-05-02T17:40:00') }],
  }

  it.each([700, 7_013, 59_999, 611_000])('says the same as one that looks anew, asked each %d ms', (stepMs) => {
    const site = siteOf({ permits })
    const momentAt = createCalendar(site, parameters)
    const voided = at('2026-05-01T10:00:00.250')
    const wrong: number[] = []
    for (let ms = at('2026-04-29T22:00:00.123'); ms < at('2026-05-03T08:00:00'); ms += stepMs) {
      const voidUntilMs = ms < voided ? 0 : at('2026-05-01T10:30:00')
      const [known, made] = [momentAt(ms, voidUntilMs), momentOf(site, ms, parameters, voidUntilMs)]
      if (known.hours !== made.hours || known.covered !== made.covered || known.risk !== made.risk) wrong.push(ms)
    }
    expect(wrong).toEqual([])
    // The clock is set back.
    const ms = at('2026-04-30T13:19:59.999')
    expect(momentAt(ms, 0)).toEqual(momentOf(site, ms, parameters, 0))
  })
})
