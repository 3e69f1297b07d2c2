import type { GatewayId, SensorId, SensorKind, SiteId } from '@minewarden/protocol/ids.ts'
import type { Instant } from '@minewarden/protocol/time.ts'

/** One channel of a recorded waveform sensor, and what its counts mean. */
export interface RecordedChannel {
  /** SEED channel code. */
  readonly code: string
  readonly countsPerUnit: number
  readonly unit: 'm/s' | 'Pa'
}

/** One sensor of a recording; its measurements are in a file. */
export interface RecordedSensor {
  readonly site: SiteId
  readonly gateway: GatewayId
  readonly id: SensorId
  readonly kind: SensorKind
  /** File name as `recording.json` has it, and where it is. */
  readonly file: string
  readonly path: string
  /** Empty unless it is a geophone or an air-pressure sensor. */
  readonly channels: readonly RecordedChannel[]
  /** When the recording begins and ends: what a file has outside of it is not delivered. */
  readonly startAt: Instant
  readonly endAt: Instant
}
