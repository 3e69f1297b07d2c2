import type { ProbeStatus, SensorId, SensorKind } from '@minewarden/protocol/ids.ts'
import type { ClockQuality, Instant } from '@minewarden/protocol/time.ts'

/** The driver contract: an async stream of typed measurements, each with its time and how good that time is. */

/** A run of samples of one channel without a gap. The receiver owns `counts`. */
export interface WaveformBlock {
  readonly kind: 'waveform'
  /** SEED channel code: HHZ, HHN, HHE for ground velocity; HDF for air pressure. */
  readonly channel: string
  /** Time of `counts[0]`. */
  readonly startAt: Instant
  readonly rateHz: number
  readonly counts: Int32Array
  /** Divide by this to get `unit`. */
  readonly countsPerUnit: number
  readonly unit: 'm/s' | 'Pa'
  readonly clock: ClockQuality
}

/** What a meter answered at one moment; `null` is unknown, never zero. */
export interface PowerReading {
  readonly kind: 'power'
  readonly at: Instant
  readonly activePowerW: number | null
  readonly reactivePowerVar: number | null
  readonly voltageV: readonly [number | null, number | null, number | null]
  readonly currentA: readonly [number | null, number | null, number | null]
  readonly activeEnergyWh: number | null
  /** True when a simulated feeder, not the meter, decided the value. */
  readonly simulated: boolean
  readonly clock: ClockQuality
}

export interface ProbeReading {
  readonly kind: 'probe'
  readonly at: Instant
  readonly status: ProbeStatus
  readonly clock: ClockQuality
}

/** The device misbehaved in a foreseen way, or is well again (`ok`): a value, never an exception. */
export interface DeviceState {
  readonly kind: 'device'
  readonly at: Instant
  readonly state: 'ok' | 'silent' | 'failed' | 'disconnected' | 'bad-data'
  readonly reason: string
  readonly clock: ClockQuality
}

export type Measurement = WaveformBlock | PowerReading | ProbeReading | DeviceState

/**
 * One sensor. Making it only stores; `read` begins the work and ends when the signal aborts or the source is
 * exhausted. A driver recovers by itself and reports that with {@link DeviceState}s; it throws only for our own bugs.
 */
export interface SensorDriver {
  readonly sensor: SensorId
  readonly kind: SensorKind
  /** Channels of a waveform sensor (so that a birth can declare them before the first sample), else empty. */
  readonly channels: readonly string[]
  read(signal: AbortSignal): AsyncIterable<Measurement>
}
