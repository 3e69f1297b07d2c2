/**
 * The clock's offset in a file, for a gateway that is restarted while the machine runs on: what an earlier process
 * stamped before the time was known is then moved together with what this one stamps. After a start of the machine it is
 * worthless, and is not used: monotonic time began anew, and nobody can know by how much the earlier rows were off.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Millis } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import type { Remembered } from '../core/clock/discipline.ts'

/** The kernel's name of this run of the machine. @see random(4), boot_id */
const BOOT_ID = '/proc/sys/kernel/random/boot_id'

const Saved = z.strictObject({
  boot: z.string().min(1).max(64),
  /** UTC minus the machine's monotonic time. */
  offsetMs: z.number(),
  isKnown: z.boolean(),
  /** The machine's monotonic time when this time line began. */
  sinceMs: z.number(),
  epoch: z.string().max(64),
  fromSequence: z.number().int().min(1),
})

export interface ClockMemory extends Remembered {
  /** Rows from here on, of this spool, were stamped by this time line. */
  readonly epoch: string
  readonly fromSequence: number
}

export interface ClockFile {
  /** What an earlier process of this run of the machine left. */
  readonly memory: ClockMemory | null
  /** Best effort: a disk that refuses costs no more than this memory. */
  save(memory: ClockMemory): void
}

/** @param boot name of this run of the machine; `null`: not told, and nothing is remembered */
export function openClockFile(path: string, boot: string | null = bootId()): ClockFile {
  return {
    memory: boot === null ? null : read(path, boot),
    save({ offsetMs, isKnown, ageMs, epoch, fromSequence }) {
      if (boot === null) return
      const now = machineMs()
      const saved = { boot, offsetMs: offsetMs - processBeganMs(), isKnown, sinceMs: now - ageMs, epoch, fromSequence }
      try {
        writeFileSync(`${path}.new`, JSON.stringify(saved))
        renameSync(`${path}.new`, path)
      } catch {
        // The spool says what is wrong with the disk.
      }
    },
  }
}

function read(path: string, boot: string): ClockMemory | null {
  try {
    const saved = Saved.parse(JSON.parse(readFileSync(path, 'utf8')))
    if (saved.boot !== boot) return null
    const { isKnown, epoch, fromSequence } = saved
    const ageMs = machineMs() - saved.sinceMs
    return { offsetMs: saved.offsetMs + processBeganMs(), isKnown, ageMs, epoch, fromSequence }
  } catch {
    return null
  }
}

function bootId(): string | null {
  try {
    return readFileSync(BOOT_ID, 'utf8').trim()
  } catch {
    return null
  }
}

const machineMs = (): Millis => Number(process.hrtime.bigint()) / 1e6
/** The machine's monotonic time when this process's was zero. */
const processBeganMs = (): Millis => machineMs() - performance.now()
