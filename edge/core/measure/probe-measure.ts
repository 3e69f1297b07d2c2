import type { Measurement } from '@minewarden/hardware/contract.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { deviceReading, noneDiscarded, timing } from './device-reading.ts'
import type { Measure, MeasureOptions } from './measure.ts'

/** Passes a camera probe's changes of status on. */
export function createProbeMeasure({ sensor }: Pick<MeasureOptions, 'sensor'>): Measure {
  const discarded = noneDiscarded()
  return {
    discarded,
    end: () => [],
    push(measurement: Measurement): Reading[] {
      if (measurement.kind === 'device') return [deviceReading(sensor, measurement)]
      if (measurement.kind !== 'probe') {
        discarded.badBlocks++
        return []
      }
      const { at, status } = measurement
      return [{ kind: 'probe', sensor, channel: null, measuredAt: at, ...timing(measurement), fields: { status } }]
    },
  }
}
