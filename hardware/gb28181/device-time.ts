import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'

/** Times without an offset are Beijing's. @see GB/T 28181-2016 annex A (dateTime), 9.10 (time by SIP) */
const BEIJING_MS: Millis = 8 * 3_600_000
const TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?$/

/** Reads what a device says of its clock; `null`: it is no time. */
export function parseDeviceTime(text: string): Instant | null {
  const match = TIME.exec(text)
  if (!match) return null
  const ms = Date.parse(`${text.slice(0, 19)}${match[7] ?? ''}${match[8] ?? 'Z'}`)
  if (Number.isNaN(ms)) return null
  return instant(match[8] === undefined ? ms - BEIJING_MS : ms)
}

/** The `Date` of an answer to a registration, by which cameras set their clocks. */
export const writeDate = (at: Instant): string => new Date(at + BEIJING_MS).toISOString().slice(0, 23)
