/** One bout of machines or of digging, and what its windows say of it. */
import { middle, ramp } from './evidence.ts'
import {
  createMotorProfile,
  type ExpectedMotor,
  type MotorProfile,
  motorLikeness,
  NO_MOTOR,
} from './machine/expected-motor.ts'

/** A window of five seconds, judged against the background. Plain JSON. */
export interface ActiveWindow {
  readonly fromMs: number
  readonly active: boolean
  readonly excessDb: number
  /** Excess of each band; `null` beyond the sample rate. */
  readonly bandsDb: readonly (number | null)[]
  readonly kurtosis: number
  readonly peakMPerS: number
  readonly toneHz: number | null
  readonly toneDb: number
  readonly rhythmHz: number | null
  readonly rhythmDb: number
  /** 0 to 1: its line or its rhythm is one of the windows before. */
  readonly coherent: number
  /** Its rhythm is that of someone who walks. */
  readonly walked: boolean
}

export interface Bout {
  readonly kind: 'machinery' | 'digging'
  readonly onsetMs: number
  /** Reported already, or still to be. */
  reported: boolean
  endMs: number
  /** Active seconds that have not been credited as work yet. */
  owedS: number
  excessDb: number
  peakMPerS: number
  kurtosis: number
  toneHz: number | null
  toneDb: number
  /** Excess in each band over the background, lowest band first; `null` beyond the sample rate. */
  bandsDb: (number | null)[]
  /**
   * 0 to 1: how much it is like something that turns or strikes: a line or a rhythm that keeps its frequency. Wind,
   * traffic and storms have little of it.
   */
  regularity: number
  /** 0 to 1: how loud it is in bands above 30 Hz, which the ground swallows within some hundred metres. */
  near: number
  /** 0 to 1: share of its last windows that carried a line or a rhythm of those before. */
  lined: number
  /** Seconds of it so far, pauses left out. */
  activeS: number
  /** Its last tones, where they keep together: a motor's keep still, an engine's wander. */
  tones: number[]
  /** 0 to 1: nothing but an expected motor is heard, as a drainage pump is ({@link motorLikeness}). */
  steadyMotor: number
}

/** Blows have a kurtosis far above that of noise (3), of drills and of crushers. */
export const DIGGING_KURTOSIS = 10
/** So far stands out the rhythm of a jaw, which strikes as hard as a pick, but evenly. */
export const RHYTHM_DB = 12
/** Blows of a hand are neither a line nor a rhythm. */
const DIGGING_COHERENCE = 0.4
/** A share of its windows that noise reaches by chance, and one that it does not. */
const CHANCE = 0.1
const CERTAIN = 0.45
/** From here on a bout is believed to be a machine. */
export const REGULAR = 0.35
const HIGH_BAND = 4
const FOLLOW = 1 / 8
/** Stillness alone makes a machine likely, not sure. */
const STILL_WINDOWS = 8
const STILL_MOST = 0.6
/** Two minutes of tones. */
const MOST_TONES = 24
/** What slides further is another line. */
const SAME_TONE_SHARE = 0.06
/** A line and its double are one motor's. */
const OCTAVE_SHARE = 0.015

/** What a bout is held against: the site's expected motor, and how that is heard. */
export interface Expectation {
  readonly motor: ExpectedMotor
  readonly profile: MotorProfile
}

const NOTHING: Expectation = { motor: NO_MOTOR, profile: createMotorProfile() }

export function openBout(active: readonly ActiveWindow[], nowMs: number, expected: Expectation = NOTHING): Bout {
  const { kind, kurtosis, coherent } = shapeOf(active)
  const loudest = active.reduce((a, b) => (b.toneDb > a.toneDb ? b : a))
  const bandsDb = (active[0]?.bandsDb ?? []).map((_, b) => {
    const known = active.map((w) => w.bandsDb[b] ?? null).filter((db) => db !== null)
    return known.length > 0 ? middle(known) : null
  })
  const bout: Bout = {
    kind,
    onsetMs: active[0]!.fromMs,
    reported: false,
    endMs: nowMs,
    owedS: 5 * active.length,
    excessDb: middle(active.map((w) => w.excessDb)),
    peakMPerS: Math.max(...active.map((w) => w.peakMPerS)),
    kurtosis,
    toneHz: loudest.toneHz,
    toneDb: loudest.toneDb,
    bandsDb,
    regularity: ramp(coherent, CHANCE, CERTAIN),
    near: nearOf(bandsDb),
    lined: coherent,
    activeS: 5 * active.length,
    tones: [],
    steadyMotor: 0,
  }
  for (const window of active) hear(bout, window, expected)
  return bout
}

