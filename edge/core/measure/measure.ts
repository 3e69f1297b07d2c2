import type { Measurement } from '@minewarden/hardware/contract.ts'
import type { SensorId, SensorKind } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { ClockShift } from '../clock/clock-shift.ts'

/**
 * Turns what one sensor measured into readings: streaming, causal (a reading depends on nothing measured after its
 * `measuredAt`), deterministic, with bounded memory. Blocks of any length give the same readings.
 */
export interface Measure {
  push(measurement: Measurement): Reading[]
  /** The source has ended: closes what is open (a running event becomes `cut`). */
  end(): Reading[]
  /** The time became known: what is begun goes on in right time. The readings returned are still of the wrong time. */
  restamp?(shift: ClockShift): Reading[]
  /** Input that could not be used, by reason, since the start. */
  readonly discarded: Readonly<Discarded>
}

/** Counts of what was thrown away; a gap is counted where the stream resumed. */
export interface Discarded {
  gaps: number
  overlapSamples: number
  badBlocks: number
  /** Transients beyond the ceiling of an hour (`event-quota.ts`). */
  floodedEvents: number
}

export interface MeasureOptions {
  readonly sensor: SensorId
  readonly kind: SensorKind
  /** SEED codes of a waveform sensor, the vertical first if there are three; else empty. */
  readonly channels: readonly string[]
}
