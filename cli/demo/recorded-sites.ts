import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openRecording, type Recording } from '@minewarden/hardware/recording/recording.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { CliError } from '../errors.ts'
import type { SceneSite } from './scene.ts'

/** The recordings of a folder: itself, or the folders in it. @throws CliError `recordings-missing` */
function recordingFolders(dir: string): string[] {
  if (!existsSync(dir) || !statSync(dir).isDirectory())
    throw new CliError('recordings-missing', `${dir}: no such folder`)
  const isRecording = (folder: string) => existsSync(join(folder, 'recording.json'))
  if (isRecording(dir)) return [dir]
  const folders = readdirSync(dir)
    .sort()
    .map((name) => join(dir, name))
    .filter(isRecording)
  if (folders.length === 0)
    throw new CliError('recordings-missing', `${dir}: no recording.json here nor in a folder of it`)
  return folders
}

/**
 * The sites of recordings, moved so that they begin at `startMs`, at most `limit` of them. Sites of different recordings
 * may share an id; here each gets the recording's name too. The simulated feeder stands for the line of the workings: it
 * gates all that the recorded meter reads, and the readings say from then on that they are simulated.
 */
export async function recordedSites(dir: string, limit: number, startMs: number): Promise<SceneSite[]> {
  const folders = recordingFolders(dir)
  const sites: SceneSite[] = []
  for (const folder of folders) {
    if (sites.length >= limit) break
    sites.push(...sitesOf(await openRecording(folder), folders.length > 1, startMs))
  }
  return sites.slice(0, limit)
}

function sitesOf(recording: Recording, several: boolean, startMs: number): SceneSite[] {
  const shiftMs = startMs - recording.startAt
  return recording.sites.map((site) => {
    const gateways = recording.gateways.filter((gateway) => gateway.site === site.id)
    const id = several ? `${site.id}.${recording.name}`.slice(0, 60) : site.id
    return {
      id,
      name: several ? `${site.name} · ${recording.name}` : site.name,
      ...{ county: site.county, latitude: site.latitude, longitude: site.longitude },
      ...{ closedOn: site.closedOn, area: site.area, expectedLoads: site.expectedLoads },
      permits: site.permits.map(({ reason, from, to }) => ({
        reason,
        from: instant(from + shiftMs),
        to: instant(to + shiftMs),
      })),
      gateway: `gw-${id}`.slice(0, 64),
      sensors: gateways.flatMap(({ sensors }) => sensors.map(({ id, kind }) => ({ id, kind }))),
      drivers: gateways.map((gateway) => ({ kind: 'recording' as const, dir: recording.dir, gateway: gateway.id })),
      loadClass: 'A' as const,
      loads: ['地面破碎机 surface crusher'],
    }
  })
}
