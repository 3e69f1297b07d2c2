import type { Measurement } from '../contract.ts'
import { mergeByTime } from './merge.ts'
import type { RecordedSensor } from './recorded-sensor.ts'
import { tableReadings } from './table-file.ts'
import { channelBlocks } from './waveform-file.ts'

/** Length of the blocks that a recorded waveform is delivered in, and hence how late a sample is seen. */
export const BLOCK_MS = 1000

/**
 * Everything that a recorded sensor measured, in order of completion, read from disk as it is drawn (synchronously).
 * Blocks end on whole multiples of `blockMs` of the clock.
 */
export function* measurementsOf(sensor: RecordedSensor, blockMs = BLOCK_MS): Generator<Measurement> {
  if (sensor.kind === 'power-meter' || sensor.kind === 'camera-probe') yield* tableReadings(sensor)
  else {
    const sources = sensor.channels.map((channel) => ({
      key: channel.code,
      measurements: channelBlocks(sensor, channel, blockMs),
    }))
    for (const { measurement } of mergeByTime<string>(sources)) yield measurement
  }
}
