/**
 * Rows acknowledged end to end: raw gateways -> embedded broker -> ingest -> journal (synced) -> acknowledgement, with
 * history and detection running behind it. Beside it, in the same run, the same payloads at QoS 1 through mosquitto to an
 * mqtt.js client that only counts them: that peer decodes nothing, keeps nothing and promises nothing of a disk.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BenchRow, costRow, formatRows, rateRow } from './row.ts'

const GATEWAYS = 10
const ROWS = Number(process.env.BENCH_INGEST_ROWS ?? 150_000)
/** In flight for each publisher of the peer. */
const WINDOW = 500
/** Jiffies a second, as /proc counts CPU time. */
const TICKS = 100

interface Measured {
  readonly rowsPerS: number
  readonly cpuSPer100k: number
}

const file = (name: string) => fileURLToPath(new URL(`./ingest/${name}`, import.meta.url))
const next = async (child: ChildProcess): Promise<unknown> => (await once(child, 'message'))[0]

async function cpuSeconds(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

interface Drive {
  readonly mode: 'spool' | 'qos1'
  readonly port: number
  /** Whose CPU time counts. */
  readonly servers: readonly ChildProcess[]
  /** The rate is that until this is over, if given. */
  readonly arrived?: Promise<unknown>
  /** All work behind the rows is done: CPU time counts until then. */
  readonly settled: () => Promise<unknown>
}

async function drive({ mode, port, servers, arrived, settled }: Drive): Promise<Measured> {
  const task = { mode, port, gateways: GATEWAYS, rows: ROWS / GATEWAYS, window: WINDOW }
  const load = fork(file('load.ts'), [JSON.stringify(task)])
  await next(load)
  const cpu = async () => {
    const each = await Promise.all(servers.map(({ pid }) => cpuSeconds(pid)))
    return each.reduce((sum, seconds) => sum + seconds, 0)
  }
  const before = await cpu()
  const started = performance.now()
  load.send('go')
  const { seconds } = (await next(load)) as { seconds: number }
  await arrived
  const wall = arrived ? (performance.now() - started) / 1000 : seconds
  await settled()
  return { rowsPerS: ROWS / wall, cpuSPer100k: ((await cpu()) - before) / (ROWS / 100_000) }
}

async function ours(dir: string): Promise<Measured> {
  const server = fork(file('ours.ts'), [dir, String(GATEWAYS)])
  const { port } = (await next(server)) as { port: number }
  const settled = async () => {
    server.send('counts')
    const { counts } = (await next(server)) as { counts: { rows: number } }
    if (counts.rows !== ROWS) throw new Error(`${counts.rows} rows committed, ${ROWS} sent`)
  }
  const measured = await drive({ mode: 'spool', port, servers: [server], settled })
  await end(server)
  return measured
}

async function mosquitto(dir: string): Promise<Measured> {
  const port = await freePort()
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'set_tcp_nodelay true', 'persistence false']
  const config = join(dir, 'mosquitto.conf')
  await writeFile(
    config,
    [...lines, 'max_queued_messages 0', 'max_inflight_messages 1000', 'log_type error', ''].join('\n'),
  )
  const broker = spawn('/usr/sbin/mosquitto', ['-c', config], { stdio: 'inherit' })
  await sleep(300)
  const consumer = fork(file('peer.ts'), [String(port), String(ROWS)])
  await next(consumer)
  const servers = [broker, consumer]
  const measured = await drive({ mode: 'qos1', port, servers, arrived: next(consumer), settled: async () => {} })
  await end(consumer)
  await end(broker)
  return measured
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Takes the best of a few turns of each, in turn: what the machine's other business steals distorts neither. */
export async function bench(): Promise<BenchRow[]> {
  const turns = Number(process.env.BENCH_INGEST_TURNS ?? 3)
  const [mine, theirs]: [Measured[], Measured[]] = [[], []]
  for (let turn = 0; turn < turns; turn++) {
    for (const [run, list] of [
      [ours, mine],
      [mosquitto, theirs],
    ] as const) {
      const dir = await mkdtemp(join(tmpdir(), 'minewarden-bench-'))
      list.push(await run(dir))
      await rm(dir, { recursive: true, force: true })
    }
  }
  const best = (list: readonly Measured[]) => list.reduce((a, b) => (b.rowsPerS > a.rowsPerS ? b : a))
  const [own, peer] = [best(mine), best(theirs)]
  return [
    rateRow('rows acknowledged after a synced commit', own.rowsPerS, peer.rowsPerS, 'rows/s'),
    costRow('CPU of the receiving side', own.cpuSPer100k, peer.cpuSPer100k, 's/100k rows'),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(formatRows(await bench()))
