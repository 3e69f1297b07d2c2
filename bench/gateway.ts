// What a gateway costs: resident and anonymous memory, CPU, bytes written a day, at 3 x 250 and at 4 x 1000 samples/s with
// its spool and ring on disk and a fleet manager that acknowledges; beside a bare Node process with an idle timer, in the
// same run. The loads run one after the other: two gateways at once would disturb each other's CPU.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeRecords } from '@minewarden/hardware/miniseed/encode.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { MEASURED_S, measureGateway, type Run, SITE, WARM_UP_S } from './gateway-process.ts'
import { type BenchRow, costRow } from './row.ts'

const START = Date.parse('2026-01-01T00:00:00Z')

/** What a gateway is given to do. */
interface Load {
  readonly name: string
  readonly rateHz: number
  readonly sensors: readonly Sensor[]
}
interface Sensor {
  readonly id: string
  readonly kind: 'geophone' | 'air-pressure'
  readonly channels: readonly string[]
}
const GEOPHONE: Sensor = { id: 'geo-1', kind: 'geophone', channels: ['HHZ', 'HHN', 'HHE'] }
const LOADS: readonly Load[] = [
  { name: '3 x 250', rateHz: 250, sensors: [GEOPHONE] },
  { name: '4 x 1000', rateHz: 1000, sensors: [GEOPHONE, { id: 'air-1', kind: 'air-pressure', channels: ['HDF'] }] },
]

/** Where the samples come from: entries for `drivers` of the gateway's configuration. */
type Source = (dir: string, load: Load, run: Run) => readonly object[]
const SOURCES: Record<string, Source> = {
  recording: (dir, load) => {
    writeRecording(dir, load)
    return [{ kind: 'recording', dir }]
  },
  // A pseudo-terminal into which another process plays a digitiser's frames; needs gcc.
  digitiser: (dir, { rateHz, sensors }, run) => {
    const link = join(dir, 'ttyUSB0')
    run(['bench/gateway-digitiser.ts', link, String(rateHz)])
    const channels = ({ kind, channels }: Sensor) =>
      Object.fromEntries(channels.map((code) => [code, responseOf(kind)] as const))
    const parts = sensors.map((sensor) => [
      sensor.kind === 'geophone' ? 'geophone' : 'airPressure',
      { id: sensor.id, channels: channels(sensor) },
    ])
    return [{ kind: 'digitiser', ports: [link], rateHz, ...Object.fromEntries(parts) }]
  },
}

const responseOf = (kind: Sensor['kind']) =>
  kind === 'geophone' ? { countsPerUnit: 4e8, unit: 'm/s' } : { countsPerUnit: 1e4, unit: 'Pa' }

/** Ground noise of one channel. */
function noiseOf(count: number): Int32Array {
  let state = 7
  const noise = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0xffff_ffff - 0.5
  }
  let slow = 0
  return Int32Array.from({ length: count }, () => {
    slow = 0.97 * slow + noise()
    return Math.round(120 * slow)
  })
}

/** A recording of noise, long enough for the whole run. */
function writeRecording(dir: string, { rateHz, sensors }: Load): void {
  const seconds = WARM_UP_S + MEASURED_S + 60
  const samples = noiseOf(seconds * rateHz)
  for (const { id, channels } of sensors) {
    const parts = channels.map((channel) => {
      const of = { network: 'XX', station: 'BENCH', location: '', channel, rateHz, encoding: 'steim2' } as const
      return encodeRecords({ ...of, startAt: instant(START), samples })
    })
    writeFileSync(join(dir, `${id}.mseed`), Buffer.concat(parts))
  }
  const described = sensors.map(({ id, kind, channels }) => {
    const response = { countsPerUnit: kind === 'geophone' ? 4e8 : 1e4, unit: kind === 'geophone' ? 'm/s' : 'Pa' }
    return {
      id,
      kind,
      file: `${id}.mseed`,
      channels: Object.fromEntries(channels.map((channel) => [channel, response])),
    }
  })
  const gateways = [{ id: 'gw-bench', latitude: SITE.latitude, longitude: SITE.longitude, sensors: described }]
  const end = new Date(START + seconds * 1000).toISOString()
  const sites = [{ ...SITE, gateways }]
  const recording = { format: 'minewarden-recording/1', start: new Date(START).toISOString(), end, sites }
  writeFileSync(join(dir, 'recording.json'), JSON.stringify(recording))
}

export async function bench(): Promise<BenchRow[]> {
  const wanted = (process.env.MINEWARDEN_BENCH_SOURCE ?? 'recording,digitiser').split(',')
  const rows: BenchRow[] = []
  for (const name of wanted) for (const load of LOADS) rows.push(...(await benchLoad(load, name)))
  return rows
}

async function benchLoad(load: Load, sourceName: string): Promise<BenchRow[]> {
  const source = SOURCES[sourceName]
  if (!source) throw new Error(`no source ${sourceName}; there are: ${Object.keys(SOURCES).join(', ')}`)
  const { ours, floor } = await measureGateway(load.sensors, (dir, run) => source(dir, load, run))
  const { name } = load
  return [
    costRow(`${sourceName} ${name}: resident memory`, ours.rssMiB, floor.rssMiB, 'MiB'),
    costRow(`${sourceName} ${name}: anonymous memory`, ours.anonymousMiB, floor.anonymousMiB, 'MiB'),
    costRow(`${sourceName} ${name}: CPU`, ours.cpuShare * 100, floor.cpuShare * 100 || null, '% of a core'),
    costRow(`${sourceName} ${name}: bytes written`, ours.writtenMiBPerDay, null, 'MiB/day'),
  ]
}

if (import.meta.main) {
  const { formatRows } = await import('./row.ts')
  console.log(formatRows(await bench()))
}
