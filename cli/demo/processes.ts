import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from '../errors.ts'

/** What the demo starts, and in which order it is stopped: the first started is the last to go. */
export interface Part {
  readonly name: string
  readonly role: 'cloud' | 'gateway' | 'utility' | 'feeders'
  readonly configPath: string
}

const READY_WITHIN_MS = 30_000
/** All parts are asked at once and killed after this; the whole demo is gone within ten seconds. */
const STOP_WITHIN_MS = 7_000
const LOG_TAIL_LINES = 8

/** Starts parts as processes of their own, with a log file each, and makes sure that none outlives the demo. */
export class Processes implements AsyncDisposable {
  readonly #logDir: string
  readonly #env: NodeJS.ProcessEnv
  readonly #onUnexpectedEnd: (error: CliError) => void
  readonly #children = new Map<string, ChildProcess>()
  #stopping = false

  constructor(options: { logDir: string; env: NodeJS.ProcessEnv; onUnexpectedEnd: (error: CliError) => void }) {
    this.#logDir = options.logDir
    this.#env = options.env
    this.#onUnexpectedEnd = options.onUnexpectedEnd
  }

  logFile(name: string): string {
    return join(this.#logDir, `${name}.log`)
  }

  /** Resolves when the part says that it is ready. @throws CliError `process-ended` when it ends instead. */
  async start(part: Part): Promise<void> {
    const log = openSync(this.logFile(part.name), 'a')
    const child = fork(new URL('../child.ts', import.meta.url), [part.role, part.configPath], {
      stdio: ['ignore', log, log, 'ipc'],
      env: this.#env,
      // A small young generation: a gateway then fits the memory of a small machine, and nine processes this one's.
      execArgv: part.role === 'gateway' ? ['--max-semi-space-size=1'] : [],
    })
    closeSync(log)
    this.#children.set(part.name, child)
    const ready = Promise.withResolvers<void>()
    const timer = setTimeout(() => ready.reject(this.#failure(part.name, 'is not ready after 30 s')), READY_WITHIN_MS)
    child.on('message', (message) => message === 'ready' && ready.resolve())
    child.on('exit', (code, signal) => {
      this.#children.delete(part.name)
      if (this.#stopping) return ready.resolve()
      const failure = this.#failure(part.name, `ended (${signal ?? `exit code ${code}`})`)
      ready.reject(failure)
      this.#onUnexpectedEnd(failure)
    })
    try {
      await ready.promise
    } finally {
      clearTimeout(timer)
    }
  }

  #failure(name: string, what: string): CliError {
    const lines = readFileSync(this.logFile(name), 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES)
    return new CliError('process-ended', `${name} ${what}; the end of ${this.logFile(name)}:\n  ${lines.join('\n  ')}`)
  }

  /** Ends every part: SIGTERM, and SIGKILL for what is still there after some seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    const children = [...this.#children.values()].reverse()
    const gone = children.map(
      (child) =>
        new Promise<void>((resolve) => (child.exitCode !== null ? resolve() : child.once('exit', () => resolve()))),
    )
    for (const child of children) child.kill('SIGTERM')
    const killer = setTimeout(() => {
      for (const child of children) child.kill('SIGKILL')
    }, STOP_WITHIN_MS)
    await Promise.all(gone)
    clearTimeout(killer)
  }
}
