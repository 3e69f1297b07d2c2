/**
 * Blows by hand in the windows of one geophone: pick, bar and sledge strike each second or two, never evenly, with rests,
 * and go on for a quarter of an hour and more. Each blow is over in some hundredths of a second, so that a window of
 * five seconds hardly grows louder; but it is peaked as no ground at rest is. Beasts and walkers pass within minutes,
 * ticks of the ground come singly, machines keep a rhythm or a line.
 * What it cannot tell: wood that is chopped near by.
 */
import type { ReadingOf } from '@minewarden/protocol/reading.ts'

/** Plain JSON, one for each geophone. */
export interface BlowEar {
  /** Share of the windows of the last minutes that held blows. */
  share: number
  /** Goes on. */
  on: boolean
}

/** Noise has a kurtosis of 3, give or take a fifth; blows of some ten times the noise have tens. */
const LEAST_KURTOSIS = 8
/** Strokes as even, or a line as strong as this are a machine's; even ones of lesser strength somebody's steps. */
const MACHINE_RHYTHM_DB = 12
const STEPS_RHYTHM_DB = 9.5
const STEPS_HZ = [1.2, 4.5] as const
const MACHINE_TONE_DB = 17
/** Ten minutes of windows. */
const FOLLOW = 1 / 120
/** A crew rests for up to half of the time; a herd has passed within four minutes. */
const BEGINS_AT = 0.35
const ENDS_AT = 0.2

export const createBlowEar = (): BlowEar => ({ share: 0, on: false })

/** Takes a window in. @returns minutes of blows to be counted: those so far when it begins, then each window's that holds some */
export function hearBlows(ear: BlowEar, { fields }: ReadingOf<'vibration'>): number {
  const struck = holdsBlows(fields)
  ear.share += ((struck ? 1 : 0) - ear.share) * FOLLOW
  if (ear.on) {
    ear.on = ear.share >= ENDS_AT
    return struck ? (fields.windowS ?? 5) / 60 : 0
  }
  if (ear.share < BEGINS_AT) return 0
  ear.on = true
  return (BEGINS_AT * (fields.windowS ?? 5)) / 60 / FOLLOW
}

function holdsBlows({ kurtosis, percussionHz, percussionDb, toneDb }: ReadingOf<'vibration'>['fields']): boolean {
  if ((kurtosis ?? 3) < LEAST_KURTOSIS || (toneDb ?? 0) >= MACHINE_TONE_DB) return false
  const rhythmDb = percussionDb ?? 0
  const hz = percussionHz ?? 0
  return rhythmDb < MACHINE_RHYTHM_DB && !(rhythmDb >= STEPS_RHYTHM_DB && hz >= STEPS_HZ[0] && hz <= STEPS_HZ[1])
}