/** What windows are of, were they a bout. */
export function shapeOf(active: readonly ActiveWindow[]): Pick<Bout, 'kind' | 'kurtosis'> & { coherent: number } {
  const kurtosis = middle(active.map((w) => w.kurtosis))
  const coherent = shareOf(active)
  const isDigging =
    kurtosis > DIGGING_KURTOSIS && coherent < DIGGING_COHERENCE && middle(active.map((w) => w.rhythmDb)) < RHYTHM_DB
  return { kind: isDigging ? 'digging' : 'machinery', kurtosis, coherent }
}

/** Takes in one more active window. @param recent the windows up to it */
export function extendBout(
  bout: Bout,
  window: ActiveWindow,
  { recent, nowMs, expected = NOTHING }: { recent: readonly ActiveWindow[]; nowMs: number; expected?: Expectation },
) {
  bout.endMs = nowMs
  bout.owedS += 5
  bout.activeS += 5
  bout.excessDb += (window.excessDb - bout.excessDb) * FOLLOW
  bout.peakMPerS = Math.max(bout.peakMPerS, window.peakMPerS)
  bout.bandsDb = bout.bandsDb.map((db, b) => {
    const now = window.bandsDb[b] ?? null
    return db === null || now === null ? db : db + (now - db) * FOLLOW
  })
  bout.lined += (window.coherent - bout.lined) * FOLLOW
  bout.near = Math.max(bout.near, nearOf(bout.bandsDb))
  hear(bout, window, expected)
  const heard = recent.filter((w) => w.active)
  bout.regularity = Math.max(bout.regularity, ramp(shareOf(heard), CHANCE, CERTAIN), stillness(heard))
  if (window.toneDb > bout.toneDb) {
    bout.toneDb = window.toneDb
    bout.toneHz = window.toneHz
  }
}

function hear(bout: Bout, { toneHz, coherent }: ActiveWindow, { motor, profile }: Expectation): void {
  if (toneHz !== null && coherent >= 0.5) hearTone(bout, toneHz)
  bout.steadyMotor = motorLikeness(bout, motor, profile)
}

function hearTone(bout: Bout, toneHz: number): void {
  const mean = middle(bout.tones)
  // Now the line is the stronger, now its double.
  if (Math.abs(toneHz - 2 * mean) < OCTAVE_SHARE * toneHz) toneHz /= 2
  else if (Math.abs(2 * toneHz - mean) < OCTAVE_SHARE * mean) bout.tones = bout.tones.map((tone) => tone / 2)
  else if (bout.tones.length > 0 && Math.abs(toneHz - mean) > SAME_TONE_SHARE * mean) {
    // Two lines in turn, or one that has gone over to another: the newest count.
    bout.tones.shift()
    if (bout.tones.length > 0) return
  }
  bout.tones.push(toneHz)
  if (bout.tones.length > MOST_TONES) bout.tones.shift()
}

const STEADY = 0.6

/** Nothing but an expected motor. */
export const isMotor = (bout: Bout): boolean => bout.kind === 'machinery' && bout.steadyMotor >= STEADY

/** A machine turns or strikes, and is more than a pump; blows by hand need not be even. */
export const isBelieved = (bout: Bout): boolean =>
  bout.kind === 'digging' || (bout.regularity >= REGULAR && bout.steadyMotor < STEADY)

/** A level that keeps still for most of a minute, far above the background: no wind does, many machines do. */
function stillness(windows: readonly ActiveWindow[]): number {
  if (windows.length < STILL_WINDOWS) return 0
  const mean = windows.reduce((sum, w) => sum + w.excessDb, 0) / windows.length
  const variance = windows.reduce((sum, w) => sum + (w.excessDb - mean) ** 2, 0) / windows.length
  const blows = middle(windows.map((w) => w.kurtosis))
  return STILL_MOST * (1 - ramp(Math.sqrt(variance), 0.35, 0.65)) * ramp(mean, 4, 8) * (1 - ramp(blows, 5, 8))
}

const shareOf = (windows: readonly ActiveWindow[]): number =>
  windows.reduce((sum, w) => sum + w.coherent, 0) / Math.max(1, windows.length)

const nearOf = (bandsDb: readonly (number | null)[]): number =>
  ramp(Math.max(0, ...bandsDb.slice(HIGH_BAND).map((db) => db ?? 0)), 6, 20)

/** How sure a bout is one: its level over what it needed, and how regular it is. */
export const boutProbability = (bout: Bout): number =>
  0.55 + 0.15 * ramp(bout.excessDb, 5, 12) + 0.1 * ramp(bout.toneDb, 12, 20) + 0.15 * bout.regularity
