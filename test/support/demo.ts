import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** One line of `minewarden demo --json`. */
export type Told = {
  readonly what: string
  readonly id?: string
  readonly state?: string
  readonly url?: string
  readonly dataDir?: string
}

/** The demo as its user runs it: the command, its output, its page. */
export class RunningDemo {
  readonly base: string
  readonly told: Told[] = []
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  stderr = ''

  private constructor(child: ChildProcess, base: string) {
    this.child = child
    this.base = base
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      this.told.push(JSON.parse(line)),
    )
    child.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
  }

  static async start(args: readonly string[] = []): Promise<RunningDemo> {
    return await RunningDemo.#begin(process.execPath, ['cli/main.ts', 'demo'], args)
  }

  /** As `npm start` does, in a process group of its own, as a terminal gives it. */
  static async startByNpm(args: readonly string[] = []): Promise<RunningDemo> {
    return await RunningDemo.#begin('npm', ['run', '--silent', 'start', '--'], args)
  }

  static async #begin(program: string, command: readonly string[], args: readonly string[]): Promise<RunningDemo> {
    const port = await freePort()
    const child = spawn(program, [...command, '--json', '--port', String(port), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: program === 'npm',
    })
    const demo = new RunningDemo(child, `http://localhost:${port}`)
    await demo.until('the demo is ready', () => demo.told.some(({ what }) => what === 'ready'), 60_000)
    return demo
  }

  /** Waits for something to become true; fails with what the demo said when it does not, or when the demo ended. */
  async until<T>(what: string, look: () => T | Promise<T>, withinMs: number): Promise<NonNullable<T>> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const seen = await look()
      if (seen) return seen
      if (this.child.exitCode !== null || performance.now() > deadline) {
        const tail = this.told
          .slice(-12)
          .map((line) => JSON.stringify(line))
          .join('\n')
        throw new Error(`${what}: not within ${withinMs} ms (exit ${this.child.exitCode})\n${tail}\n${this.stderr}`)
      }
      await sleep(250)
    }
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(this.base + path)
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }

  async post(path: string, body: unknown, cookie?: string): Promise<Response> {
    const headers = { 'content-type': 'application/json', origin: this.base, ...(cookie ? { cookie } : {}) }
    return await fetch(this.base + path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  /** Uses the printed one-time links, in their order; the cookies of the sessions. */
  async signInAll(): Promise<string[]> {
    const cookies: string[] = []
    for (const { url } of this.told.filter(({ what }) => what === 'sign-in')) {
      const answer = await this.post('/api/v1/sign-in', { token: url?.split('#')[1] })
      const cookie = answer.headers.get('set-cookie')?.split(';')[0]
      if (!answer.ok || !cookie) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`)
      cookies.push(cookie)
    }
    return cookies
  }

  /** The folder that the demo said it keeps its data in. */
  get dataDir(): string {
    return this.told.find(({ what }) => what === 'starting')?.dataDir ?? ''
  }

  /** Sends a signal as Ctrl-C does, and waits; the exit code and how long it took. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<{ code: number | null; tookMs: number }> {
    const start = performance.now()
    this.child.kill(signal)
    const code = await this.exited
    return { code, tookMs: performance.now() - start }
  }
}

/** Lines of level warn and above (pino's 40, 50, 60), or that are no JSON at all, in the logs of a data folder. */
export function troubleIn(dataDir: string, level: number): string[] {
  const dir = join(dataDir, 'logs')
  return readdirSync(dir).flatMap((file) =>
    readFileSync(join(dir, file), 'utf8')
      .split('\n')
      .filter((line) => {
        if (!line.startsWith('{')) return /error|exception|warning/i.test(line)
        return (JSON.parse(line) as { level: number }).level >= level
      })
      .map((line) => `${file}: ${line}`),
  )
}

/** Processes that have this text in their command line. */
export function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return command.includes(text) ? [`${pid} ${command}`] : []
      } catch {
        return []
      }
    })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
