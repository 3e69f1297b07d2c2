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
  /** How many minutes of it were counted beyond that. */
  minutes: number
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
/** A hole takes minutes; an engine that happens to turn so fast holds its speed for less. */
const MOST_MINUTES = 2
const A_MINUTE = 0.5

export const createDrillEar = (): DrillEar => ({ recent: [], counted: false, minutes: 0, hz: 0, sinceMs: 0 })

/**
 * Takes a window in.
 * @param working a machine is heard there
 * @returns what it adds: 1 for each stretch that a drill is at work, half as much for each minute that it lasts
 */
export function stepDrill(state: DrillEar, { fields, measuredAt }: ReadingOf<'vibration'>, working: boolean): number {
  const { toneHz, toneDb, kurtosis } = fields
  const heard =
    (toneHz ?? 0) >= FROM_HZ && (toneHz ?? 0) <= TO_HZ && (toneDb ?? 0) >= LINE_DB && (kurtosis ?? 3) < MOST_KURTOSIS
  state.recent.push(heard)
  if (state.recent.length > WINDOWS) state.recent.shift()
  if (heard) state.hz = toneHz ?? 0
  let windows = 0
  for (const one of state.recent) if (one) windows++
  if (windows <= TO_END) state.counted = false
  if (windows < TO_BEGIN || !working) return 0
  if (!state.counted) {
    state.counted = true
    state.minutes = 0
    state.sinceMs = measuredAt
    return 1
  }
  if (state.minutes >= MOST_MINUTES || measuredAt - state.sinceMs < 60_000 * (state.minutes + 1)) return 0
  state.minutes++
  return A_MINUTE
}
