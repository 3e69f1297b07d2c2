import { foldName } from '@minewarden/protocol/order.ts'
import { type Instant, instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'
import type { Recorder } from '../law/record.ts'

/**
 * What is known of people below ground. Only a fresh word of two named people on site says that nobody is; machinery
 * implies people, so anything that stirs voids it. Nothing here is ever believed for long, and nothing is inferred from
 * silence: no word is `unknown`.
 */
export type PeopleState = 'none-confirmed' | 'unknown' | 'present'

/** Somebody on site, and of which unit. */
export interface OnSite {
  readonly name: string
  readonly unit: string
}

export interface PeopleStatement {
  readonly kind: PeopleState
  /** When they looked. */
  readonly at: Instant
  readonly people: readonly OnSite[]
  readonly note: string
  readonly by: Recorder
}

/** What stirs at a site. */
export const DISTURBANCES = ['vibration', 'air', 'machinery', 'load', 'probe', 'blast'] as const
export interface Disturbance {
  readonly cause: (typeof DISTURBANCES)[number]
  readonly sensor: string
  /** Of measurement. */
  readonly at: Instant
}

/** People are told to come out: siren or loudspeaker, messages, and who stands by. */
export interface Evacuation {
  /** By our clock: what is claimed of an earlier time shortens no delay. */
  readonly begunAt: Instant
  readonly siren: boolean
  readonly loudspeaker: boolean
  /** Who was told, and how. */
  readonly messages: string
  readonly delayMs: Millis
  /** 矿山救护队 and 公安 on site. */
  readonly rescue: OnSite
  readonly police: OnSite
  /** What was found of connected workings near by: flooding, ventilation. */
  readonly neighbours: string
  readonly by: Recorder
}

/** Everybody is out, signed by two people on site and mine rescue. */
export interface AllOut {
  readonly at: Instant
  readonly people: readonly OnSite[]
  readonly rescue: OnSite
  readonly by: Recorder
}

/** The fumes of a blast are gone, by measurement. */
export interface FumesCertificate {
  readonly at: Instant
  readonly people: readonly OnSite[]
  readonly coPpm: number
  readonly no2Ppm: number
  readonly by: Recorder
}

/** The side of an order that is about people. Plain data. */
export interface PeopleRecord {
  readonly statement: PeopleStatement | null
  readonly evacuation: Evacuation | null
  readonly allOut: AllOut | null
  readonly fumes: FumesCertificate | null
  /** The newest that was taken note of. */
  readonly disturbed: Disturbance | null
  /** The newest blast that is known. */
  readonly blastAt: Instant | null
}

export const NOTHING_KNOWN: PeopleRecord = {
  statement: null,
  evacuation: null,
  allOut: null,
  fumes: null,
  disturbed: null,
  blastAt: null,
}

const MINUTE_MS = 60_000
/** A word of nobody below ground is good for so long. */
export const CONFIRMED_FOR_MS: Millis = 30 * MINUTE_MS
/** No site's delay is shorter. */
export const MIN_EVACUATION_MS: Millis = 30 * MINUTE_MS
export const DEFAULT_EVACUATION_MS: Millis = 120 * MINUTE_MS
/** A stamp may lie so far ahead of our clock. */
const MAX_AHEAD_MS: Millis = MINUTE_MS
/** So long after a blast at the least nobody goes to measure, and what is measured says nothing. */
export const FUMES_WAIT_MS: Millis = 15 * MINUTE_MS
/**
 * Highest concentrations below ground. Fixed here and not by a county: they are what a person breathes.
 * @see 煤矿安全规程（2022）第一百三十五条; GB 16423-2020 6.6.1: CO 0.0024 %, NO2 0.00025 %
 */
export const FUMES_LIMITS = { coPpm: 24, no2Ppm: 2.5 } as const
export const PEOPLE_NEEDED = 2

/** Why a record of people is refused, or carries nothing at this moment. */
export const PEOPLE_PROBLEMS = [
  'people-unknown',
  'people-present',
  'people-lapsed',
  'people-disturbed',
  'people-ahead',
  'people-too-few',
  'people-older',
  'evacuation-none',
  'evacuation-early',
  'evacuation-running',
  'evacuation-again',
  'evacuation-silent',
  'evacuation-untold',
  'evacuation-helpers',
  'evacuation-neighbours',
  'evacuation-short',
  'all-out-none',
  'all-out-before',
  'all-out-disturbed',
  'all-out-rescue',
  'fumes-none',
  'fumes-soon',
  'fumes-old',
  'fumes-over',
] as const
export interface PeopleProblem {
  readonly code: (typeof PEOPLE_PROBLEMS)[number]
  readonly values: Readonly<Record<string, string | number>>
}
export type Taken =
  | { readonly ok: true; readonly record: PeopleRecord }
  | { readonly ok: false; readonly problem: PeopleProblem }

const refuse = (code: PeopleProblem['code'], values: PeopleProblem['values'] = {}): Taken => ({
  ok: false,
  problem: { code, values },
})
const take = (record: PeopleRecord, change: Partial<PeopleRecord>): Taken => ({
  ok: true,
  record: { ...record, ...change },
})

const isNamed = ({ name, unit }: OnSite): boolean => foldName(name) !== '' && foldName(unit) !== ''
/** Different people, by their names; a nameless one is nobody. */
const countOf = (people: readonly OnSite[]): number =>
  new Set(people.filter(isNamed).map(({ name }) => foldName(name))).size

/** What stirred last, of what the record and the site's sensors know. */
export function lastDisturbance(record: PeopleRecord, sensed: Disturbance | null): Disturbance | null {
  if (!record.disturbed || !sensed) return record.disturbed ?? sensed
  return sensed.at > record.disturbed.at ? sensed : record.disturbed
}

/** Somebody's word of people below ground. One of nobody never overrides a later one, nor what stirred since. */
export function takeStatement(
  record: PeopleRecord,
  statement: PeopleStatement,
  sensed: Disturbance | null,
  now: Instant,
): Taken {
  if (!(statement.at <= now + MAX_AHEAD_MS)) return refuse('people-ahead')
  // People may be below ground: whoever says so is heard, whenever it was, and nobody is out any more.
  if (statement.kind !== 'none-confirmed') return take(record, { statement, allOut: null })
  if (countOf(statement.people) < PEOPLE_NEEDED) return refuse('people-too-few', { needed: PEOPLE_NEEDED })
  if (now - statement.at >= CONFIRMED_FOR_MS) return refuse('people-lapsed', { minutes: CONFIRMED_FOR_MS / MINUTE_MS })
  if (record.statement && statement.at < record.statement.at) return refuse('people-older')
  const disturbed = lastDisturbance(record, sensed)
  if (disturbed && disturbed.at >= statement.at) return refuse('people-disturbed', namesOf(disturbed))
  return take(record, { statement })
}

const namesOf = ({ cause, sensor, at }: Disturbance) => ({ cause, sensor, at: isoTime(instant(at)) })

/** Why it does not stand at this moment that nobody is below ground; `null` when it does. */
export function groundProblem(record: PeopleRecord, sensed: Disturbance | null, now: Instant): PeopleProblem | null {
  const { statement } = record
  if (!statement || statement.kind === 'unknown') return { code: 'people-unknown', values: {} }
  if (statement.kind === 'present') return { code: 'people-present', values: {} }
  // The record is believed in nothing.
  if (countOf(statement.people) < PEOPLE_NEEDED) return { code: 'people-too-few', values: { needed: PEOPLE_NEEDED } }
  if (!(statement.at <= now + MAX_AHEAD_MS)) return { code: 'people-ahead', values: {} }
  if (!(now - statement.at < CONFIRMED_FOR_MS))
    return { code: 'people-lapsed', values: { minutes: CONFIRMED_FOR_MS / MINUTE_MS } }
  const disturbed = lastDisturbance(record, sensed)
  if (disturbed && disturbed.at >= statement.at) return { code: 'people-disturbed', values: namesOf(disturbed) }
  return null
}

/** When the word that nobody is below ground runs out: nothing that rests on it may be let go for longer. */
export const confirmedUntil = ({ statement }: PeopleRecord): Instant => instant((statement?.at ?? 0) + CONFIRMED_FOR_MS)

/** Something stirred. `null`: nothing rests on it, so that an ever-shaking site writes no story without end. */
export function disturb(record: PeopleRecord, sensed: Disturbance, now: Instant): PeopleRecord | null {
  // A sensor's clock that runs ahead must not void what people say for hours.
  const at = instant(Math.min(sensed.at, now))
  const blast = sensed.cause === 'blast' && at > (record.blastAt ?? -Infinity)
  const voids = (since: Instant | undefined) =>
    since !== undefined && at >= since && !(record.disturbed && record.disturbed.at >= since)
  const confirmed = record.statement?.kind === 'none-confirmed' ? record.statement.at : undefined
  if (!blast && !voids(confirmed) && !voids(record.allOut?.at)) return null
  const newest = at >= (record.disturbed?.at ?? -Infinity) ? { ...sensed, at } : record.disturbed
  return { ...record, disturbed: newest, blastAt: blast ? at : record.blastAt }
}

/** Siren, messages and the delay begin. It begins once: what was begun is not begun anew to shorten it. */
export function beginEvacuation(record: PeopleRecord, evacuation: Evacuation, siteDelayMs: Millis): Taken {
  if (record.evacuation) return refuse('evacuation-again')
  if (!evacuation.siren && !evacuation.loudspeaker) return refuse('evacuation-silent')
  if (foldName(evacuation.messages) === '') return refuse('evacuation-untold')
  const { rescue, police } = evacuation
  if (!isNamed(rescue) || !isNamed(police) || foldName(rescue.name) === foldName(police.name))
    return refuse('evacuation-helpers')
  if (foldName(evacuation.neighbours) === '') return refuse('evacuation-neighbours')
  const least = Math.max(siteDelayMs, MIN_EVACUATION_MS)
  if (!(evacuation.delayMs >= least)) return refuse('evacuation-short', { minutes: least / MINUTE_MS })
  return take(record, { evacuation })
}

/** Why the evacuation is not over; `null` when its delay has passed. */
export function evacuationProblem({ evacuation }: PeopleRecord, now: Instant): PeopleProblem | null {
  if (!evacuation) return { code: 'evacuation-none', values: {} }
  const until = evacuation.begunAt + Math.max(evacuation.delayMs, MIN_EVACUATION_MS)
  if (now >= until) return null
  return { code: 'evacuation-running', values: { until: isoTime(instant(until)) } }
}

export function takeAllOut(record: PeopleRecord, allOut: AllOut, sensed: Disturbance | null, now: Instant): Taken {
  if (!(allOut.at <= now + MAX_AHEAD_MS)) return refuse('people-ahead')
  const problem = allOutProblem({ ...record, allOut }, sensed)
  return problem ? { ok: false, problem } : take(record, { allOut })
}

/** Why it does not stand that everybody is out; `null` when it does. */
export function allOutProblem(record: PeopleRecord, sensed: Disturbance | null): PeopleProblem | null {
  const { allOut, evacuation } = record
  if (!allOut) return { code: 'all-out-none', values: {} }
  if (!evacuation || allOut.at < evacuation.begunAt) return { code: 'all-out-before', values: {} }
  if (countOf(allOut.people) < PEOPLE_NEEDED) return { code: 'people-too-few', values: { needed: PEOPLE_NEEDED } }
  const rescue = foldName(allOut.rescue.name)
  if (!isNamed(allOut.rescue) || allOut.people.some(({ name }) => foldName(name) === rescue))
    return { code: 'all-out-rescue', values: {} }
  const disturbed = lastDisturbance(record, sensed)
  if (disturbed && disturbed.at >= allOut.at) return { code: 'all-out-disturbed', values: namesOf(disturbed) }
  return null
}

const newestOf = (a: Instant | null, b: Instant | null): Instant | null =>
  a === null || b === null ? (a ?? b) : instant(Math.max(a, b))

export function takeFumes(record: PeopleRecord, fumes: FumesCertificate, blastAt: Instant | null, now: Instant): Taken {
  if (!(fumes.at <= now + MAX_AHEAD_MS)) return refuse('people-ahead')
  if (countOf(fumes.people) < PEOPLE_NEEDED) return refuse('people-too-few', { needed: PEOPLE_NEEDED })
  const problem = fumesProblem({ ...record, fumes }, blastAt)
  return problem ? { ok: false, problem } : take(record, { fumes })
}

/** Why air may still be needed below ground after a blast; `null` when there was none, or its fumes are gone. */
export function fumesProblem(record: PeopleRecord, blastAt: Instant | null): PeopleProblem | null {
  const blast = newestOf(record.blastAt, blastAt)
  if (blast === null) return null
  const { fumes } = record
  const at = isoTime(instant(blast))
  if (!fumes) return { code: 'fumes-none', values: { at } }
  if (fumes.at <= blast) return { code: 'fumes-old', values: { at } }
  if (fumes.at < blast + FUMES_WAIT_MS) return { code: 'fumes-soon', values: { minutes: FUMES_WAIT_MS / MINUTE_MS } }
  const { coPpm, no2Ppm } = fumes
  const clear = coPpm >= 0 && coPpm <= FUMES_LIMITS.coPpm && no2Ppm >= 0 && no2Ppm <= FUMES_LIMITS.no2Ppm
  return clear && countOf(fumes.people) >= PEOPLE_NEEDED ? null : { code: 'fumes-over', values: FUMES_LIMITS }
}
