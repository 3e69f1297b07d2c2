import type { EnclosureReading, Measurement } from '@minewarden/hardware/contract.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { deviceReading, noneDiscarded, timing } from './device-reading.ts'
import type { Measure, MeasureOptions } from './measure.ts'

/** Passes on what the pins of the cabinet tell. */
export function createEnclosureMeasure({ sensor }: Pick<MeasureOptions, 'sensor'>): Measure {
  const discarded = noneDiscarded()
  return {
    discarded,
    end: () => [],
    push(measurement: Measurement): Reading[] {
      if (measurement.kind === 'device') return [deviceReading(sensor, measurement)]
      if (measurement.kind === 'enclosure') return [enclosureReading(sensor, measurement)]
      discarded.badBlocks++
      return []
    },
  }
}

const enclosureReading = (sensor: MeasureOptions['sensor'], m: EnclosureReading): Reading => ({
  kind: 'enclosure',
  sensor,
  channel: null,
  measuredAt: m.at,
  ...timing(m),
  fields: {
    doorOpen: m.doorOpen,
    tampered: m.tampered,
    tiltDeg: m.tiltDeg,
    supplyVoltageV: m.supplyVoltageV,
    sirenOn: m.sirenOn,
    strobeOn: m.strobeOn,
    relayOn: m.relayOn,
  },
})
