import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { z } from 'zod'
import { HardwareError } from '../errors.ts'
import { FeederAction, FeederState, Reference } from './messages.ts'
import { type FeederRecord, MAX_REFERENCES } from './switchgear.ts'

const FORMAT = 'minewarden-feeders/1'
const Content = z.strictObject({
  format: z.literal(FORMAT),
  feeders: z.array(
    z.strictObject({
      state: FeederState,
      done: z
        .array(z.strictObject({ reference: Reference, action: FeederAction, operatedAt: z.number() }))
        .max(MAX_REFERENCES),
    }),
  ),
})

/** Where the positions outlive the simulator: a switch that was opened stays open over a restart. */
export interface PositionFile {
  load(): readonly FeederRecord[]
  save(records: readonly FeederRecord[]): void
}

/**
 * A small JSON file, replaced as a whole and synced to disk before `save` returns.
 * @throws HardwareError `feeder-state-unreadable` from `load` when the file is there but not one of ours.
 */
export function createPositionFile(path: string): PositionFile {
  return {
    load() {
      const text = readIfPresent(path)
      if (text === null) return []
      const content = check(Content, parseJson(path, text))
      if (content.ok) return content.value.feeders
      throw new HardwareError('feeder-state-unreadable', `${path}: ${describeProblems(content.problems)}`)
    },
    save(records) {
      const temporary = `${path}.new`
      const file = openSync(temporary, 'w')
      try {
        writeSync(file, `${JSON.stringify({ format: FORMAT, feeders: records }, null, 1)}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(temporary, path)
      syncFolder(dirname(path))
    },
  }
}

/** The new name counts only once the folder is on the disk. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function readIfPresent(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new HardwareError('feeder-state-unreadable', `${path}: cannot be read`, cause)
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HardwareError('feeder-state-unreadable', `${path}: not JSON`, cause)
  }
}
