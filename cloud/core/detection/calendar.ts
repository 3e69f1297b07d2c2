/** What a moment is in a county's calendar: what is lawful then, and what is to be feared. */

import type { Site } from '@minewarden/protocol/site.ts'
import type { HourClass, Moment } from './filter/hidden-state.ts'
import type { Parameters } from './parameters.ts'
import { PERMIT_MARGIN_MS, permitAt } from './permits.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The local hour, 0 to 24, with its fraction. */
export const localHour = (atMs: number, { utcOffsetHours }: Parameters): number =>
  (((atMs / HOUR_MS + utcOffsetHours) % 24) + 24) % 24

/** The local date as `YYYY-MM-DD`. */
const localDate = (atMs: number, { utcOffsetHours }: Parameters): string => {
  const days = Math.floor((atMs + utcOffsetHours * HOUR_MS) / DAY_MS)
  // Civil date of a day number (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const month = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * month + 2) / 5) + 1
  const civil = month < 10 ? month + 3 : month - 9
  const year = yearOfEra + 400 * era + (civil <= 2 ? 1 : 0)
  return `${String(year).padStart(4, '0')}-${String(civil).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

/** Whether it is night at a moment. */
export function isNight(atMs: number, parameters: Parameters): boolean {
  const hour = localHour(atMs, parameters)
  return hour >= parameters.nightFromHour || hour < parameters.nightToHour
}

const isBetween = (hour: number, from: number, to: number): boolean =>
  from <= to ? hour >= from && hour < to : hour >= from || hour < to

export const isHoliday = (atMs: number, parameters: Parameters): boolean =>
  parameters.holidays.length > 0 && parameters.holidays.includes(localDate(atMs, parameters))

/** On a holiday nobody works by day: what is heard then is judged as in the evening. */
export function hourClass(atMs: number, parameters: Parameters): HourClass {
  const hour = localHour(atMs, parameters)
  if (isBetween(hour, parameters.deadFromHour, parameters.deadToHour)) return 'night'
  if (isNight(atMs, parameters) || isHoliday(atMs, parameters)) return 'evening'
  return 'day'
}

/** The key period that runs at a moment, by its name. */
export const keyPeriodAt = (atMs: number, { keyPeriods }: Parameters): string | null =>
  keyPeriods.find(({ from, to }) => atMs >= from && atMs < to)?.name ?? null

/** So near to a change the moment is made out anew: rounding decides then, and always alike. */
const GUARD_MS = 1000

/**
 * {@link momentOf} for one site, for a detector that asks at each reading: what it was at the last one holds until the
 * earliest time at which anything can change.
 */
export function createCalendar(site: Site, parameters: Parameters): (atMs: number, voidUntilMs: number) => Moment {
  let moment: Moment | null = null
  let fromMs = 0
  let untilMs = 0
  let voidedMs = 0
  return (atMs, voidUntilMs) => {
    if (moment === null || atMs < fromMs || atMs >= untilMs || voidUntilMs !== voidedMs) {
      moment = momentOf(site, atMs, parameters, voidUntilMs)
      fromMs = atMs
      untilMs = nextChangeMs(site, atMs, parameters, voidUntilMs) - GUARD_MS
      voidedMs = voidUntilMs
    }
    return moment
  }
}

/** The first time after `atMs` at which the hours, a key period, a permit or its voiding begins or ends. */
function nextChangeMs({ permits }: Site, atMs: number, parameters: Parameters, voidUntilMs: number): number {
  const { nightFromHour, nightToHour, deadFromHour, deadToHour, keyPeriods } = parameters
  const hour = localHour(atMs, parameters)
  // Midnight is where a holiday begins and ends.
  const turns = [nightFromHour, nightToHour, deadFromHour, deadToHour, 0].map(
    (turn) => atMs + HOUR_MS * ((((turn - hour) % 24) + 24) % 24),
  )
  const periods = keyPeriods.flatMap(({ from, to }) => [from, to])
  const works = permits.flatMap(({ from, to }) => [from - PERMIT_MARGIN_MS, to + PERMIT_MARGIN_MS])
  return Math.min(...turns, ...[...periods, ...works, voidUntilMs].filter((ms) => ms >= atMs))
}

/** @param voidUntilMs until when a permit was found to be abused: it covers nothing */
export function momentOf(site: Site, atMs: number, parameters: Parameters, voidUntilMs: number): Moment {
  const feared = keyPeriodAt(atMs, parameters) !== null || isHoliday(atMs, parameters)
  return {
    hours: hourClass(atMs, parameters),
    covered: atMs > voidUntilMs && permitAt(site, atMs) !== null,
    risk: (site.area === 'key' ? 1 : 0) + (feared ? 1 : 0),
  }
}
