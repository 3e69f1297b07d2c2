import { HardwareError } from '../errors.ts'
import { createMeterGate } from '../feeder/gate.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import { createRecordingDriver } from './driver.ts'
import { openRecording, type RecordedGateway, type Recording } from './recording.ts'

/** What a configuration says of a recording. */
export interface RecordingConfig {
  readonly dir: string
  readonly gateway?: string | undefined
  /** 0: as fast as it is read. */
  readonly speed: number
  readonly shiftToNow: boolean
}

/** The drivers of all sensors of one recorded gateway. @throws HardwareError `recording-unreadable` */
export async function openRecordingDrivers(config: RecordingConfig, deps: DriverDeps): Promise<OpenedDriver[]> {
  const recording = await openRecording(config.dir)
  const gateway = choose(recording, config.gateway)
  const pace = config.speed === 0 ? null : { clock: deps.clock, speed: config.speed, startAt: deps.startAt }
  return gateway.sensors.map((sensor) => ({
    speed: config.speed === 0 ? Number.POSITIVE_INFINITY : config.speed,
    // What was recorded of a probe had settled then.
    settleMs: 0,
    driver: createRecordingDriver({
      sensor,
      pace,
      shiftTo: config.shiftToNow ? deps.startAt : null,
      ...(deps.supply && sensor.kind === 'power-meter' ? { gate: createMeterGate(deps.supply) } : {}),
    }),
  }))
}

function choose(recording: Recording, id: string | undefined): RecordedGateway {
  const ids = recording.gateways.map((gateway) => gateway.id).join(', ')
  const only = recording.gateways.length === 1 ? recording.gateways[0] : undefined
  const chosen = id === undefined ? only : recording.gateways.find((gateway) => gateway.id === id)
  if (chosen) return chosen
  const why = id === undefined ? 'name the gateway to replay' : `no gateway ${id}`
  throw new HardwareError('recording-unreadable', `${recording.dir}: ${why}; it has ${ids}`)
}
