/**
 * The remote control of a breaker meter (function 1CH). Only for breakers that the government itself owns and that feed
 * nothing of life safety; who may reach it is not decided here. The first byte of the command is not a control code: 1AH
 * and 1BH as control codes would wipe the meter's records, and `frame.ts` cannot send those.
 * @see DL/T 645-2007, 14 and Q/GDW 1365 (plain form)
 */
import { z } from 'zod'

export const CONTROLS = {
  trip: 0x1a,
  /** Power returns when a person presses the meter's button: the way to restore a supply. */
  closePermitted: 0x1b,
  close: 0x1c,
  alarm: 0x2a,
  alarmOff: 0x2b,
  /** Protected supply: the meter refuses to trip until this is taken back. */
  protect: 0x3a,
  protectOff: 0x3b,
} as const
export type ControlName = keyof typeof CONTROLS

export const ControlCredential = z.strictObject({
  /** 02: ordinary; the meter's plate or its owner tells. */
  level: z.number().int().min(0).max(9).default(2),
  password: z.string().regex(/^\d{6}$/, 'a password is six decimal digits'),
  operator: z.string().regex(/^\d{8}$/, 'an operator code is eight decimal digits'),
})
export type ControlCredential = z.infer<typeof ControlCredential>

/** Until when the meter may carry the command out, in its own clock's time. */
export interface MeterTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** The data of a control frame, without the +33H. */
export function controlData(name: ControlName, credential: ControlCredential, until: MeterTime): Uint8Array {
  const { second, minute, hour, day, month, year } = until
  return Uint8Array.from([
    bcd(credential.level),
    ...reversedPairs(credential.password),
    ...reversedPairs(credential.operator),
    CONTROLS[name],
    0,
    ...[second, minute, hour, day, month, year % 100].map(bcd),
  ])
}

const bcd = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10)

/** Decimal digits as bytes, the last pair first. */
function reversedPairs(digits: string): number[] {
  const bytes: number[] = []
  for (let i = digits.length - 2; i >= 0; i -= 2) bytes.push(Number.parseInt(digits.slice(i, i + 2), 16))
  return bytes
}
