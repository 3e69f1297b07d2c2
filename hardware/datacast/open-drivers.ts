import type { SensorId } from '@minewarden/protocol/ids.ts'
import { HardwareError } from '../errors.ts'
import { shareDevice } from '../line/shared-device.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import { resolveCalibration } from '../response/options.ts'
import type { CastSensor } from './cast-sensor-feed.ts'
import { type ListenOptions, listenToDatacast } from './listen.ts'
import type { DatacastOptions } from './options.ts'

type StationOptions = DatacastOptions['stations'][number]

/**
 * The drivers of all sensors of one Raspberry Shake's datacast. Binds its port when the first is read.
 * @throws HardwareError `device-mistaken` when a calibration does not fit
 */
export async function openDatacastDrivers(
  config: DatacastOptions,
  deps: DriverDeps,
  more: Pick<ListenOptions, 'silentMs' | 'onBound'> = {},
): Promise<OpenedDriver[]> {
  const { bind, port, sender } = config
  const sensors = config.stations.map(sensorOf)
  const { clock, random } = deps
  const drivers = shareDevice({
    clock,
    sensors: sensors.map(({ sensor, channels }, i) => ({
      sensor,
      kind: config.stations[i]!.kind,
      channels: channels.map(({ code }) => code),
    })),
    read: (signal) => listenToDatacast({ clock, random }, { bind, port, sender, sensors, ...more }, signal),
  })
  return drivers.map((driver) => ({ driver, speed: 1 }))
}

const sensorOf = ({ id, kind, channels, rateHz, clock, clockErrorMs }: StationOptions): CastSensor => ({
  sensor: id,
  rateHz: rateHz ?? null,
  // Nothing in a packet tells how good its time is.
  timing: {
    clock: clock ?? 'holdover',
    ...(clock !== undefined && clockErrorMs !== undefined ? { clockErrorMs } : {}),
  },
  channels: Object.entries(channels).map(([code, options]) => channelOf(id, kind, code, options)),
})

function channelOf(
  sensor: SensorId,
  kind: StationOptions['kind'],
  code: string,
  options: StationOptions['channels'][string],
) {
  const calibration = resolveCalibration(options)
  const wrong = (why: string) => new HardwareError('device-mistaken', `${sensor}: channel ${code}: ${why}`)
  if ('problem' in calibration) throw wrong(calibration.problem)
  const unit = kind === 'geophone' ? 'm/s' : 'Pa'
  if (calibration.unit !== unit) throw wrong(`a ${kind} measures ${unit}, its calibration says ${calibration.unit}`)
  return { code, countsPerUnit: calibration.countsPerUnit, unit: calibration.unit, response: calibration.response }
}
