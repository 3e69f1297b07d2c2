import { CLOCK_QUALITIES, type ClockQuality, type Millis } from '@minewarden/protocol/time.ts'

/** How good the clock of one or several stamps was. */
export interface StampTiming {
  readonly clock: ClockQuality
  /** Absent: not known. */
  readonly clockErrorMs?: Millis | undefined
}

/** What rests on both is no better than the worse; a bound that is not known bounds nothing. */
export function worseTiming(a: StampTiming | null, b: StampTiming): StampTiming {
  if (a === null || (a.clock === b.clock && a.clockErrorMs === b.clockErrorMs)) return b
  const clock = CLOCK_QUALITIES.indexOf(a.clock) < CLOCK_QUALITIES.indexOf(b.clock) ? a.clock : b.clock
  if (a.clockErrorMs === undefined || b.clockErrorMs === undefined) return { clock }
  return { clock, clockErrorMs: Math.max(a.clockErrorMs, b.clockErrorMs) }
}
