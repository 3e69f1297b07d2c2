import type { DeviceState, InstrumentHealth } from '@minewarden/hardware/contract.ts'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Discarded } from './measure.ts'
import type { StampTiming } from './worst-timing.ts'

/** How good the clock of a measurement was, as a reading says it. */
export const timing = ({ clock, clockErrorMs }: StampTiming) =>
  clockErrorMs === undefined ? { clock } : { clock, clockErrorMs }

/** A device's own word on its health becomes a `sensor` reading, whatever the device. */
export const deviceReading = (sensor: SensorId, device: DeviceState): Reading => ({
  kind: 'sensor',
  sensor,
  channel: null,
  measuredAt: device.at,
  ...timing(device),
  fields: { state: device.state, reason: device.reason },
})

export const instrumentReading = (sensor: SensorId, health: InstrumentHealth): Reading => ({
  kind: 'instrument',
  sensor,
  channel: null,
  measuredAt: health.at,
  ...timing(health),
  fields: {
    supplyVoltageV: health.supplyVoltageV,
    temperatureC: health.temperatureC,
    missedSamples: health.missedSamples,
    badFrames: health.badFrames,
    lostSamples: health.lostSamples,
    driftPpm: health.driftPpm,
    driftErrorPpm: health.driftErrorPpm,
    stampErrorMs: health.stampErrorMs,
  },
})

export const noneDiscarded = (): Discarded => ({ gaps: 0, overlapSamples: 0, badBlocks: 0, floodedEvents: 0 })
