/**
 * The shaking of a motor that is expected to run, such as a drainage pump's: one line that keeps still at the speed of an
 * induction motor, in a spectrum that is the same each time. What the ground says of it then is nothing that the
 * register does not say. A second machine beside it shows as another band that stands higher than the motor's own ever
 * did; a meter that is quick enough and shows that nothing expected runs proves that it is another motor.
 *
 * What it cannot tell: another motor of the same speed that is no louder, where no quick meter watches.
 */
import { middle, ramp } from '../evidence.ts'

/** What is registered and metered at a moment. */
export interface ExpectedMotor {
  /** A motor is registered that may run at any time. */
  readonly registered: boolean
  /** Up to then a meter has shown for certain that none runs; `null`: none shows that, or one runs. */
  readonly idleUntilMs: number | null
  /** Since when a meter has shown more than what is registered; `null`: none does. */
  readonly strangeSinceMs: number | null
  /** A meter tells within minutes, and has not yet of what began after then; `null`: none that tells so soon. */
  readonly toldUntilMs: number | null
  /** The interval in which it came on, as the meter shows it; `null` while it is not known to run. */
  readonly beganMs: readonly [from: number, to: number] | null
}

export const NO_MOTOR: ExpectedMotor = {
  registered: false,
  idleUntilMs: null,
  strangeSinceMs: null,
  toldUntilMs: null,
  beganMs: null,
}

/** How it is heard, learnt bout by bout. Plain JSON. */
export interface MotorProfile {
  /** Level in each band over the background, dB. */
  bandsDb: (number | null)[]
  bouts: number
}

export const createMotorProfile = (): MotorProfile => ({ bandsDb: [], bouts: 0 })

const GRID_HZ = 50
/** An induction motor's slip between no load and full load. */
const LEAST_SLIP = 0.004
const MOST_SLIP = 0.04
/** A line strays by so much of its frequency over some minutes: a motor by less, an engine by more. */
const STILL_TO = 0.003
const STRAYS_FROM = 0.006
const LEAST_TONES = 4
/** Noise and rotors have 3, blows far more. */
const EVEN_KURTOSIS = 4
const BLOWS_KURTOSIS = 6
/** Unregistered, a pump beyond the fence: heard some decibels above a quiet night, and no more. */
const STRANGE_FROM_DB = 6
const STRANGE_TO_DB = 9
/** A band that stands so far above the motor's own is another's. */
const OTHER_FROM_DB = 5
const OTHER_TO_DB = 9
/** Levels follow quickly down and slowly up: who grows louder night by night is not followed far. */
const RISE_DB = 0.5
const FALL_SHARE = 0.05
const LEARNT_BOUTS = 3
/** Bands below this are the weather's. */
const FIRST_BAND = 2
/** A bout and a motor that begin so near to each other are one. */
const SIMULTANEOUS_MS = 20_000

/** What a bout has shown so far. */
export interface Heard {
  readonly onsetMs: number
  /** Its last tones, multiples of one line folded together. */
  readonly tones: readonly number[]
  readonly bandsDb: readonly (number | null)[]
  readonly kurtosis: number
}

/** 0 to 1: nothing but an expected motor is heard. */
export function motorLikeness(heard: Heard, motor: ExpectedMotor, profile: MotorProfile): number {
  const shape = Math.max(stillLine(heard), beganWith(heard, motor, profile))
  if (shape === 0) return 0
  const even = 1 - ramp(heard.kurtosis, EVEN_KURTOSIS, BLOWS_KURTOSIS)
  return shape * even * (1 - louderThanExpected(heard, motor, profile))
}

/** Learns from a bout that was the motor, once it is over. */
export function learnMotor(profile: MotorProfile, bandsDb: readonly (number | null)[]): void {
  profile.bouts++
  profile.bandsDb = bandsDb.map((db, band) => {
    const known = profile.bandsDb[band] ?? null
    if (db === null || known === null || profile.bouts <= LEARNT_BOUTS)
      return db === null ? known : Math.max(db, known ?? db)
    return db > known ? known + Math.min(RISE_DB, db - known) : known + (db - known) * FALL_SHARE
  })
}

function louderThanExpected({ onsetMs, bandsDb }: Heard, motor: ExpectedMotor, profile: MotorProfile): number {
  const denied = motor.idleUntilMs !== null && motor.idleUntilMs > onsetMs
  const another = motor.strangeSinceMs !== null && motor.strangeSinceMs - SIMULTANEOUS_MS < onsetMs
  if (!motor.registered || denied || another)
    return ramp(
      loudest(bandsDb, () => 0),
      STRANGE_FROM_DB,
      STRANGE_TO_DB,
    )
  if (profile.bouts === 0) return 0
  return ramp(
    loudest(bandsDb, (band) => Math.max(0, profile.bandsDb[band] ?? 0)),
    OTHER_FROM_DB,
    OTHER_TO_DB,
  )
}

const loudest = (bandsDb: readonly (number | null)[], above: (band: number) => number): number =>
  bandsDb.reduce<number>(
    (most, db, band) => (db === null || band < FIRST_BAND ? most : Math.max(most, db - above(band))),
    0,
  )

/** It came on when the meter showed that the motor did, or while it ran no louder; or the meter has yet to tell. */
function beganWith(
  { onsetMs }: Heard,
  { registered, beganMs, toldUntilMs }: ExpectedMotor,
  profile: MotorProfile,
): number {
  if (registered && toldUntilMs !== null && onsetMs > toldUntilMs) return 1
  if (beganMs === null || onsetMs < beganMs[0] - SIMULTANEOUS_MS) return 0
  return profile.bouts > 0 || onsetMs <= beganMs[1] + SIMULTANEOUS_MS ? 1 : 0
}

/** @see domain: pumps at 1480 and 2950 turns a minute, steady, on and off */
function stillLine({ tones }: Heard): number {
  if (tones.length < LEAST_TONES) return 0
  const hz = middle(tones)
  if (!turnsOnGrid(hz)) return 0
  const strays = middle(tones.map((tone) => Math.abs(tone - hz)))
  const half = tones.length >> 1
  const drift = Math.abs(middle(tones.slice(half)) - middle(tones.slice(0, half)))
  return 1 - ramp(Math.max(strays, drift), STILL_TO * hz, STRAYS_FROM * hz)
}

/** The speed of an induction motor of one or two pole pairs. */
const turnsOnGrid = (hz: number): boolean =>
  [1, 2].some((pairs) => {
    const slip = 1 - (hz * pairs) / GRID_HZ
    return slip >= LEAST_SLIP && slip <= MOST_SLIP
  })

/** A line as an induction motor of the grid has it: no engine's, no blows. */
export const isMotorLine = ({ hz, wanderHz, order }: { hz: number; wanderHz: number; order: number }): boolean =>
  (turnsOnGrid(hz) || turnsOnGrid(hz / 2)) && wanderHz < STRAYS_FROM * hz && order < 2
