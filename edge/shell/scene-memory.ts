/**
 * What was learnt of each camera's scene, one small file a camera, so that a restart does not begin to learn anew.
 * Best effort: a disk that refuses, or a file that is damaged, costs no more than this memory.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Logger } from '../core/ports.ts'

/** No scene needs more; a larger file is not read, and none is written. */
export const MAX_SCENE_BYTES = 262_144

export interface SceneMemory {
  /** `undefined`: nothing is known. What comes from a disk may be anything: the judge checks it. */
  load(sensor: SensorId): unknown
  save(sensor: SensorId, learnt: unknown): void
}

/** @param dir made when first something is saved; what is in it shows, coarsely, what cameras see: for its owner alone */
export function openSceneMemory(dir: string, logger: Pick<Logger, 'warn'>): SceneMemory {
  const pathOf = (sensor: SensorId) => join(dir, `${sensor}.json`)
  return {
    load(sensor) {
      try {
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
  }
}
