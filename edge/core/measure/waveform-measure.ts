import type { Measurement } from '@minewarden/hardware/contract.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { deviceReading, noneDiscarded } from './device-reading.ts'
import type { Measure, MeasureOptions } from './measure.ts'

/** Windows and events of a geophone or an air-pressure sensor. */
export function createWaveformMeasure({ sensor }: MeasureOptions): Measure {
  const discarded = noneDiscarded()
  return {
    discarded,
    end: () => [],
    push(measurement: Measurement): Reading[] {
      if (measurement.kind === 'device') return [deviceReading(sensor, measurement)]
      return []
    },
  }
}
