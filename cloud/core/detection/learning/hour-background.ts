/**
 * The usual quiet level of the ground at one geophone, by hour of the (UTC) day and band: learnt in the first days, then
 * following slow drift (seasons, a road, a river) by at most {@link STEP_DB} a day and never by more than
 * {@link BOUND_DB} above what was learnt first. Who raises the level a little each day, to drown the work that follows,
 * is followed so far and no farther: then the background is held there, so that what is louder stands out again, and the
 * site is told.
 * What it cannot see: what has been there since the first days, and what raises less than the bound.
 */

/** Plain JSON, 2 kB: one for each geophone. */
export interface HourBackground {
  /** Of the first window. */
  sinceMs: number
  lastMs: number
  /** Quiet level of each band at present, dB; `null` before the first window. */
  level: (number | null)[]
  /** The hour that goes on (since 1970), its windows, and the lowest level of each band in it. */
  hour: number
  windows: number
  lowest: number[]
  /** Days of which each hour was learnt. */
  days: number[]
  /** By hour of the day and band: as it was learnt first, and as it is usual of late, dB. */
  first: number[]
  usual: number[]
  /** Bands whose level stands at the bound, and since when there is any (0: none). */
  raised: number[]
  raisedMs: number
}

const HOURS = 24
const HOUR_MS = 3_600_000
/** The first days; they are averaged, and say what the bound is counted from. */
const FIRST_DAYS = 3
/** Of the way from what was usual to what an hour was, so much is gone each day. */
const FOLLOW = 0.2
const STEP_DB = 1
/** Wet seasons and foliage change a quiet level by some decibels; twice the amplitude is beyond them. */
export const BOUND_DB = 6
/** It is left a little below, so that a level at the bound is told once. */
const LEFT_DB = 2
/** A level is raised when so many hours of the day are: one hour is a timetable. */
const RAISED_HOURS = 3
/** An hour of which less than half was watched teaches nothing. */
const LEAST_WINDOWS = 360
/** As the background of the windows follows: slow upwards, quick to a quieter moment. */
const RISE_DB = 0.03
const FALL_SHARE = 0.06
/** The first minute teaches quickly. */
const EAGER_WINDOWS = 60

export const createHourBackground = (bands: number): HourBackground => ({
  sinceMs: 0,
  lastMs: 0,
  level: new Array<number | null>(bands).fill(null),
  hour: 0,
  windows: 0,
  lowest: [],
  days: new Array<number>(HOURS).fill(0),
  first: new Array<number>(HOURS * bands).fill(0),
  usual: new Array<number>(HOURS * bands).fill(0),
  raised: [],
  raisedMs: 0,
})

const hourOf = (atMs: number): number => Math.floor(atMs / HOUR_MS)

/** Takes one window in. @param levelsDb by band; `null` or NaN: not measured */
export function learnHours(state: HourBackground, atMs: number, levelsDb: ArrayLike<number | null>): void {
  if (state.sinceMs === 0) state.sinceMs = atMs
  const hour = hourOf(atMs)
  if (hour !== state.hour) closeHour(state, hour)
  state.lastMs = atMs
  state.windows++
  const eager = atMs - state.sinceMs < EAGER_WINDOWS * 5000 && state.days.every((days) => days === 0)
  const riseDb = RISE_DB * (eager ? 10 : 1)
  for (let band = 0; band < state.level.length; band++) {
    const db = levelsDb[band] ?? null
    if (db === null || Number.isNaN(db)) continue
    const before = state.level[band] ?? db
    const above = db - before
    const level = above > 0 ? before + Math.min(above, riseDb) : before + FALL_SHARE * above
    state.level[band] = level
    state.lowest[band] = Math.min(state.lowest[band] ?? level, level)
  }
}

function closeHour(state: HourBackground, hour: number): void {
  if (state.windows >= LEAST_WINDOWS) {
    learnHour(state, ((state.hour % HOURS) + HOURS) % HOURS)
    judgeRaised(state)
  }
  state.hour = hour
  state.windows = 0
  state.lowest = []
}

function learnHour(state: HourBackground, hour: number): void {
  const bands = state.level.length
  const days = state.days[hour]! + 1
  state.days[hour] = days
  for (let band = 0; band < bands; band++) {
    const db = state.lowest[band]
    if (db === undefined) continue
    const at = hour * bands + band
    if (days <= FIRST_DAYS) {
      const first = state.first[at]! + (db - state.first[at]!) / days
      state.first[at] = round(first)
      state.usual[at] = round(first)
    } else {
      const step = FOLLOW * (db - state.usual[at]!)
      const next = state.usual[at]! + Math.min(Math.max(step, -STEP_DB), STEP_DB)
      state.usual[at] = round(Math.min(next, state.first[at]! + BOUND_DB))
    }
  }
}

function judgeRaised(state: HourBackground): void {
  const bands = state.level.length
  const raised: number[] = []
  for (let band = 0; band < bands; band++) {
    const from = state.raised.includes(band) ? BOUND_DB - LEFT_DB : BOUND_DB - 0.05
    if (hoursAbove(state, band, from) >= RAISED_HOURS) raised.push(band)
  }
  state.raised = raised
  if (raised.length === 0) state.raisedMs = 0
  else if (state.raisedMs === 0) state.raisedMs = state.lastMs
}

function hoursAbove({ days, first, usual, level }: HourBackground, band: number, db: number): number {
  const bands = level.length
  return days.filter((n, hour) => n > FIRST_DAYS && usual[hour * bands + band]! - first[hour * bands + band]! >= db)
    .length
}

/** Two decimals: what is kept for months needs no more. */
const round = (db: number): number => Math.round(100 * db) / 100

/** How high the background of a band may be held at a moment; infinite while it is not raised. */
export function ceilingDb(state: HourBackground, atMs: number, band: number): number {
  if (state.raised.length === 0 || !state.raised.includes(band)) return Number.POSITIVE_INFINITY
  const hour = ((hourOf(atMs) % HOURS) + HOURS) % HOURS
  if (state.days[hour]! < FIRST_DAYS) return Number.POSITIVE_INFINITY
  return state.first[hour * state.level.length + band]! + BOUND_DB
}

/** What a band's quiet level usually is at a moment; `null`: this hour was not learnt yet. */
export function usualDb(state: HourBackground, atMs: number, band: number): number | null {
  const hour = ((hourOf(atMs) % HOURS) + HOURS) % HOURS
  return state.days[hour]! === 0 ? null : state.usual[hour * state.level.length + band]!
}

/** The raised bands of a geophone, how far the strongest is above what was learnt first, and in how many hours. */
export function raisedOf(state: HourBackground): { bands: readonly number[]; db: number; hours: number } | null {
  if (state.raised.length === 0) return null
  const bands = state.level.length
  let db = 0
  for (const band of state.raised)
    for (let hour = 0; hour < HOURS; hour++)
      if (state.days[hour]! > FIRST_DAYS)
        db = Math.max(db, state.usual[hour * bands + band]! - state.first[hour * bands + band]!)
  const hours = Math.max(...state.raised.map((band) => hoursAbove(state, band, BOUND_DB - LEFT_DB)))
  return { bands: state.raised, db, hours }
}
