import {
  BOUND_DB,
  ceilingDb,
  createHourBackground,
  type HourBackground,
  learnHours,
  raisedOf,
  usualDb,
} from '@minewarden/cloud/core/detection/learning/hour-background.ts'
import { describe, expect, test } from 'vitest'

const START = Date.parse('2026-05-01T00:00:00Z')
const HOUR = 3_600_000
const DAY = 24 * HOUR
const STEP = 10_000
/** A village: 6 dB louder from 06 to 18 UTC. */
const rhythm = (atMs: number): number =>
  Math.floor(atMs / HOUR) % 24 >= 6 && Math.floor(atMs / HOUR) % 24 < 18 ? 6 : 0
/** Repeatable noise of -1 to 1. */
const noise = (n: number): number => 2 * ((((n * 2_654_435_761) >>> 0) % 1000) / 1000) - 1

/** Days of windows of two bands, the first of them louder by `extraDb`. */
function live(state: HourBackground, fromMs: number, days: number, extraDb: (atMs: number) => number): number {
  const to = fromMs + days * DAY
  for (let at = fromMs; at < to; at += STEP) {
    const db = -140 + rhythm(at) + noise(at / STEP)
    learnHours(state, at, [db + extraDb(at), db - 10])
  }
  return to
}
const dayOf = (atMs: number): number => (atMs - START) / DAY
/** The first day on which the level stood at its bound. */
function raisedOn(extraDb: (atMs: number) => number, days: number): number | null {
  const state = createHourBackground(2)
  for (let day = 0; day < days; day++) {
    live(state, START + day * DAY, 1, extraDb)
    if (state.raised.length > 0) return day + 1
  }
  return null
}

describe('the quiet level by hour of the day', () => {
  test('after a week knows the day from the night, to a decibel or two', () => {
    const state = createHourBackground(2)
    live(state, START, 7, () => 0)
    const noon = usualDb(state, START + 12 * HOUR, 0)!
    const midnight = usualDb(state, START, 0)!
    // The hour after a change of level has the one before in its beginning.
    expect(noon - midnight).toBeGreaterThan(5)
    expect(Math.abs(midnight + 140)).toBeLessThan(2)
    expect(usualDb(state, START, 1)! - midnight).toBeCloseTo(-10, 0)
    expect(raisedOf(state)).toBeNull()
    expect(ceilingDb(state, START, 0)).toBe(Number.POSITIVE_INFINITY)
  })

  test('an hour of work, or a day of rain, is not raised; a road of 4 dB for good is followed', () => {
    expect(raisedOn((at) => (Math.floor(at / HOUR) % 24 === 2 ? 20 : 0), 14)).toBeNull()
    expect(raisedOn((at) => (dayOf(at) >= 5 && dayOf(at) < 7 ? 15 : 0), 12)).toBeNull()
    const state = createHourBackground(2)
    live(state, START, 20, (at) => (dayOf(at) > 6 ? 4 : 0))
    expect(raisedOf(state)).toBeNull()
    expect(usualDb(state, START, 0)!).toBeGreaterThan(-138)
  })

  test('who raises it by half a decibel a day is followed to the bound, and no farther', () => {
    const ramp = (at: number) => 0.5 * Math.max(0, dayOf(at) - 4)
    const day = raisedOn(ramp, 30)
    // Twelve days make the bound; what is followed lags by some days.
    expect(day).toBeGreaterThan(15)
    expect(day).toBeLessThanOrEqual(24)
    const state = createHourBackground(2)
    live(state, START, 40, ramp)
    expect(raisedOf(state)).toMatchObject({ bands: [0], hours: 24 })
    expect(ceilingDb(state, START, 0)).toBeCloseTo(state.first[0]! + BOUND_DB)
    expect(usualDb(state, START, 0)!).toBeLessThanOrEqual(state.first[0]! + BOUND_DB)
  })

  test('raised in the nights alone is raised', () => {
    const night = (at: number) => (Math.floor(at / HOUR) % 24 < 6 && dayOf(at) > 4 ? 9 : 0)
    expect(raisedOn(night, 20)).not.toBeNull()
  })

  test('once it is quiet again it is let go', () => {
    const state = createHourBackground(2)
    const end = live(state, START, 16, (at) => (dayOf(at) > 4 ? 12 : 0))
    expect(raisedOf(state)).not.toBeNull()
    live(state, end, 10, () => 0)
    expect(raisedOf(state)).toBeNull()
  })

  test('goes on after a restart as if there had been none', () => {
    const whole = createHourBackground(2)
    live(whole, START, 6, () => 0)
    const first = createHourBackground(2)
    const end = live(first, START, 3, () => 0)
    const second = JSON.parse(JSON.stringify(first)) as HourBackground
    live(second, end, 3, () => 0)
    expect(second).toEqual(whole)
    expect(JSON.stringify(whole).length).toBeLessThan(4000)
  })
})
