// A gateway as its unit file runs it, in a process of its own, with a fleet manager that acknowledges; and what a process costs.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Longer than a digitiser's line takes to rest, and than the minute in which a machine without a time daemon is asked for one. */
export const WARM_UP_S = 65
export const MEASURED_S = Number(process.env.MINEWARDEN_BENCH_S ?? 60)
/** `MINEWARDEN_BENCH_FLAGS` replaces the flags that the unit file of the gateway gives to Node. */
const FLAGS = (process.env.MINEWARDEN_BENCH_FLAGS ?? '--max-semi-space-size=1 --max-opt=2').split(' ')
/** As the unit file of the gateway sets it. */
const ENVIRONMENT = { ...process.env, MALLOC_ARENA_MAX: '1' }
const PASSWORD = 'bench-only'
export const SITE = {
  id: 'bench-1',
  name: 'bench',
  county: '450324',
  latitude: 25.9,
  longitude: 111,
  closedOn: '2023-04-11',
  area: 'key',
}

/** As the fleet manager knows it. */
export interface Sensor {
  readonly id: string
  readonly kind: string
}
export type Run = (args: readonly string[]) => ChildProcess

/**
 * Measures a gateway beside a bare Node process with an idle timer.
 * @param source entries for `drivers` of its configuration; may run what they need
 */
export async function measureGateway(
  sensors: readonly Sensor[],
  source: (dir: string, run: Run) => readonly object[] | Promise<readonly object[]>,
): Promise<{ readonly ours: Cost; readonly floor: Cost }> {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-bench-'))
  const children: ChildProcess[] = []
  const run = (args: readonly string[]) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore', env: ENVIRONMENT })
    children.push(child)
    return child
  }
  try {
    await writeConfigurations(dir, sensors, await source(dir, run))
    const gateway = [...FLAGS, 'edge/minewarden-gateway.js']
    // As its systemd unit does; with the same flags, for the compiled code is kept for them alone.
    for (let i = 0; i < 2; i++) spawnSync(process.execPath, [...gateway, '--check'], { cwd: ROOT })
    run(['cli/main.ts', 'cloud', '--config', join(dir, 'cloud.json')])
    await sleep(2000)
    const [ours, floor] = await Promise.all([
      measure(run([...gateway, 'run', '--config', join(dir, 'gateway.json')])),
      measure(run(['-e', 'setInterval(() => {}, 1000)'])),
    ])
    return { ours, floor }
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(
      children.map((child) => child.exitCode ?? child.signalCode ?? new Promise((r) => child.once('exit', r))),
    )
    rmSync(dir, { recursive: true, force: true })
  }
}

export const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

export interface Cost {
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

export async function measure(child: ChildProcess): Promise<Cost> {
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

async function writeConfigurations(dir: string, sensors: readonly Sensor[], drivers: readonly object[]): Promise<void> {
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
