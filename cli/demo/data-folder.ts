import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { CliError } from '../errors.ts'

/** Where a demo keeps its configuration, data and logs; nobody else's while it is open. */
export interface DataFolder extends Disposable {
  readonly path: string
  /** An earlier demo has left its data here, and this one goes on from it. */
  readonly resumed: boolean
  /** Leaves the folder where it is when it ends, though nobody asked for it: its logs tell of a failure. */
  keep(): void
}

const LOCK = 'demo.pid'

/**
 * Opens the folder that was asked for, or a temporary one that goes when it is disposed.
 * @throws CliError `data-unusable` when it cannot be written, or another demo runs on it
 */
export function openDataFolder(asked: string | undefined): DataFolder {
  const path = asked === undefined ? mkdtempSync(join(tmpdir(), 'minewarden-demo-')) : resolve(asked)
  const lock = join(path, LOCK)
  let kept = asked !== undefined
  try {
    for (const folder of ['logs', 'feeders']) mkdirSync(join(path, folder), { recursive: true })
    requireUnused(path, lock)
    const resumed = mkdirSync(join(path, 'config'), { recursive: true }) === undefined
    writeFileSync(lock, String(process.pid))
    return {
      path,
      resumed,
      keep: () => {
        kept = true
      },
      [Symbol.dispose]: () => rmSync(kept ? lock : path, { recursive: true, force: true }),
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError('data-unusable', `--data ${path}: ${(error as Error).message}`, error)
  }
}

function requireUnused(path: string, lock: string): void {
  const pid = readPid(lock)
  if (pid === null || pid === process.pid || !isAlive(pid)) return
  throw new CliError('data-unusable', `--data ${path}: another demo runs on it (process ${pid}); stop it first`)
}

function readPid(lock: string): number | null {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}

/** A process of another user cannot be signalled, and is alive all the same. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
