/** Serial cables that can be pulled: pseudo-terminals whose other end is held by a small C program. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('pty-cable.c', import.meta.url))
let program: string | null = null

/** Compiled once a test file; needs gcc (`requires('gcc')`). */
function cableProgram(): string {
  if (program) return program
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-pty-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  program = join(dir, 'pty-cable')
  execFileSync('gcc', ['-O1', '-o', program, SOURCE])
  return program
}

export interface Cable {
  /** The terminal itself: `/dev/pts/3`. */
  readonly terminal: string
  /** What the device says. */
  send(bytes: Uint8Array): void
  /** Reads of the terminal give 0 bytes, some times in a row. */
  readNothing(): void
  /** The terminal is hung up, as when a USB converter goes; it can be opened again. Needs root, does nothing without. */
  hangUp(): void
  /** Takes the device away: name and terminal are gone when it resolves. */
  pull(): Promise<void>
}

/**
 * Plugs a device in: a link of this path leads to the terminal.
 * @param heard what the computer sends to the device
 */
export async function plugIn(path: string, heard: (bytes: Uint8Array) => void = () => {}): Promise<Cable> {
  const child = spawn(cableProgram(), { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => undefined)
  const terminal = await firstLine(child, heard)
  symlinkSync(terminal, path)
  return {
    terminal,
    send: (bytes) => void child.stdin.write(bytes),
    readNothing: () => void child.kill('SIGUSR1'),
    hangUp: () => void child.kill('SIGUSR2'),
    async pull() {
      rmSync(path, { force: true })
      const gone = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await gone
    },
  }
}

function firstLine(child: ChildProcess, heard: (bytes: Uint8Array) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let name: string | null = null
    child.once('exit', () => reject(new Error('pty-cable ended')))
    child.stdout?.on('data', (bytes: Buffer) => {
      const end = name === null ? bytes.indexOf('\n') : -1
      if (name === null) {
        name = bytes.subarray(0, end).toString()
        resolve(name)
      }
      const rest = bytes.subarray(end + 1)
      if (rest.length > 0) heard(rest)
    })
  })
}
