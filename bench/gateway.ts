// What a gateway costs: resident and anonymous memory, CPU, bytes written a day, at 3 x 250 and at 4 x 1000 samples/s with
// its spool and ring on disk and a fleet manager that acknowledges; beside a bare Node process with an idle timer, in the
// same run. The loads run one after the other: two gateways at once would disturb each other's CPU.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { encodeRecords } from '@minewarden/hardware/miniseed/encode.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { type BenchRow, costRow } from './row.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Longer than a digitiser's line takes to rest, and than the minute in which a machine without a time daemon is asked for one. */
const WARM_UP_S = 65
const MEASURED_S = Number(process.env.MINEWARDEN_BENCH_S ?? 60)
/** `MINEWARDEN_BENCH_FLAGS` replaces the flags that the unit file of the gateway gives to Node. */
const FLAGS = (process.env.MINEWARDEN_BENCH_FLAGS ?? '--max-semi-space-size=1 --max-opt=2').split(' ')
/** As the unit file of the gateway sets it. */
const ENVIRONMENT = { ...process.env, MALLOC_ARENA_MAX: '1' }
const START = Date.parse('2026-01-01T00:00:00Z')
const PASSWORD = 'bench-only'
const SITE = {
  id: 'bench-1',
  name: 'bench',
  county: '450324',
  latitude: 25.9,
  longitude: 111,
  closedOn: '2023-04-11',
  area: 'key',
}

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

type Run = (args: readonly string[]) => ChildProcess
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

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

interface Cost {
  readonly rssMiB: number
  readonly anonymousMiB: number
  readonly cpuShare: number
  readonly writtenMiBPerDay: number
}

const CLOCK_TICKS_PER_S = 100

function readProcess(pid: number) {
  const of = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8')
  const stat = of('stat')
    .slice(of('stat').lastIndexOf(')') + 2)
    .split(' ')
  return {
    rssMiB: Number(/VmRSS:\s+(\d+)/.exec(of('status'))?.[1]) / 1024,
    anonymousMiB: Number(/RssAnon:\s+(\d+)/.exec(of('status'))?.[1]) / 1024,
    cpuS: (Number(stat[11]) + Number(stat[12])) / CLOCK_TICKS_PER_S,
    written: Number(/^write_bytes: (\d+)/m.exec(of('io'))?.[1]),
  }
}

async function measure(child: ChildProcess): Promise<Cost> {
  const pid = child.pid as number
  await sleep(WARM_UP_S * 1000)
  const before = readProcess(pid)
  const start = performance.now()
  await sleep(MEASURED_S * 1000)
  const after = readProcess(pid)
  const elapsedS = (performance.now() - start) / 1000
  return {
    rssMiB: after.rssMiB,
    anonymousMiB: after.anonymousMiB,
    cpuShare: (after.cpuS - before.cpuS) / elapsedS,
    writtenMiBPerDay: ((after.written - before.written) / 1_048_576 / elapsedS) * 86_400,
  }
}

export async function bench(): Promise<BenchRow[]> {
  const wanted = (process.env.MINEWARDEN_BENCH_SOURCE ?? 'recording,digitiser').split(',')
  const rows: BenchRow[] = []
  for (const name of wanted) for (const load of LOADS) rows.push(...(await benchLoad(load, name)))
  return rows
}

async function benchLoad(load: Load, sourceName: string): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-bench-'))
  const children: ChildProcess[] = []
  const run = (args: readonly string[]) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore', env: ENVIRONMENT })
    children.push(child)
    return child
  }
  try {
    const source = SOURCES[sourceName]
    if (!source) throw new Error(`no source ${sourceName}; there are: ${Object.keys(SOURCES).join(', ')}`)
    await writeConfigurations(dir, load, source(dir, load, run))
    const gateway = [...FLAGS, 'edge/minewarden-gateway.js']
    // As its systemd unit does; with the same flags, for the compiled code is kept for them alone.
    for (let i = 0; i < 2; i++) spawnSync(process.execPath, [...gateway, '--check'], { cwd: ROOT })
    run(['cli/main.ts', 'cloud', '--config', join(dir, 'cloud.json')])
    await sleep(2000)
    const [ours, floor] = await Promise.all([
      measure(run([...gateway, 'run', '--config', join(dir, 'gateway.json')])),
      measure(run(['-e', 'setInterval(() => {}, 1000)'])),
    ])
    return [
      costRow(`${sourceName} ${load.name}: resident memory`, ours.rssMiB, floor.rssMiB, 'MiB'),
      costRow(`${sourceName} ${load.name}: anonymous memory`, ours.anonymousMiB, floor.anonymousMiB, 'MiB'),
      costRow(`${sourceName} ${load.name}: CPU`, ours.cpuShare * 100, floor.cpuShare * 100 || null, '% of a core'),
      costRow(`${sourceName} ${load.name}: bytes written`, ours.writtenMiBPerDay, null, 'MiB/day'),
    ]
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(
      children.map((child) => child.exitCode ?? child.signalCode ?? new Promise((r) => child.once('exit', r))),
    )
    rmSync(dir, { recursive: true, force: true })
  }
}

async function writeConfigurations(dir: string, { sensors }: Load, drivers: readonly object[]): Promise<void> {
  const [mqttPort, httpPort] = [await freePort(), await freePort()]
  const known = sensors.map(({ id, kind }) => ({ gateway: 'gw-bench', id, kind }))
  const cloud = {
    dataDir: join(dir, 'cloud'),
    hostId: 'minewarden',
    http: { port: httpPort },
    mqtt: { embedded: { port: mqttPort } },
    sites: [{ ...SITE, expectedLoads: [], permits: [], sensors: known, supplyPoints: [] }],
    gateways: [{ id: 'gw-bench', site: SITE.id, passwordSha256: createHash('sha256').update(PASSWORD).digest('hex') }],
    orders: { issuer: { id: '450324', name: 'bench' } },
  }
  const gateway = {
    gateway: 'gw-bench',
    county: '450324',
    data: join(dir, 'gateway'),
    uplink: { servers: [`mqtt://127.0.0.1:${mqttPort}`], passwordFile: join(dir, 'password') },
    drivers,
  }
  writeFileSync(join(dir, 'cloud.json'), JSON.stringify(cloud))
  writeFileSync(join(dir, 'gateway.json'), JSON.stringify(gateway))
  writeFileSync(join(dir, 'password'), PASSWORD)
}

if (import.meta.main) {
  const { formatRows } = await import('./row.ts')
  console.log(formatRows(await bench()))
}
