import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { findProgram } from './requires.ts'

export interface Mosquitto extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Takes it away without a goodbye. */
  kill(): Promise<void>
  /** Brings it back on the same port, with an empty memory. */
  start(): Promise<void>
}

/** Debian's mosquitto on a free port of this machine, open to anybody. */
export async function startMosquitto(): Promise<Mosquitto> {
  const dir = await mkdtemp(join(tmpdir(), 'minewarden-mosquitto-'))
  const port = await freePort()
  const config = join(dir, 'mosquitto.conf')
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n`)
  let child: ChildProcess | null = null
  const kill = async () => {
    if (!child) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    child = null
  }
  const start = async () => {
    child = spawn(findProgram('mosquitto') ?? 'mosquitto', ['-c', config], { stdio: 'inherit' })
    await eventually('mosquitto listens', () => canConnect(port))
  }
  await start()
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
