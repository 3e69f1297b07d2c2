import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { findProgram } from './requires.ts'

/** A time-series database of this machine with a folder of its own. */
export interface DatabaseServer extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** Takes it away without a goodbye. */
  kill(): Promise<void>
  /** Brings it back on the same port, with what it has on disk. */
  start(): Promise<void>
}

/** Starting takes a second here; a loaded machine is given a minute. */
const PATIENCE_MS = 60_000
const TRIES = 5

/** Debian's InfluxDB 1.x; `auth` asks for accounts. */
export const startInfluxd = (options: { readonly auth?: boolean } = {}): Promise<DatabaseServer> =>
  startServer('influxd', '/ping', async (dir, port, other) => {
    const config = join(dir, 'influx.conf')
    await writeFile(config, influxConfig(dir, port, other, options.auth ?? false))
    return ['run', '-config', config]
  })

/** Debian's VictoriaMetrics. */
export const startVictoriaMetrics = (): Promise<DatabaseServer> =>
  startServer('victoria-metrics', '/health', async (dir, port) => [
    `-storageDataPath=${join(dir, 'data')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=12',
    '-loggerLevel=ERROR',
  ])

const influxConfig = (dir: string, port: number, rpcPort: number, auth: boolean): string =>
  [
    'reporting-disabled = true',
    `bind-address = "127.0.0.1:${rpcPort}"`,
    `[meta]\n  dir = "${dir}/meta"`,
    `[data]\n  dir = "${dir}/data"\n  wal-dir = "${dir}/wal"\n  query-log-enabled = false`,
    '[monitor]\n  store-enabled = false',
    `[http]\n  bind-address = "127.0.0.1:${port}"\n  log-enabled = false\n  auth-enabled = ${auth}`,
    '[continuous_queries]\n  log-enabled = false\n  run-interval = "1s"',
    '[logging]\n  level = "error"',
    '',
  ].join('\n')

/** Neither server binds port 0: a port that was free a moment ago may be taken by now, and another is tried. */
async function startServer(
  program: string,
  ready: string,
  argumentsFor: (dir: string, port: number, otherPort: number) => Promise<string[]>,
): Promise<DatabaseServer> {
  const dir = await mkdtemp(join(tmpdir(), `minewarden-${program}-`))
  let child: ChildProcess | null = null
  let port = 0
  const kill = async () => {
    if (!child) return
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
    child.kill('SIGKILL')
    await exited
    child = null
  }
  const startOn = async (at: number): Promise<boolean> => {
    port = at
    child = spawn(findProgram(program) ?? program, await argumentsFor(dir, at, await freePort()), { stdio: 'ignore' })
    const running = child
    const answer = await eventually(
      `${program} answers`,
      async () => (running.exitCode !== null ? 'ended' : await answers(`http://127.0.0.1:${at}${ready}`)),
      PATIENCE_MS,
    )
    return answer !== 'ended'
  }
  for (let nth = 1; !(await startOn(await freePort())); nth++) {
    if (nth === TRIES) throw new Error(`${program} ended ${TRIES} times`)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return child?.pid ?? 0
    },
    kill,
    async start() {
      if (!(await startOn(port))) throw new Error(`${program} did not start again`)
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
