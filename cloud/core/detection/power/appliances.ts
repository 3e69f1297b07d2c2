/**
 * The consumers of one site, learnt from their steps: how large each is, its reactive share, on how many phases it
 * lies, its inrush, how long it runs, how often and at what hours. A consumer that has come on over days at like hours
 * is familiar; a large motor never becomes so, or a thief who keeps his hours would be at home.
 */
import { pushBounded, ramp } from '../evidence.ts'
import type { LevelStep } from './level-steps.ts'

/** Plain JSON. */
export interface Appliance {
  readonly id: number
  watts: number
  tan: number | null
  evenness: number | null
  inrush: number | null
  /** How often it came on, on how many days, and on which last (days since 1970). */
  ons: number
  days: number
  day: number
  lastMs: number
  /** `null`: it is off, as far as its steps were seen. */
  onSinceMs: number | null
  /** Mean minutes that it stays on; `null` before it was seen to go off. */
  meanMinutes: number | null
  /** How often it came on in each UTC hour; forgets over weeks. */
  hours: number[]
}

/** Plain JSON, one for each meter. */
export interface ApplianceLibrary {
  known: Appliance[]
  nextId: number
}

/** What happened to the library's consumers with one reading. */
export interface Switched {
  readonly appliance: Appliance
  readonly on: boolean
  /** 0 to 1: it is of every day, at this hour. */
  readonly familiarity: number
}

const MOST_APPLIANCES = 24
/** The same consumer draws so much more or less from day to day (logarithm), and its tangent strays so far. */
const SAME_WATTS = 0.16
const SAME_TAN = 0.22
const SAME_EVENNESS = 0.5
const FOLLOW = 0.2
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const HOURS_FORGET = 0.97
/** Motors larger than a household's are not learnt as harmless. */
const LARGE_FROM_W = 3_000
const LARGE_TO_W = 8_000
const MOTOR_TAN = 0.25
/** So long on is no use but a step that was missed. */
const LOST_MS = 3 * DAY_MS

export const createApplianceLibrary = (): ApplianceLibrary => ({ known: [], nextId: 1 })

/** Takes in a step. @returns `null` for a consumer that went off and was never seen to come on */
export function stepAppliances(library: ApplianceLibrary, step: LevelStep): Switched | null {
  for (const known of library.known) {
    if (known.onSinceMs !== null && step.atMs - known.onSinceMs > LOST_MS) known.onSinceMs = null
  }
  if (step.watts < 0) return switchOff(library, step)
  const known = best(library.known, step, (appliance) => appliance.onSinceMs === null) ?? best(library.known, step)
  const familiarity = known ? familiarityOf(known, step.atMs) : 0
  const appliance = known ?? learn(library, step)
  switchOn(appliance, step)
  return { appliance, on: true, familiarity }
}

/** 0 to 1: whether a consumer belongs to the site at this hour. */
export function familiarityOf(appliance: Appliance, atMs: number): number {
  const hour = Math.floor(atMs / HOUR_MS) % 24
  const near = [-2, -1, 0, 1, 2].reduce((sum, d) => sum + (appliance.hours[(hour + d + 24) % 24] ?? 0), 0)
  const atThisHour = ramp(near, 0.5, 2.5)
  const isMotor = appliance.tan === null || appliance.tan > MOTOR_TAN
  const harmless = isMotor ? 1 - ramp(appliance.watts, LARGE_FROM_W, LARGE_TO_W) : 1
  return 0.9 * ramp(appliance.days, 1, 5) * atThisHour * harmless
}

/** Familiarity of a load whose start was not seen: that of the known consumer of its size. */
export function familiarityOfLoad(library: ApplianceLibrary, load: Pick<LevelStep, 'watts' | 'tan'>, atMs: number) {
  const step: LevelStep = { ...load, atMs, evenness: null, inrush: null }
  const known = best(library.known, step)
  return known ? familiarityOf(known, atMs) : 0
}

function best(known: readonly Appliance[], step: LevelStep, admits = (_: Appliance) => true): Appliance | null {
  let found: Appliance | null = null
  let least = 1
  for (const appliance of known) {
    const distance = distanceOf(appliance, step)
    if (distance >= least || !admits(appliance)) continue
    least = distance
    found = appliance
  }
  return found
}

/** Below 1: the same. */
function distanceOf(appliance: Appliance, step: LevelStep): number {
  const watts = Math.abs(Math.log(Math.abs(step.watts) / appliance.watts)) / SAME_WATTS
  const tan = appliance.tan === null || step.tan === null ? 0 : Math.abs(appliance.tan - step.tan) / SAME_TAN
  const even =
    appliance.evenness === null || step.evenness === null
      ? 0
      : Math.abs(appliance.evenness - step.evenness) / SAME_EVENNESS
  return Math.hypot(watts, tan, even)
}

function learn(library: ApplianceLibrary, step: LevelStep): Appliance {
  const appliance: Appliance = {
    id: library.nextId++,
    watts: step.watts,
    tan: step.tan,
    evenness: step.evenness,
    inrush: step.inrush,
    ons: 0,
    days: 0,
    day: 0,
    lastMs: step.atMs,
    onSinceMs: null,
    meanMinutes: null,
    hours: new Array<number>(24).fill(0),
  }
  if (library.known.length >= MOST_APPLIANCES) forgetRarest(library, step.atMs)
  pushBounded(library.known, appliance, MOST_APPLIANCES)
  return appliance
}

/** What was used least for its age goes. */
function forgetRarest(library: ApplianceLibrary, nowMs: number): void {
  const worth = ({ ons, days, lastMs }: Appliance) => (ons + 3 * days) / (1 + (nowMs - lastMs) / (7 * DAY_MS))
  const rarest = library.known.reduce((a, b) => (worth(b) < worth(a) ? b : a))
  library.known = library.known.filter((appliance) => appliance !== rarest)
}

const followed = (old: number | null, now: number | null) =>
  old === null || now === null ? (now ?? old) : old + (now - old) * FOLLOW

function switchOn(appliance: Appliance, step: LevelStep): void {
  const day = Math.floor(step.atMs / DAY_MS)
  if (appliance.day !== day) appliance.days++
  appliance.day = day
  appliance.watts += (step.watts - appliance.watts) * FOLLOW
  appliance.tan = followed(appliance.tan, step.tan)
  appliance.evenness = followed(appliance.evenness, step.evenness)
  appliance.inrush = followed(appliance.inrush, step.inrush)
  appliance.ons++
  appliance.lastMs = step.atMs
  appliance.onSinceMs = step.atMs
  const hour = Math.floor(step.atMs / HOUR_MS) % 24
  appliance.hours = appliance.hours.map((count, h) => count * HOURS_FORGET + (h === hour ? 1 : 0))
}

function switchOff(library: ApplianceLibrary, step: LevelStep): Switched | null {
  const appliance = best(library.known, step, (known) => known.onSinceMs !== null)
  if (!appliance || appliance.onSinceMs === null) return null
  const minutes = (step.atMs - appliance.onSinceMs) / 60_000
  appliance.meanMinutes = appliance.meanMinutes === null ? minutes : followed(appliance.meanMinutes, minutes)
  appliance.onSinceMs = null
  return { appliance, on: false, familiarity: familiarityOf(appliance, step.atMs) }
}
