import type { Measurement } from '@minewarden/hardware/contract.ts'
import type { SensorId, SensorKind } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { ClockShift } from '../clock/clock-shift.ts'
import type { GreyFrame } from '../image/frame.ts'
import type { StampTiming } from './worst-timing.ts'

/** What a measure takes: what a driver measured, a camera's still pictures decoded. */
export type Measured = Measurement | GreyFrame

/**
 * Turns what one sensor measured into readings: streaming, causal (a reading depends on nothing measured after its
 * `measuredAt`), deterministic, with bounded memory. Blocks of any length give the same readings.
 */
export interface Measure {
  push(measured: Measured): Reading[]
  /** The source has ended: closes what is open (a running event becomes `cut`). */
  end(): Reading[]
  /** The time became known: what is begun goes on in right time. The readings returned are still of the wrong time. */
  restamp?(shift: ClockShift): Reading[]
  /** What has become due at a moment at which nothing was measured; to be called every second or so. */
  tick?(at: Instant, worth: StampTiming): Reading[]
  /** What was learnt of the sensor's surroundings (plain JSON), for the measure after a restart; `undefined`: nothing. */
  learnt?(): unknown
  /** Forgets what was learnt, and what follows from it: the surroundings were changed on purpose. */
  relearn?(): void
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
  /** Of a probe: how long it must be well again before it is told; 0 by default, what its driver says is told as it comes. */
  readonly settleMs?: Millis
  /** What an earlier measure of the same sensor gave as `learnt`. */
  readonly learnt?: unknown
}
