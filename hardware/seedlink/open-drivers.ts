import { join } from 'node:path'
import type { SensorDriver } from '../contract.ts'
import { HardwareError } from '../errors.ts'
import type { LineOpener } from '../line/contract.ts'
import { tcpOpener } from '../line/tcp-line.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import { resolveCalibration } from '../response/options.ts'
import { describeOffer } from './info.ts'
import type { SeedLinkOptions } from './options.ts'
import { loadResumePoints } from './resume-file.ts'
import type { SensorOptions } from './sensor-link.ts'
import { ServerConnection } from './server-connection.ts'
import type { WantedChannel } from './station-feed.ts'
import { surveyServer } from './survey.ts'
import type { Timings } from './timings.ts'

type StationOptions = SeedLinkOptions['stations'][number]

/**
 * The drivers of all stations of one SeedLink server. Connects when the first is read.
 * @throws HardwareError `device-mistaken` when a calibration does not fit
 */
export async function openSeedLinkDrivers(
  config: SeedLinkOptions,
  deps: DriverDeps,
  timings?: Timings,
): Promise<OpenedDriver[]> {
  const { host, port, mode } = config
  const sensors = config.stations.map(sensorOf)
  const open = tcpOpener({ host, port }, deps)
  const resumePath = join(deps.dataDir, 'seedlink', `${`${host}_${port}`.replaceAll(/[^A-Za-z0-9._-]/g, '_')}.json`)
  const remembered = () => {
    const { at, quality } = deps.clock.stamp(deps.clock.monotonic())
    return loadResumePoints(resumePath, quality === 'ntp' || quality === 'gnss' ? at : null)
  }
  const connection = new ServerConnection(
    {
      clock: deps.clock,
      random: deps.random,
      open,
      remembered,
      resumePath,
      ...(timings ? { timings } : {}),
    },
    { name: `${host}:${port}`, mode, sensors },
  )
  const survey = (signal: AbortSignal) => describeServer(deps, open, signal)
  return sensors.map((sensor) => ({ driver: driverOf(connection, sensor), speed: 1, survey }))
}

async function describeServer(deps: DriverDeps, open: LineOpener, signal: AbortSignal): Promise<string> {
  try {
    const { software, offer } = await surveyServer(deps, open, signal)
    return offer ? `${software} has ${describeOffer(offer)}` : `${software} does not tell what it has`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const driverOf = (connection: ServerConnection, { sensor, kind, channels }: SensorOptions): SensorDriver => ({
  sensor,
  kind,
  channels: channels.map(({ code }) => code),
  read: (signal) => connection.read(sensor, signal),
})

function sensorOf({ network, station, id, kind, channels, clock, clockErrorMs }: StationOptions): SensorOptions {
  return {
    sensor: id,
    kind,
    network,
    station,
    channels: Object.entries(channels).map(([code, options]) => channelOf(id, kind, code, options)),
    clock: { reference: clock ?? null, errorMs: clockErrorMs ?? null },
  }
}

function channelOf(
  sensor: string,
  kind: StationOptions['kind'],
  code: string,
  options: StationOptions['channels'][string],
): WantedChannel {
  const calibration = resolveCalibration(options)
  const wrong = (why: string) => new HardwareError('device-mistaken', `${sensor}: channel ${code}: ${why}`)
  if ('problem' in calibration) throw wrong(calibration.problem)
  const unit = kind === 'geophone' ? 'm/s' : 'Pa'
  if (calibration.unit !== unit) throw wrong(`a ${kind} measures ${unit}, its calibration says ${calibration.unit}`)
  const { countsPerUnit, response } = calibration
  return { code, location: options.location ?? null, countsPerUnit, unit, response }
}
