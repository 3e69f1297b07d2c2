import { readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { check } from '@minewarden/protocol/errors.ts'
import type { CountyCode, GatewayId, SiteId } from '@minewarden/protocol/ids.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import { checkSensorFile } from './file-check.ts'
import type { RecordedChannel, RecordedSensor } from './recorded-sensor.ts'
import { RecordingFile } from './schema.ts'

/** Largest `recording.json` that is read: thousands of sites, yet never a film by mistake. */
const MAX_JSON_BYTES = 32 * 1024 * 1024

export interface RecordedGateway {
  readonly id: GatewayId
  readonly site: SiteId
  readonly county: CountyCode
  readonly latitude: number
  readonly longitude: number
  readonly sensors: readonly RecordedSensor[]
}

/** A folder of recorded sensors, its description checked; the measurements are still on disk. */
export interface Recording {
  /** The folder's own name. */
  readonly name: string
  readonly dir: string
  readonly startAt: Instant
  readonly endAt: Instant
  /** As the fleet manager registers them: sensors filled in, no supply points. */
  readonly sites: readonly Site[]
  readonly gateways: readonly RecordedGateway[]
  /** All sensors of all gateways, in the order of the file. */
  readonly sensors: readonly RecordedSensor[]
}

/**
 * Reads `recording.json` and looks into every sensor's file: it must be there and begin as its kind does.
 * @throws HardwareError `recording-unreadable`; the message names file and field
 */
export async function openRecording(dir: string): Promise<Recording> {
  const folder = resolve(dir)
  const file = await readDescription(folder)
  const gateways = file.sites.flatMap((site) => site.gateways.map((gateway) => gatewayOf(folder, file, site, gateway)))
  const sensors = gateways.flatMap((gateway) => gateway.sensors)
  for (const sensor of sensors) await checkSensorFile(sensor)
  return {
    name: basename(folder),
    dir: folder,
    startAt: file.start,
    endAt: file.end,
    sites: file.sites.map(siteOf),
    gateways,
    sensors,
  }
}

async function readDescription(folder: string): Promise<RecordingFile> {
  const path = join(folder, 'recording.json')
  const result = check(RecordingFile, await readJson(path))
  if (result.ok) return result.value
  const shown = result.problems.slice(0, 10).map((p) => `${p.path || '(whole file)'}: ${p.message}`)
  const more = result.problems.length > shown.length ? `; and ${result.problems.length - shown.length} more` : ''
  throw new HardwareError('recording-unreadable', `${path}: ${shown.join('; ')}${more}`)
}

async function readJson(path: string): Promise<unknown> {
  try {
    const { size } = await stat(path)
    if (size > MAX_JSON_BYTES) throw new Error(`larger than ${MAX_JSON_BYTES} bytes`)
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new HardwareError('recording-unreadable', `${path}: ${(error as Error).message}`, error)
  }
}

type FileSite = RecordingFile['sites'][number]
type FileGateway = FileSite['gateways'][number]
type FileSensor = FileGateway['sensors'][number]

function siteOf({ gateways, ...site }: FileSite): Site {
  const sensors = gateways.flatMap(({ id, sensors }) =>
    sensors.map((sensor) => ({ gateway: id, id: sensor.id, kind: sensor.kind })),
  )
  return { ...site, sensors, supplyPoints: [] }
}

function gatewayOf(folder: string, file: RecordingFile, site: FileSite, gateway: FileGateway): RecordedGateway {
  const { id, latitude, longitude } = gateway
  const sensors = gateway.sensors.map((sensor) => ({
    site: site.id,
    gateway: id,
    id: sensor.id,
    kind: sensor.kind,
    file: sensor.file,
    path: join(folder, sensor.file),
    channels: channelsOf(sensor),
    startAt: file.start,
    endAt: file.end,
  }))
  return { id, site: site.id, county: site.county, latitude, longitude, sensors }
}

function channelsOf(sensor: FileSensor): RecordedChannel[] {
  if (!('channels' in sensor)) return []
  return Object.entries(sensor.channels).flatMap(([code, channel]) => (channel ? [{ code, ...channel }] : []))
}
