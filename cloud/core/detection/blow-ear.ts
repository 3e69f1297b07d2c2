/**
 * Blows by hand at one geophone: pick, bar and sledge strike each second or two, never evenly, with rests, and go on for
 * a quarter of an hour and more. Each blow is over in some hundredths of a second, so that a window of five seconds
 * hardly grows louder; but it is peaked as no ground at rest is, and what stands out of the noise is told as an event
 * of its own. Knocks are counted minute by minute against the site's usual number (Page's test: the sum of the
 * log-likelihoods of "somebody strikes" over "as usual", never below zero). Beasts and walkers pass within minutes,
 * ticks of the ground come singly, machines keep a rhythm or a line, thunder rings on.
 * What it cannot tell: wood that is chopped near by; cattle that stay. What it cannot hear: blows that stand out of the
 * noise less than once a minute.
 * @see Page 1954, https://doi.org/10.1093/biomet/41.1-2.100
 */
import type { FieldsOf, ReadingOf } from '@minewarden/protocol/reading.ts'

/** Plain JSON, one for each geophone. */
export interface BlowEar {
  /** The minute that goes on (since 1970), its peaked windows, and the knocks that were told in it. */
  minute: number
  windows: number
  knocks: number
  /** It held something even and loud as well, whose comings and goings peak windows: the knocks alone count. */
  even: boolean
  /** Knocks a minute in ordinary life, and minutes that it was learnt from. */
  usual: number
  learnt: number
  /** Natural logarithm of the likelihood of blows over that of ordinary life; 0: none. */
  score: number
  /** Minutes of blows since the score rose from 0. */
  minutes: number
  /** Goes on. */
  on: boolean
}

/** Noise has a kurtosis of 3, give or take a fifth; blows of some ten times the noise have tens. */
const LEAST_KURTOSIS = 8
/** A machine that comes and goes: loud, and as even as noise. */
const EVEN_DB = 6
const EVEN_KURTOSIS = 5
/** Strokes as even, or a line as strong as this are a machine's; even ones of lesser strength somebody's steps. */
const MACHINE_RHYTHM_DB = 12
const STEPS_RHYTHM_DB = 9.5
const STEPS_HZ = [1.2, 4.5] as const
const MACHINE_TONE_DB = 17
/** A knock comes up at once and is over; nobody strikes faster than this for long. */
const KNOCK_ATTACK_S = 0.09
const KNOCK_DECAY_S = 0.25
const KNOCK_INTERVAL_S = 0.8
/** What rings so long is a clap of thunder, or came from afar: it peaks windows as well. */
const CLAP_DECAY_S = 0.5
const CLAP_TAKES = 4

/** Knocks a minute where somebody strikes, as far as they are told apart, and at least so many times the usual. */
const STRUCK = 1.2
const STRUCK_TIMES = 3
const MOST_KNOCKS = 6
/** One minute says no more than this, or a herd would. */
const MOST_A_MINUTE = 4
/** So many in a minute are a minute of blows. */
const WHOLE_MINUTE = 2
/** Of a place that is not known yet, believed as if it had been heard for an hour; nowhere is quieter than the least. */
const USUAL_AT_FIRST = 0.4
const FIRST_MINUTES = 60
const LEAST_USUAL = 0.1
/** Half a day of minutes. */
const USUAL_MINUTES = 720
/** Reached after five minutes of blows without a rest. */
const BEGINS_AT = 20
/** Gone after half an hour of rest. */
const MOST_SCORE = 36
const GAP_MINUTES = 10

export const createBlowEar = (): BlowEar => ({
  minute: 0,
  windows: 0,
  knocks: 0,
  even: false,
  usual: USUAL_AT_FIRST,
  learnt: FIRST_MINUTES,
  score: 0,
  minutes: 0,
  on: false,
})

/**
 * Takes a window in.
 * @param excessDb how far it stands above the quiet ground
 * @returns minutes of blows to be counted: those so far when they are sure, then each one's
 */
export function hearBlows(ear: BlowEar, { fields, measuredAt }: ReadingOf<'vibration'>, excessDb = 0): number {
  const minute = Math.floor(measuredAt / 60_000)
  const counted = minute === ear.minute ? 0 : closeMinute(ear, minute)
  if (holdsBlows(fields)) ear.windows++
  else if (excessDb >= EVEN_DB && (fields.kurtosis ?? EVEN_KURTOSIS) < EVEN_KURTOSIS) ear.even = true
  return counted
}

/** Takes a transient in. */
export function hearKnock(ear: BlowEar, fields: FieldsOf<'event'>): void {
  const decayS = fields.decayS ?? 0
  if (decayS >= CLAP_DECAY_S) {
    ear.score = Math.max(0, ear.score - CLAP_TAKES)
    ear.windows = 0
    ear.knocks = 0
    return
  }
  const isKnock = decayS <= KNOCK_DECAY_S && (fields.attackS ?? 1) <= KNOCK_ATTACK_S
  if (isKnock && (fields.impulseIntervalS ?? KNOCK_INTERVAL_S) >= KNOCK_INTERVAL_S)
    ear.knocks += Math.max(1, fields.impulses ?? 1)
}

/** The minute that is over is weighed. */
function closeMinute(ear: BlowEar, minute: number): number {
  const gone = minute - ear.minute
  const known = ear.minute > 0
  const knocks = Math.min(MOST_KNOCKS, Math.max(ear.even ? 0 : ear.windows, ear.knocks))
  ear.minute = minute
  ear.windows = 0
  ear.knocks = 0
  ear.even = false
  if (!known) return 0
  if (gone > GAP_MINUTES || gone < 0) {
    ear.score = 0
    ear.minutes = 0
    ear.on = false
    return 0
  }
  const usual = Math.max(LEAST_USUAL, ear.usual)
  const struckAt = Math.max(STRUCK, STRUCK_TIMES * usual)
  if (!ear.on) {
    ear.learnt = Math.min(USUAL_MINUTES, ear.learnt + 1)
    ear.usual += (knocks - ear.usual) / ear.learnt
  }
  const says = Math.min(MOST_A_MINUTE, knocks * Math.log(struckAt / usual) - (struckAt - usual))
  ear.score = Math.min(MOST_SCORE, Math.max(0, ear.score + says))
  if (ear.score === 0) {
    ear.minutes = 0
    ear.on = false
    return 0
  }
  const struck = Math.min(1, knocks / WHOLE_MINUTE)
  ear.minutes += struck
  if (ear.on) return struck
  ear.on = ear.score >= BEGINS_AT
  return ear.on ? ear.minutes : 0
}

function holdsBlows({ kurtosis, percussionHz, percussionDb, toneDb }: FieldsOf<'vibration'>): boolean {
  if ((kurtosis ?? 3) < LEAST_KURTOSIS || (toneDb ?? 0) >= MACHINE_TONE_DB) return false
  const rhythmDb = percussionDb ?? 0
  const hz = percussionHz ?? 0
  return rhythmDb < MACHINE_RHYTHM_DB && !(rhythmDb >= STEPS_RHYTHM_DB && hz >= STEPS_HZ[0] && hz <= STEPS_HZ[1])
}
