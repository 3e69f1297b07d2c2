/** Drives a server with the load of `load.ts` and measures it; mosquitto as the peer's broker. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const GATEWAYS = 10
/** In flight for each publisher of the peer. */
const WINDOW = 500
/** Jiffies a second, as /proc counts CPU time. */
const TICKS = 100

export interface Measured {
  readonly rowsPerS: number
  readonly cpuSPer100k: number
}

/** What the process says next. */
export const next = async (child: ChildProcess): Promise<unknown> => (await once(child, 'message'))[0]

/** CPU time that a process has used. */
export async function cpuSeconds(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

export interface Drive {
  readonly rows: number
  readonly mode: 'spool' | 'qos1'
  readonly port: number
  /** Of the payloads; Sparkplug when not given. */
  readonly format?: 'sparkplug' | 'json'
  /** Whose CPU time counts. */
  readonly servers: readonly { readonly pid?: number | undefined }[]
  /** The rate is that until this is over, if given. */
  readonly arrived?: () => Promise<unknown>
  /** All work behind the rows is done: CPU time counts until then. */
  readonly settled: () => Promise<unknown>
}

/** Loads what listens on the port and measures until all is done. */
export async function drive({
  rows,
  mode,
  port,
  format = 'sparkplug',
  servers,
  arrived,
  settled,
}: Drive): Promise<Measured> {
  const task = { mode, port, format, gateways: GATEWAYS, rows: rows / GATEWAYS, window: WINDOW }
  const load = fork(fileURLToPath(new URL('./load.ts', import.meta.url)), [JSON.stringify(task)])
  await next(load)
  const cpu = async () => {
    const each = await Promise.all(servers.map(({ pid }) => cpuSeconds(pid)))
    return each.reduce((sum, seconds) => sum + seconds, 0)
  }
  const before = await cpu()
  const started = performance.now()
  load.send('go')
  const { seconds } = (await next(load)) as { seconds: number }
  await arrived?.()
  const wall = arrived ? (performance.now() - started) / 1000 : seconds
  await settled()
  return { rowsPerS: rows / wall, cpuSPer100k: ((await cpu()) - before) / (rows / 100_000) }
}

/** Debian's mosquitto, tuned so that it neither delays nor drops. */
export async function startBroker(dir: string): Promise<{ readonly broker: ChildProcess; readonly port: number }> {
  const port = await freePort()
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'set_tcp_nodelay true', 'persistence false']
  const config = join(dir, 'mosquitto.conf')
  await writeFile(
    config,
    [...lines, 'max_queued_messages 0', 'max_inflight_messages 1000', 'log_type error', ''].join('\n'),
  )
  const broker = spawn('/usr/sbin/mosquitto', ['-c', config], { stdio: 'inherit' })
  await sleep(300)
  return { broker, port }
}

/** Ends it at once. */
export async function end(child: ChildProcess): Promise<void> {
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
