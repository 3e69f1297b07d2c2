import { type Clock, type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { Measurement, PowerReading, SensorDriver } from '../contract.ts'
import { HardwareError } from '../errors.ts'
import { BLOCK_MS, measurementsOf } from './measurements.ts'
import { completedAt } from './merge.ts'
import type { RecordedSensor } from './recorded-sensor.ts'

/** How fast a recording is played. */
export interface Pace {
  readonly clock: Clock
  /** Times real time; 1 is as it was. */
  readonly speed: number
  /** When the recording's beginning is played; now by default. Give all sensors of a replay the same. */
  readonly startAt?: Instant
}

export interface RecordingDriverOptions {
  readonly sensor: RecordedSensor
  /** `null`: as fast as it is read. */
  readonly pace: Pace | null
  /** The time that the recording's beginning gets, so that it happens now; `null` leaves times as recorded. */
  readonly shiftTo: Instant | null
  /** What a feeder lets through to the meter, of each reading of a power meter. */
  readonly gate?: (reading: PowerReading) => PowerReading
  /** Length of waveform blocks; see {@link BLOCK_MS}. */
  readonly blockMs?: Millis
}

/**
 * A driver that reads a recorded sensor in place of a real one. Paced, it delivers each measurement when it would
 * have been complete. It ends with the recording; each `read` begins it anew.
 */
export function createRecordingDriver(options: RecordingDriverOptions): SensorDriver {
  const { sensor } = options
  return {
    sensor: sensor.id,
    kind: sensor.kind,
    channels: sensor.channels.map(({ code }) => code),
    read: (signal) => playOrFail(options, signal),
  }
}

/** A file that cannot be read any more is a failed device, not the end of the gateway. */
async function* playOrFail(options: RecordingDriverOptions, signal: AbortSignal): AsyncGenerator<Measurement> {
  let at = options.shiftTo ?? options.sensor.startAt
  try {
    for await (const measurement of play(options, signal)) {
      at = completedAt(measurement)
      yield measurement
    }
  } catch (error) {
    if (!(error instanceof HardwareError)) throw error
    yield { kind: 'device', at, state: 'failed', reason: error.message, clock: 'ntp' }
  }
}

async function* play(options: RecordingDriverOptions, signal: AbortSignal): AsyncGenerator<Measurement> {
  const { sensor, pace, shiftTo } = options
  const shiftMs = shiftTo === null ? 0 : shiftTo - sensor.startAt
  const playedFrom = pace ? (pace.startAt ?? pace.clock.now()) : null
  for (const measurement of measurementsOf(sensor, options.blockMs ?? BLOCK_MS)) {
    if (pace && playedFrom !== null) {
      const due = playedFrom + (completedAt(measurement) - sensor.startAt) / pace.speed
      if (!(await waitUntil(instant(due), pace.clock, signal))) return
    }
    if (signal.aborted) return
    const shifted = shift(measurement, shiftMs)
    yield shifted.kind === 'power' && options.gate ? options.gate(shifted) : shifted
  }
}

/** False when the signal aborted instead. The wall clock may be stepped meanwhile: it is asked again after each sleep. */
async function waitUntil(due: Instant, clock: Clock, signal: AbortSignal): Promise<boolean> {
  for (let left = due - clock.now(); left > 0 && !signal.aborted; left = due - clock.now()) {
    try {
      await clock.sleep(Math.min(left, MAX_SLEEP_MS), signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  return !signal.aborted
}

/** Timers count milliseconds in 31 bits; an hour is far below that and above any pause that matters. */
const MAX_SLEEP_MS = 3_600_000

function shift(measurement: Measurement, byMs: Millis): Measurement {
  if (byMs === 0) return measurement
  if (measurement.kind === 'waveform') return { ...measurement, startAt: instant(measurement.startAt + byMs) }
  return { ...measurement, at: instant(measurement.at + byMs) }
}
