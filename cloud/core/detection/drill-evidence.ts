/**
 * The line of a rock drill in the windows of one geophone. Air-leg drills of the kind used in small mines strike 28 to
 * 45 times a second, and the ground near by carries that as a strong, steady line for the minutes that a hole takes.
 * What it cannot tell apart: an engine that happens to fire at such a rate.
 */
import type { ReadingOf } from '@minewarden/protocol/reading.ts'

/** Plain JSON, one for each geophone. */
export interface DrillEar {
  /** Windows of late with such a line, newest last. */
  recent: boolean[]
  /** Whether the present line was counted already. */
  counted: boolean
  hz: number
  sinceMs: number
}

const FROM_HZ = 27.5
const TO_HZ = 45
/** A line this clear is no chance of the noise. */
const LINE_DB = 17
/** Blows as fast as these run together; single ones would be picks or breakers. */
const MOST_KURTOSIS = 5
const WINDOWS = 8
const TO_BEGIN = 5
const TO_END = 2

export const createDrillEar = (): DrillEar => ({ recent: [], counted: false, hz: 0, sinceMs: 0 })

/** Takes a window in; tells once for each stretch that a drill is at work. @param working a machine is heard there */
export function stepDrill(state: DrillEar, { fields, measuredAt }: ReadingOf<'vibration'>, working: boolean): boolean {
  const { toneHz, toneDb, kurtosis } = fields
  const heard =
    (toneHz ?? 0) >= FROM_HZ && (toneHz ?? 0) <= TO_HZ && (toneDb ?? 0) >= LINE_DB && (kurtosis ?? 3) < MOST_KURTOSIS
  state.recent.push(heard)
  if (state.recent.length > WINDOWS) state.recent.shift()
  if (heard) state.hz = toneHz ?? 0
  let windows = 0
  for (const one of state.recent) if (one) windows++
  if (windows <= TO_END) state.counted = false
  if (state.counted || windows < TO_BEGIN || !working) return false
  state.counted = true
  state.sinceMs = measuredAt
  return true
}
