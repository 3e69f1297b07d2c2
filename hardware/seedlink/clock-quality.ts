import type { ClockQuality, Millis } from '@minewarden/protocol/time.ts'
import type { RecordHeader } from '../miniseed/record.ts'

/** What a configuration says of the clock of an instrument. */
export interface InstrumentClock {
  /** What holds it when all is well; `null`: not known. */
  readonly reference: 'ntp' | 'gnss' | null
  /** How far it may be off then; `null`: not known. */
  readonly errorMs: Millis | null
}

export interface RecordTiming {
  readonly clock: ClockQuality
  readonly clockErrorMs?: Millis
}

/** Percent: from here on a reference is taken to hold the clock. */
const LOCKED_PERCENT = 90

/**
 * How good a record's stamp is, by what the record says and what is known of the instrument. The percentage of
 * blockette 1001 means what its maker wants; by custom 100 is "in lock", 0 "never was", and it falls as the clock
 * drifts. A bound of the error is only given where the configuration gave one and the record says that the clock is held:
 * from a percentage none can honestly be made.
 * @see SEED Manual 2.4, fixed section fields 13 and 14, blockette 1001; SeisComP, seedlink, plugin interface, `timing_quality`
 */
export function timingOf(
  record: Pick<RecordHeader, 'timingQuality' | 'clockLocked' | 'timeQuestionable'>,
  { reference, errorMs }: InstrumentClock,
): RecordTiming {
  const { timingQuality, clockLocked, timeQuestionable } = record
  if (timeQuestionable) return { clock: timingQuality === 0 ? 'unsynchronised' : 'holdover' }
  if (timingQuality === 0 && !clockLocked && reference === null) return { clock: 'unsynchronised' }
  const says = clockLocked || (timingQuality !== null && timingQuality >= LOCKED_PERCENT)
  // A quality of 0 is also what recorders write that know nothing of it: then the configuration's word counts.
  const silent = !clockLocked && (timingQuality === null || timingQuality === 0)
  if (!says && !silent) return { clock: 'holdover' }
  if (reference === null) return { clock: says ? 'ntp' : 'holdover' }
  return errorMs === null ? { clock: reference } : { clock: reference, clockErrorMs: errorMs }
}
