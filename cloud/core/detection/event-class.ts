/**
 * What a transient was, from its features. Scores are log-likelihoods argued from physics, not fitted; a soft maximum
 * makes probabilities of them, which five fitted numbers make honest (`class-calibration.ts`).
 *
 * - A blast near by comes up at once, is broad in frequency, and is either one burst of a second or two (millisecond
 *   delays) or a round of a few sharp shots of like strength at uneven delays (half-second delays); then it is over.
 * - An earthquake, or a quarry many kilometres off, is low in frequency, with a coda of many seconds.
 * - A vehicle swells and fades over seconds. Steps are even, short and high. Blows of a pick are short and high, too,
 *   but uneven, and go on for a minute and more.
 * - Thunder shakes the ground through the air: the microphone has it long and strong; without one, it rolls on for
 *   dozens of periods and keeps its high frequencies, which the ring of rock near by does not.
 * - Hooves and stones are sharp, high and short as shots are, but come at any intervals whatever.
 *
 * It cannot tell a quarry just beyond the fence from a mine: that is for the site's other evidence.
 */
import type { EventClass } from '@minewarden/protocol/finding.ts'
import { calibrated } from './class-calibration.ts'
import {
  burstLike,
  type Described,
  described,
  type EventFields,
  early,
  farCoda,
  firstDb,
  pulseLike,
  rollsOn,
  roundLike,
  stepLike,
  strewn,
  swell,
} from './event-shape.ts'
import { ramp } from './evidence.ts'

/** What happened around an event, known some seconds after it. */
export interface EventContext {
  /** Other transients of comparable strength within half a minute on either side. */
  readonly neighbours: number
  /** The same over the ten minutes before. */
  readonly recent: number
  /** Others of a second and more, not much weaker, spread over so many stretches of the half hour before: a storm. */
  readonly storm?: number
  /** Of those of ten minutes, and of them alone, the ones that it resembles in strength and in its share of low frequencies. */
  readonly alike: number
  /** How much stronger the strongest of the two minutes before was: its coda and aftershocks are still running. */
  readonly afterDb: number
  /** How much stronger what came within half a minute after it was: then it was the forerunner of that. */
  readonly followedDb: number
  /**
   * A weaker train of waves ran into a stronger one without a pause (P into S): how long the first took; `null` for
   * none. Both of them know it.
   */
  readonly trainS: number | null
  /** A machine runs, or someone digs, at this time. */
  readonly bout: 'machinery' | 'digging' | null
  /** That bout began with the event, and may be nothing but its coda; absent or false: it ran before. */
  readonly boutBegan?: boolean
  /** What the microphone heard with it. */
  readonly air: AirWave | null
}

/**
 * A transient in the air: when it began after the ground's, how long most of its energy took, how fast its strongest
 * push fell to a tenth, and how strong it was from the start (the largest of its first 0.3 s over the largest of all).
 */
export interface AirWave {
  readonly delayS: number
  readonly spanS: number
  readonly decayS: number
  readonly firstRatio: number
  readonly peakPa: number
  /** For people alone; no score looks at them. Absent in a checkpoint of before there were any. */
  readonly peakDbL?: number | null
  readonly peakUncertainty?: number | null
}

export type ClassScores = { readonly [K in EventClass]: number }

/** Probability of each class: what the rules say, as far as it has proved true. */
export const classify = (fields: EventFields, context: EventContext): ClassScores =>
  calibrated(classifyByRules(fields, context))

/** The rules alone, for those who measure what they are worth. */
export function classifyByRules(fields: EventFields, context: EventContext): ClassScores {
  const f = described(fields)
  const scores: Record<EventClass, number> = {
    blast: blastScore(f, context),
    earthquake: earthquakeScore(f, context),
    vehicle: vehicleScore(f, context),
    footstep: footstepScore(f),
    digging: diggingScore(f, context),
    // No machine shakes the lowest bands most.
    machinery:
      context.bout === 'machinery'
        ? (context.boutBegan ? 1 : 2.5) - 3 * ramp(f.lowShare, 0.45, 0.75) - 4 * overMachines(f)
        : -3,
    other: 0.5 + (context.air ? 4 * thunderLike(context.air) : 0),
  }
  return softMaximum(scores)
}

