import type { DeviceState } from '@minewarden/hardware/contract.ts'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Discarded } from './measure.ts'

/** A device's own word on its health becomes a `sensor` reading, whatever the device. */
export const deviceReading = (sensor: SensorId, device: DeviceState): Reading => ({
  kind: 'sensor',
  sensor,
  channel: null,
  measuredAt: device.at,
  clock: device.clock,
  fields: { state: device.state, reason: device.reason },
})

export const noneDiscarded = (): Discarded => ({ gaps: 0, overlapSamples: 0, badBlocks: 0, floodedEvents: 0 })
