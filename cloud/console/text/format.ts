import { type Language, textOf } from './dictionary.ts'

/** Times and numbers as people read them. Times are shown in the browser's time zone, 24 hours. */
export interface Format {
  /** `14:03:22` */
  clock(at: string | number): string
  /** `14:03` today, else `11-22 14:03`. */
  moment(at: string | number, nowMs: number): string
  /** `2026-11-22 14:03:22` */
  full(at: string | number): string
  /** `3 分钟`, `2 h` */
  span(ms: number): string
  ago(at: string | number, nowMs: number): string
  /** A share as a percentage without decimals; never a rounded 100 %. */
  percent(share: number): string
  /** A share of a limit as a percentage of two significant digits, which may be above 100 %. */
  share(share: number): string
  /** `2.31 ± 0.28`; the value alone where its relative uncertainty is not known. */
  measured(value: number, uncertainty: number | null): string
  /** Three significant digits, no exponent. */
  number(value: number): string
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

export function createFormat(language: Language): Format {
  const clock = new Intl.DateTimeFormat('sv', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  const minute = new Intl.DateTimeFormat('sv', { hour: '2-digit', minute: '2-digit' })
  const date = new Intl.DateTimeFormat('sv', { year: 'numeric', month: '2-digit', day: '2-digit' })
  const significant = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: false })

  const coarse = new Intl.NumberFormat('en', { maximumSignificantDigits: 2, useGrouping: false })

  const span = (ms: number) => {
    const positive = Math.max(0, ms)
    if (positive < MINUTE_MS) return textOf(language, 'time.seconds', { n: Math.floor(positive / 1000) })
    if (positive < HOUR_MS) return textOf(language, 'time.minutes', { n: Math.floor(positive / MINUTE_MS) })
    if (positive < 2 * DAY_MS) return textOf(language, 'time.hours', { n: Math.floor(positive / HOUR_MS) })
    return textOf(language, 'time.days', { n: Math.floor(positive / DAY_MS) })
  }
  return {
    clock: (at) => clock.format(new Date(at)),
    moment(at, nowMs) {
      const then = new Date(at)
      const sameDay = date.format(then) === date.format(nowMs)
      return sameDay ? minute.format(then) : `${date.format(then).slice(5)} ${minute.format(then)}`
    },
    full: (at) => `${date.format(new Date(at))} ${clock.format(new Date(at))}`,
    span,
    ago(at, nowMs) {
      const ms = nowMs - new Date(at).getTime()
      return ms < 3000 ? textOf(language, 'time.now') : textOf(language, 'time.ago', { span: span(ms) })
    },
    percent: (share) => `${Math.min(share < 1 ? 99 : 100, Math.round(share * 100))}%`,
    share: (share) => `${coarse.format(share * 100)}%`,
    measured: (value, uncertainty) =>
      uncertainty === null
        ? significant.format(value)
        : `${significant.format(value)} ± ${coarse.format(value * uncertainty)}`,
    number: (value) => significant.format(value),
  }
}
