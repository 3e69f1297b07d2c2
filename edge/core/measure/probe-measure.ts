import type { Measurement, ProbeReading } from '@minewarden/hardware/contract.ts'
import type { FieldsOf, Reading } from '@minewarden/protocol/reading.ts'
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
      return [
        {
          kind: 'probe',
          sensor,
          channel: null,
          measuredAt: measurement.at,
          ...timing(measurement),
          fields: fieldsOf(measurement),
        },
      ]
    },
  }
}

const fieldsOf = ({ status, sinceMs, cause, confidence, clockOffsetS }: ProbeReading): FieldsOf<'probe'> => ({
  status,
  sinceMs: sinceMs ?? null,
  cause: cause ?? null,
  confidence: confidence ?? null,
  clockOffsetS: clockOffsetS ?? null,
})
