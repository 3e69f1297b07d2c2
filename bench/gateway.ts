// What a gateway costs: resident memory, CPU, bytes written a day, at 3 x 250 samples/s with its spool and ring on disk
// and a fleet manager that acknowledges; beside a bare Node process with an idle timer, in the same run.
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
const WARM_UP_S = 20
const MEASURED_S = Number(process.env.MINEWARDEN_BENCH_S ?? 60)
const RATE_HZ = 250
const CHANNELS = ['HHZ', 'HHN', 'HHE'] as const
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

/** A recording of ground noise, long enough for the whole run. */
function writeRecording(dir: string): void {
  const seconds = WARM_UP_S + MEASURED_S + 60
  let state = 7
  const noise = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0xffff_ffff - 0.5
  }
  const parts = CHANNELS.map((channel) => {
    const samples = new Int32Array(seconds * RATE_HZ)
    let slow = 0
    for (let i = 0; i < samples.length; i++) {
      slow = 0.97 * slow + noise()
      samples[i] = Math.round(120 * slow)
    }
    const of = { network: 'XX', station: 'BENCH', location: '', channel, rateHz: RATE_HZ, encoding: 'steim2' } as const
    return encodeRecords({ ...of, startAt: instant(START), samples })
  })
  writeFileSync(join(dir, 'geo-1.mseed'), Buffer.concat(parts))
  const channels = Object.fromEntries(CHANNELS.map((channel) => [channel, { countsPerUnit: 4e8, unit: 'm/s' }]))
  const sensors = [{ id: 'geo-1', kind: 'geophone', file: 'geo-1.mseed', channels }]
  const gateways = [{ id: 'gw-bench', latitude: SITE.latitude, longitude: SITE.longitude, sensors }]
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
  readonly cpuShare: number
  readonly writtenMiBPerDay: number
}

const CLOCK_TICKS_PER_S = 100

function readProcess(pid: number): { rssMiB: number; cpuS: number; written: number } {
  const of = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8')
  const stat = of('stat')
    .slice(of('stat').lastIndexOf(')') + 2)
    .split(' ')
  return {
    rssMiB: Number(/VmRSS:\s+(\d+)/.exec(of('status'))?.[1]) / 1024,
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
    cpuShare: (after.cpuS - before.cpuS) / elapsedS,
    writtenMiBPerDay: ((after.written - before.written) / 1_048_576 / elapsedS) * 86_400,
  }
}

export async function bench(): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-bench-'))
  const children: ChildProcess[] = []
  const run = (args: readonly string[]) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' })
    children.push(child)
    return child
  }
  try {
    writeRecording(dir)
    const [mqttPort, httpPort] = [await freePort(), await freePort()]
    const sensors = [{ gateway: 'gw-bench', id: 'geo-1', kind: 'geophone' }]
    const cloud = {
      dataDir: join(dir, 'cloud'),
      hostId: 'minewarden',
      http: { port: httpPort },
      mqtt: { embedded: { port: mqttPort } },
      sites: [{ ...SITE, expectedLoads: [], permits: [], sensors, supplyPoints: [] }],
      gateways: [
        { id: 'gw-bench', site: SITE.id, passwordSha256: createHash('sha256').update(PASSWORD).digest('hex') },
      ],
      orders: { issuer: { id: '450324', name: 'bench' } },
    }
    const gateway = {
      gateway: 'gw-bench',
      county: '450324',
      data: join(dir, 'gateway'),
      uplink: { servers: [`mqtt://127.0.0.1:${mqttPort}`], passwordFile: join(dir, 'password') },
      drivers: [{ kind: 'recording', dir }],
    }
    writeFileSync(join(dir, 'cloud.json'), JSON.stringify(cloud))
    writeFileSync(join(dir, 'gateway.json'), JSON.stringify(gateway))
    writeFileSync(join(dir, 'password'), PASSWORD)
    // As its systemd unit does.
    spawnSync(process.execPath, ['edge/minewarden-gateway.js', '--check'], { cwd: ROOT })
    run(['cli/main.ts', 'cloud', '--config', join(dir, 'cloud.json')])
    await sleep(2000)
    const [ours, floor] = await Promise.all([
      measure(
        run(['--max-semi-space-size=1', 'edge/minewarden-gateway.js', 'run', '--config', join(dir, 'gateway.json')]),
      ),
      measure(run(['-e', 'setInterval(() => {}, 1000)'])),
    ])
    return [
      costRow('gateway resident memory', ours.rssMiB, floor.rssMiB, 'MiB'),
      costRow('gateway CPU', ours.cpuShare * 100, floor.cpuShare * 100 || null, '% of a core'),
      costRow('gateway bytes written', ours.writtenMiBPerDay, null, 'MiB/day'),
    ]
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(
      children.map((child) => child.exitCode ?? child.signalCode ?? new Promise((r) => child.once('exit', r))),
    )
    rmSync(dir, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const { formatRows } = await import('./row.ts')
  console.log(formatRows(await bench()))
}
