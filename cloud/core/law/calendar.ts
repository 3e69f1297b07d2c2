import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import type { HolidayYear, NightRule } from './rules.ts'

/** What a law's calendar needs of its rules. */
export interface Calendar {
  readonly utcOffsetHours: number
  readonly night: NightRule
  readonly holidays: readonly HolidayYear[]
}

const HOUR_MS = 3_600_000

const localTime = (at: Instant, { utcOffsetHours }: Calendar): Instant => instant(at + utcOffsetHours * HOUR_MS)

/** The local date, `YYYY-MM-DD`. */
export const localDate = (at: Instant, calendar: Calendar): string => isoTime(localTime(at, calendar)).slice(0, 10)

/** Whether it is night; its first moment is, its last is not. */
export function isNight(at: Instant, calendar: Calendar): boolean {
  const local = localTime(at, calendar)
  const hour = (((local / HOUR_MS) % 24) + 24) % 24
  return hour >= calendar.night.fromHour || hour < calendar.night.toHour
}

/** A statutory holiday; a day of a year that nobody has listed is taken for one, for nobody knows that it is none. */
export function holidayAt(at: Instant, calendar: Calendar): 'holiday' | 'year-unknown' | null {
  const date = localDate(at, calendar)
  const year = calendar.holidays.find((one) => date.startsWith(`${one.year}-`))
  if (!year) return 'year-unknown'
  return year.days.includes(date) ? 'holiday' : null
}
