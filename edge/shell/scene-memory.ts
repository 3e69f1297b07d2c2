/**
 * What was learnt of each camera's scene, one small file a camera, so that a restart does not begin to learn anew.
 * Best effort: a disk that refuses, or a file that is damaged, costs no more than this memory.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Logger } from '../core/ports.ts'

/** No scene needs more; a larger file is not read, and none is written. */
export const MAX_SCENE_BYTES = 262_144

export interface SceneMemory {
  /** `undefined`: nothing is known. What comes from a disk may be anything: the judge checks it. */
  load(sensor: SensorId): unknown
  save(sensor: SensorId, learnt: unknown): void
  forget(sensor: SensorId): void
  /** Sensors that a technician marked to be learnt anew; the mark goes once it is taken. */
  takeMarks(take: (sensor: string) => boolean): void
}

/** What a technician marks a sensor with: a file of that ending beside what was learnt of it. */
export const RELEARN_MARK = '.relearn'

/** @param dir made when first something is looked for there; what is in it shows, coarsely, what cameras see: for its owner alone */
export function openSceneMemory(dir: string, logger: Pick<Logger, 'warn'>): SceneMemory {
  const pathOf = (sensor: SensorId) => join(dir, `${sensor}.json`)
  const remove = (path: string) => {
    try {
      rmSync(path, { force: true })
    } catch (error) {
      logger.warn({ path, reason: (error as Error).message }, 'a file of a scene cannot be removed')
    }
  }
  return {
    load(sensor) {
      try {
        mkdirSync(dir, { recursive: true, mode: 0o700 })
        if (statSync(pathOf(sensor)).size > MAX_SCENE_BYTES) return undefined
        return JSON.parse(readFileSync(pathOf(sensor), 'utf8'))
      } catch {
        return undefined
      }
    },
    save(sensor, learnt) {
      const text = JSON.stringify(learnt)
      if (Buffer.byteLength(text) > MAX_SCENE_BYTES) {
        logger.warn({ sensor, bytes: text.length }, 'what was learnt of a scene is too large to be kept')
        return
      }
      try {
        mkdirSync(dir, { recursive: true, mode: 0o700 })
        // Renaming is atomic: a power cut leaves the old text or the new one.
        writeFileSync(`${pathOf(sensor)}.new`, text, { mode: 0o600, flush: true })
        renameSync(`${pathOf(sensor)}.new`, pathOf(sensor))
      } catch (error) {
        logger.warn({ sensor, reason: (error as Error).message }, 'what was learnt of a scene cannot be kept')
      }
    },
    forget: (sensor) => remove(pathOf(sensor)),
    takeMarks(take) {
      for (const sensor of marksIn(dir)) if (take(sensor)) remove(join(dir, `${sensor}${RELEARN_MARK}`))
    },
  }
}

function marksIn(dir: string): string[] {
  try {
    const marks = readdirSync(dir).filter((name) => name.endsWith(RELEARN_MARK))
    return marks.map((name) => name.slice(0, -RELEARN_MARK.length))
  } catch {
    return []
  }
}