function blastScore(f: Described, context: EventContext): number {
  const shape = Math.max(burstLike(f), roundLike(f), pulseLike(f))
  const crowd = Math.min(6, 1.5 * context.neighbours) + Math.min(3.5, 0.4 * context.recent)
  return (
    -7.5 +
    6 * shape +
    3 * ramp(f.firstRatio, 0.45, 0.7) -
    // The first shot of a round may be its weakest, yet it stands out at once.
    4 * (1 - Math.max(ramp(f.firstRatio, 0.35, 0.55), roundLike(f) * ramp(firstDb(f), 22, 30))) +
    1.5 * ramp(f.highShare, 0.1, 0.25) -
    2 * (1 - ramp(f.highShare, 0.03, 0.12)) -
    2.5 * ramp(f.lowShare, 0.55, 0.8) -
    2 * ramp(f.attackS, 0.6, 1.1) +
    3.5 * ramp(f.snrDb, 15, 26) -
    3 * (1 - ramp(f.snrDb, 13, 18)) -
    // A shot shakes everything from 9 Hz up; what is only high is a spark, a stone or a tool near the sensor.
    2.5 * ramp(f.snrDb - f.midDb, 9, 16) * (1 - ramp(f.midDb, 20, 30)) -
    2.5 * (1 - ramp(f.kurtosis, 3, 4.5)) -
    1.5 * Math.max(0, 3 - f.bandsOver) -
    6 * ramp(context.afterDb, 3, 10) -
    6 * ramp(context.followedDb, 4, 10) -
    // A spike of the sensor or a knock on its case, not of the ground.
    6 * (1 - Math.max(ramp(f.cycles, 0.6, 1.2), pulseLike(f))) -
    // Rock that breaks moves: without anything below 9 Hz it was no shot.
    (3.5 + 2 * ramp(f.snrDb, 20, 26)) * (1 - lowMotion(f, context)) -
    4 * stepLike(f) -
    STREWN * strewn(f) -
    ROLLS_ON * rollsOn(f) -
    // Whatever keeps so much of its high frequencies was near, and a shot that near is not weak: it was a foot or a tool.
    WEAK_AND_HIGH * ramp(f.highShare, 0.65, 0.8) * (1 - ramp(f.snrDb, 17, 22)) -
    crowd -
    STORM * ramp(context.storm ?? 0, 3, 6) -
    (context.air ? 4 * thunderLike(context.air) - 2 * airWaveLike(context.air) : 0) -
    (context.bout === 'machinery' ? 1 - overMachines(f) : 0) -
    (context.bout === 'digging' ? 3 : 0) -
    FAR_CODA_AGAINST_BLAST * farCoda(f) -
    FAR_WAVES_AGAINST_BLAST * farWaves(f, context) * (1 - roundLike(f))
  )
}

const STREWN = 4
const ROLLS_ON = 4
const WEAK_AND_HIGH = 2.5
/** Rounds come hours apart; so do a neighbour's. What comes in four stretches of half an hour and more is the sky's or the earth's. */
const STORM = 5

const FAR_CODA_AGAINST_BLAST = 3
const FAR_CODA_FOR_EARTHQUAKE = 4

/** 1 for what stands so far above a machine that runs (the background holds it) that it is none of its doing. */
const overMachines = ({ snrDb }: Described): number => ramp(snrDb, 35, 45)

/** 1 if the ground moved below 9 Hz, or a machine may hide that it did, or the air tells that something burst. */
const lowMotion = (f: Described, { bout, air }: EventContext): number =>
  Math.max(
    ramp(f.lowShare, 0.002, 0.02),
    ramp(f.lowDb, 10, 20),
    bout === 'machinery' ? HIDDEN_BY_MACHINES : 0,
    air ? airWaveLike(air) : 0,
  )
const HIDDEN_BY_MACHINES = 0.7

function earthquakeScore(f: Described, context: EventContext): number {
  const far = farWaves(f, context)
  return (
    -1.5 +
    3 * ramp(f.lowShare, 0.45, 0.75) +
    1.5 * ramp(f.durationS, 6, 11) -
    // Over a few kilometres of rock a quarry's waves keep their high frequencies.
    2 * ramp(f.highShare, 0.15, 0.35) * (1 - far) +
    1.5 * ramp(f.spanS, 3, 6) * (1 - roundLike(f)) -
    3 * (1 - ramp(f.snrDb, 12, 15)) -
    2 * (1 - ramp(f.durationS, 3, 6)) +
    FAR_WAVES * far +
    FAR_CODA_FOR_EARTHQUAKE * farCoda(f) * (1 - stepLike(f)) * (1 - swell(f)) -
    // Waves that distance has drawn out die slowly: energy that comes last of all is something else.
    2.5 * ramp(f.halfS / Math.max(f.spanS, 0.1), 0.75, 0.95) -
    OWN_NOISE * ownNoise(f, context) +
    TWO_TRAINS * ramp(context.trainS ?? 0, 1.5, 3) * (1 - stepLike(f)) * (1 - burstLike(f))
  )
}

