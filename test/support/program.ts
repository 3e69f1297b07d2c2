import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface ProgramOptions {
  /** Arguments of Node, the file first; relative to the root of the repository. */
  readonly args: readonly string[]
  /** Everything that it says, over all its lives. */
  readonly logFile: string
  readonly env?: NodeJS.ProcessEnv
}

/** A program of the product as a process of its own, to be killed and started again. */
export class Program implements AsyncDisposable {
  readonly #options: ProgramOptions
  #child: ChildProcess | null = null

  constructor(options: ProgramOptions) {
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** How it ended, `null` while it runs. */
  get ended(): string | null {
    if (this.isRunning || !this.#child) return null
    return `${this.#child.signalCode ?? `exit code ${this.#child.exitCode}`}`
  }

  start(): void {
    const { args, logFile, env } = this.#options
    const log = openSync(logFile, 'a')
    // The channel is there for programs that end with their parent, or take orders from it.
    const stdio = ['ignore', log, log, 'ipc'] as const
    this.#child = spawn(process.execPath, args, { cwd: ROOT, stdio: [...stdio], env: { ...process.env, ...env } })
    closeSync(log)
  }

  /** Resolves once the log has the text more often than before the call. @throws when the program ends instead */
  async startUntil(text: string, withinMs = 30_000): Promise<void> {
    const said = () => this.log().split(text).length
    const before = said()
    this.start()
    await eventually(
      text,
      () => {
        if (!this.isRunning) throw new Error(`ended (${this.ended}) before saying: ${text}\n${this.tail()}`)
        return said() > before
      },
      withinMs,
    )
  }

  send(message: object): void {
    this.#child?.send(message)
  }

  /** Ends it and waits; how it ended. */
  async stop(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const child = this.#child
    if (!child || !this.isRunning) return child?.exitCode ?? child?.signalCode ?? null
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    return child.exitCode ?? child.signalCode
  }

  log(): string {
    try {
      return readFileSync(this.#options.logFile, 'utf8')
    } catch {
      return ''
    }
  }

  tail(lines = 12): string {
    return this.log().trimEnd().split('\n').slice(-lines).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
  }
}
