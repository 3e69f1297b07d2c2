/**
 * The first synchronisation after a start: everything that was stamped before it is moved by one constant, so that
 * nothing turns in order and nothing is lost. What was stamped by another clock (a station's own, a recording's) stays.
 */
import type { Measurement } from '@minewarden/hardware/contract.ts'
import { shiftRecords } from '@minewarden/hardware/miniseed/restamp.ts'
import type { Reading, ReadingKind } from '@minewarden/protocol/reading.ts'
import { type ClockQuality, type Instant, instant, type Millis, UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'
import type { GreyFrame } from '../image/frame.ts'

export interface ClockShift {
  /** The span of wrong time that is moved. */
  readonly sinceMs: Instant
  readonly untilMs: Instant
  readonly byMs: Millis
  /** What moved stamps are worth at the span's end. */
  readonly quality: ClockQuality
  readonly errorMs: Millis
  /** How much the bound grows towards the span's beginning. */
  readonly driftPpm: number
}

/** Instruments hand on what they took a little before the gateway began. */
const BEFORE_MS: Millis = 600_000
/** Blocks end a little after they are handed on. */
const AFTER_MS: Millis = 60_000

interface Timing {
  readonly at: Millis
  readonly clock: ClockQuality
  readonly clockErrorMs?: Millis | undefined
}

/** Whether a stamp is the gateway's own from before the synchronisation. */
export const isMoved = (shift: ClockShift, { at, clock, clockErrorMs }: Timing): boolean =>
  (clockErrorMs === undefined ? clock === 'unsynchronised' : clockErrorMs >= UNKNOWN_ERROR_MS) && isWithin(shift, at)

const isWithin = ({ sinceMs, untilMs }: ClockShift, at: Millis): boolean =>
  at >= sinceMs - BEFORE_MS && at <= untilMs + AFTER_MS

/** What a moved stamp is worth. @param at before it was moved */
export const worthAfter = ({ quality, errorMs, driftPpm, untilMs }: ClockShift, at: Millis) => ({
  clock: quality,
  clockErrorMs: Math.min(UNKNOWN_ERROR_MS, errorMs + Math.abs(untilMs - at) * driftPpm * 1e-6),
})

/** Fields that hold a moment. */
export const MOMENT_FIELDS: { readonly [K in ReadingKind]?: readonly string[] } = {
  event: ['onsetMs'],
  airEvent: ['onsetMs'],
  waveform: ['fromMs', 'toMs'],
  gap: ['fromMs', 'toMs'],
  powerSummary: ['fromMs'],
  powerStep: ['onsetMs'],
  voltageEvent: ['onsetMs'],
  energyCheck: ['fromMs'],
  probe: ['sinceMs'],
  health: ['spoolOldestMs'],
}

/** A reading as it should have been stamped; the same object when it is none of ours. */
export function shiftReading(shift: ClockShift, reading: Reading): Reading {
  if (!isMoved(shift, { at: reading.measuredAt, clock: reading.clock, clockErrorMs: reading.clockErrorMs }))
    return reading
  const fields: { [field: string]: unknown } = { ...reading.fields }
  for (const name of MOMENT_FIELDS[reading.kind] ?? []) {
    const value = fields[name]
    // A host asks for a stretch in its own time; a gap may reach back into an earlier run.
    if (typeof value === 'number' && isWithin(shift, value)) fields[name] = value + shift.byMs
  }
  if (reading.kind === 'waveform' && reading.fields.data !== null) {
    fields.data = shiftRecords(reading.fields.data, shift.byMs)
  }
  const measuredAt = instant(reading.measuredAt + shift.byMs)
  return { ...reading, measuredAt, ...worthAfter(shift, reading.measuredAt), fields } as Reading
}

/** The same of a picture that was being looked at when the clock was synchronised. */
export function shiftFrame(shift: ClockShift, frame: GreyFrame): GreyFrame {
  if (!isMoved(shift, frame)) return frame
  return { ...frame, ...worthAfter(shift, frame.at), at: instant(frame.at + shift.byMs) }
}

/** The same of a measurement that was on its way when the clock was synchronised. */
export function shiftMeasurement(shift: ClockShift, measurement: Measurement): Measurement {
  const at = measurement.kind === 'waveform' ? measurement.startAt : measurement.at
  if (!isMoved(shift, { at, clock: measurement.clock, clockErrorMs: measurement.clockErrorMs })) return measurement
  const moved = { ...measurement, ...worthAfter(shift, at) }
  if (moved.kind === 'waveform') return { ...moved, startAt: instant(at + shift.byMs) }
  if (moved.kind === 'probe' && moved.sinceMs != null && isWithin(shift, moved.sinceMs))
    return { ...moved, at: instant(at + shift.byMs), sinceMs: instant(moved.sinceMs + shift.byMs) }
  return { ...moved, at: instant(at + shift.byMs) }
}