const FAR_WAVES = 4
const FAR_WAVES_AGAINST_BLAST = 2
const OWN_NOISE = 4
const TWO_TRAINS = 3
/**
 * 1 for what comes back: ten minutes that brought its like, or that brought so much of its strength, are this place's
 * noise. Earthquakes and rounds of a quarry are minutes to days apart, and the weaker one is the less it stands out.
 */
const ownNoise = ({ snrDb }: Described, { alike, recent }: EventContext): number =>
  Math.max(ramp(alike, 0.5, 2.5), ramp(recent, 8, 12), ramp(recent, 3, 7) * (1 - ramp(snrDb, 15, 19)))

/**
 * 1 for the train of waves that distance makes of one source: it comes up faster than it dies, goes on for seconds
 * without a rhythm, and stands alone. A vehicle fades as it swelled; who walks or digs goes on.
 */
const farWaves = (f: Described, { bout, boutBegan, neighbours, alike }: EventContext): number =>
  ramp(f.spanS, 2.5, 4) *
  (1 - ramp(f.spanS, 9, 14)) *
  early(f) *
  ramp(f.durationS, 6, 9) *
  ramp(f.snrDb, 14, 19) *
  (1 - ramp(f.highShare, 0.65, 0.8)) *
  (1 - stepLike(f)) *
  (bout && !boutBegan ? 0 : 1) *
  (1 - ramp(neighbours, 0.5, 2.5)) *
  (1 - ramp(alike, 2, 5))

const vehicleScore = (f: Described, context: EventContext): number =>
  -2 +
  2.5 * (1 - ramp(f.firstRatio, 0.3, 0.6)) +
  1.5 * ramp(f.riseS, 1, 2.5) +
  ramp(f.durationS, 3, 6) -
  2 * ramp(f.durationS, 24, 35) -
  2 * ramp(f.lowShare, 0.5, 0.8) -
  4 * stepLike(f) -
  1.5 * ramp(f.highShare, 0.65, 0.8) +
  ramp(f.attackS, 0.1, 0.5) -
  2 * (1 - ramp(f.snrDb, 15, 19)) -
  (context.bout ? 1 : 0)

const footstepScore = (f: Described): number =>
  -3 + 7 * stepLike(f) + ramp(f.highShare, 0.4, 0.7) - ramp(f.decayS, 0.3, 0.6)

const diggingScore = (f: Described, context: EventContext): number =>
  -2.5 +
  1.5 * ramp(f.impulses, 3, 6) +
  1.5 * ramp(f.highShare, 0.5, 0.75) +
  1 * (1 - ramp(f.decayS, 0.2, 0.5)) -
  4 * stepLike(f) +
  Math.min(2, context.neighbours) * ramp(f.highShare, 0.4, 0.7) +
  (context.bout === 'digging' ? 3 : 0)

/**
 * 1 for thunder: seconds of sound that roll on after its strongest clap, or swell to it. Shots of a round, each a short
 * push that comes up at once, are none, however long the round lasts.
 */
const thunderLike = ({ spanS, decayS, firstRatio }: AirWave): number =>
  ramp(spanS, 1.5, 2) * Math.max(ramp(decayS, 0.7, 1.2), 1 - ramp(firstRatio, 0.4, 0.6))

/** Sound takes so much longer than the ground over 35 m to 850 m. */
const NEAREST_LAG_S = 0.1
const FARTHEST_LAG_S = 2.5

/** 1 for the push in the air of a shot near by: sharp, over soon, and behind the ground by the time sound needs. */
const airWaveLike = (air: AirWave): number =>
  (1 - thunderLike(air)) *
  ramp(air.firstRatio, 0.5, 0.75) *
  ramp(air.delayS, NEAREST_LAG_S / 2, NEAREST_LAG_S) *
  (1 - ramp(air.delayS, FARTHEST_LAG_S, FARTHEST_LAG_S + 1))

/** Whether the microphone heard thunder. */
export const isThunder = (air: AirWave | null): air is AirWave => air !== null && thunderLike(air) >= 0.5

/** Whether the microphone heard a shot near by. */
export const isAirWave = (air: AirWave | null): air is AirWave => air !== null && airWaveLike(air) >= 0.5

function softMaximum(scores: Record<EventClass, number>): ClassScores {
  const classes = Object.keys(scores) as EventClass[]
  const top = Math.max(...classes.map((c) => scores[c]))
  const sum = classes.reduce((total, c) => total + Math.exp(scores[c] - top), 0)
  return Object.fromEntries(classes.map((c) => [c, Math.exp(scores[c] - top) / sum])) as unknown as ClassScores
}

/** The most probable class. */
export function likeliest(scores: ClassScores): EventClass {
  const classes = Object.keys(scores) as EventClass[]
  return classes.reduce((best, c) => (scores[c] > scores[best] ? c : best))
}
