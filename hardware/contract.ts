import type { ProbeStatus, SensorId, SensorKind } from '@minewarden/protocol/ids.ts'
import type { ClockQuality, Instant, Millis } from '@minewarden/protocol/time.ts'

/** The driver contract: an async stream of typed measurements, each with its time and how good that time is. */

/** When something was measured by a clock of which quality. */
interface Timed {
  readonly clock: ClockQuality
  /** The true time lies within this of the stamp; absent: not known. */
  readonly clockErrorMs?: Millis
}

/**
 * What of a sensor's response matters beside its sensitivity. A moving coil falls off below `cornerHz` as a high-pass of
 * second order with `damping` (1: critical); `null`: flat.
 */
export interface InstrumentResponse {
  readonly cornerHz: number | null
  readonly damping: number | null
  /** Relative half-widths within which this unit's corner and damping lie; absent: not known. */
  readonly cornerTolerance?: number
  readonly dampingTolerance?: number
  /** Relative expanded uncertainty (k = 2) of the sensitivity in the flat band. */
  readonly uncertainty: number | null
  /**
   * How the converter averages, which takes away from high frequencies: a sinc of this order at this rate, then plain
   * means down to the rate of the block. Absent: not known, or made good by the digitiser.
   */
  readonly averaging?: { readonly order: number; readonly rateHz: number }
}

/** A run of samples of one channel without a gap. The receiver owns `counts`. */
export interface WaveformBlock extends Timed {
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
  /** Absent: not known, taken for flat. */
  readonly response?: InstrumentResponse
}

/** What a meter answered at one moment; `null` is unknown, never zero. */
export interface PowerReading extends Timed {
  readonly kind: 'power'
  readonly at: Instant
  readonly activePowerW: number | null
  readonly reactivePowerVar: number | null
  readonly voltageV: readonly [number | null, number | null, number | null]
  readonly currentA: readonly [number | null, number | null, number | null]
  readonly activeEnergyWh: number | null
  /** True when a simulated feeder, not the meter, decided the value. */
  readonly simulated: boolean
}

/** What is known of a camera probe; what is absent or `null` is not known. */
export interface ProbeReading extends Timed {
  readonly kind: 'probe'
  readonly at: Instant
  readonly status: ProbeStatus
  /** When the status began, as far as known: the last sign of life of a probe that is offline. */
  readonly sinceMs?: Instant | null
  /** By what it is known, such as `keepalive-missed`; beside `online`: what is wrong although it is. */
  readonly cause?: string | null
  /** 0 to 1: how sure it is that the probe itself is so, and not the way to it. */
  readonly confidence?: number | null
  /** The probe's clock minus ours. */
  readonly clockOffsetS?: number | null
}

/**
 * A still picture of a camera probe as the camera encoded it, for the gateway's own eyes: it is judged there and forgotten,
 * and leaves only when a person asks for it.
 */
export interface Snapshot extends Timed {
  readonly kind: 'snapshot'
  readonly at: Instant
  readonly jpeg: Uint8Array
}

/** What a meter tells beside its readings: its breaker, its seals, its faults; `null`: it does not tell. */
export interface MeterStatus extends Timed {
  readonly kind: 'meter'
  readonly at: Instant
  /** Which side of its own relay the meter measures, as the configuration declares it. */
  readonly measuresAt: 'line' | 'load' | null
  /** What the relay bits stand for: a relay inside that was sensed, or only what an outside breaker was told. */
  readonly relayKind: 'internal' | 'external' | 'none' | null
  readonly relayOff: boolean | null
  readonly commandedOff: boolean | null
  readonly preTripAlarm: boolean | null
  /** Protected supply: it refuses to trip. */
  readonly isProtected: boolean | null
  /** Counts since the meter was made. */
  readonly coverOpenings: number | null
  readonly terminalCoverOpenings: number | null
  readonly powerLosses: number | null
  /** Names such as `a-undervoltage`, `voltage-reverse-sequence`, `on-battery`; empty: none. `null`: not read. */
  readonly faults: readonly string[] | null
  /** Its clock minus ours. */
  readonly clockOffsetS: number | null
  /** What it measures beside its power; absent: it was not asked. */
  readonly measured?: MeterMeasured
}

/** Ratios of transformers are in them; `null`: the meter does not measure it. */
export interface MeterMeasured {
  /** Fed back, since the meter was made: a current transformer that is the wrong way round counts here. */
  readonly reverseActiveEnergyWh: number | null
  /** Of all phases; negative while power flows back. */
  readonly powerFactor: number | null
  readonly frequencyHz: number | null
  readonly neutralCurrentA: number | null
}

/** How the instrument behind a sensor is doing; `null`: it does not tell. Counters run since the instrument began. */
export interface InstrumentHealth extends Timed {
  readonly kind: 'instrument'
  readonly at: Instant
  readonly supplyVoltageV: number | null
  readonly temperatureC: number | null
  /** Samples that the instrument itself could not take. */
  readonly missedSamples: number | null
  /** Frames that came damaged. */
  readonly badFrames: number | null
  /** Samples that were taken and lost on the way. */
  readonly lostSamples: number | null
  readonly driftPpm: number | null
  readonly driftErrorPpm: number | null
  readonly stampErrorMs: Millis | null
}

/** What the pins of a board tell of the cabinet; `null`: nothing is wired there. */
export interface EnclosureReading extends Timed {
  readonly kind: 'enclosure'
  readonly at: Instant
  readonly doorOpen: boolean | null
  readonly tampered: boolean | null
  readonly tiltDeg: number | null
  readonly supplyVoltageV: number | null
  readonly sirenOn: boolean | null
  readonly strobeOn: boolean | null
  readonly relayOn: boolean | null
}

/** The device misbehaved in a foreseen way, or is well again (`ok`): a value, never an exception. */
export interface DeviceState extends Timed {
  readonly kind: 'device'
  readonly at: Instant
  readonly state: 'ok' | 'silent' | 'failed' | 'disconnected' | 'bad-data'
  readonly reason: string
}

export type Measurement =
  | WaveformBlock
  | PowerReading
  | ProbeReading
  | Snapshot
  | MeterStatus
  | InstrumentHealth
  | EnclosureReading
  | DeviceState

/** What a device can be told to do. It ends by itself after `forMs`: a warning that nobody ends must not wear out. */
export interface Actuation {
  readonly output: 'siren' | 'strobe' | 'relay'
  readonly on: boolean
  readonly forMs: Millis
}

/** Whether the device confirmed; a refusal says why, in words for a person. */
export type ActuationResult = { readonly kind: 'done' } | { readonly kind: 'refused'; readonly reason: string }

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
  /** What is wired of a device that has outputs; absent: none. */
  readonly outputs?: readonly Actuation['output'][]
  /** Only devices that have outputs. Never throws for what a device does. */
  readonly actuate?: (actuation: Actuation, signal: AbortSignal) => Promise<ActuationResult>
  /** Only cameras that give still pictures: one of now. @throws HardwareError that says in words why there is none */
  readonly takeSnapshot?: (signal: AbortSignal) => Promise<Snapshot>
}
