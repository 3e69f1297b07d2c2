/**
 * Lines that have always been there: a plant beyond the hill, the grid's hum, a fan of the village. Learnt by frequency
 * and hour of the day, so that a machine that runs each day at noon is still strange at midnight.
 * A source that begins to run every night becomes a habit, too, if nobody looks for {@link DAYS_TO_HABIT} days: what it
 * did until then is on record.
 */
import { ramp } from '../evidence.ts'
import type { MachineLine } from './line.ts'

/** Plain JSON. */
export interface LineHabit {
  readonly form: 'tone' | 'rhythm'
  hz: number
  /** Share of each UTC hour in which it runs, 0 to 1, following slowly. */
  hours: number[]
  /** Minutes heard in the hour that goes on, and which hour that is (hours since 1970). */
  minutes: number
  hour: number
  /** Days on which it was heard at all, and the last of them (days since 1970). */
  days: number
  day: number
  /** Minutes heard in all, and whether it was there when listening began. */
  heardMinutes: number
  readonly fromStart: boolean
  /** How loud it is on the days on which it runs, and how loud it has been today, m/s. */
  usualMPerS: number
  todayMPerS: number
}

export interface LineHabits {
  known: LineHabit[]
  /** When listening began; 0: not known, then the first days know no constant line. */
  sinceMs: number
}

const MOST_KNOWN = 32
/** Lines nearer than this are one: a motor's speed follows its load by some percent. */
const SAME_SHARE = 0.02
const SAME_HZ = 0.15
/** A habit takes so many days; until then half of what a day shows is believed. */
const DAYS_TO_HABIT = 5
const FOLLOW = 1 / DAYS_TO_HABIT
const HOUR_MS = 3_600_000
/** After two days it is of the place, unless it is twice as loud. */
const FAMILIAR_DAYS = 2
const STRANGE_TIMES = 2
const LOUDER = 1.12
/** What is heard this soon after listening began was there before; it says nothing if it is there most of the time. */
const START_MS = 60_000
const START_LEAST_MINUTES = 5

export const createLineHabits = (sinceMs = 0): LineHabits => ({ known: [], sinceMs })

const isSame = (habit: LineHabit, line: Pick<MachineLine, 'form' | 'hz'>): boolean =>
  habit.form === line.form && Math.abs(habit.hz - line.hz) <= Math.max(SAME_HZ, SAME_SHARE * line.hz)

/** Takes in that a line was heard from a moment to its last. */
export function learnLine(habits: LineHabits, line: MachineLine, fromMs: number): void {
  let habit = habits.known.find((known) => isSame(known, line))
  if (!habit) {
    habit = {
      form: line.form,
      hz: line.hz,
      hours: new Array<number>(24).fill(0),
      minutes: 0,
      hour: 0,
      days: 0,
      day: 0,
      heardMinutes: 0,
      fromStart: line.sinceMs - habits.sinceMs < START_MS,
      usualMPerS: 0,
      todayMPerS: 0,
    }
    habits.known.push(habit)
    if (habits.known.length > MOST_KNOWN) forgetRarest(habits)
  }
  habit.hz += (line.hz - habit.hz) * 0.1
  habit.todayMPerS = Math.max(habit.todayMPerS, line.amplitudeMPerS)
  const hour = Math.floor(line.heardMs / HOUR_MS)
  if (hour !== habit.hour) closeHour(habit, hour)
  const minutes = Math.max(0, line.heardMs - fromMs) / 60_000
  habit.minutes = Math.min(60, habit.minutes + minutes)
  habit.heardMinutes += minutes
}

/** The hour that is over counts; so do those in which nothing was heard, for a day at most. */
function closeHour(habit: LineHabit, hour: number): void {
  if (habit.hour > 0) {
    follow(habit, habit.hour, habit.minutes / 60)
    for (let h = habit.hour + 1; h < Math.min(hour, habit.hour + 25); h++) follow(habit, h, 0)
  }
  const day = Math.floor(hour / 24)
  if (day !== habit.day) {
    learnLoudness(habit)
    habit.days++
    habit.day = day
  }
  habit.hour = hour
  habit.minutes = 0
}

/** The first days say how loud it is; who grows louder day by day is followed by a decibel a day. */
function learnLoudness(habit: LineHabit): void {
  const { usualMPerS, todayMPerS, days } = habit
  habit.usualMPerS =
    days <= FAMILIAR_DAYS
      ? Math.max(usualMPerS, todayMPerS)
      : Math.min(Math.max(usualMPerS, todayMPerS), LOUDER * usualMPerS)
  habit.todayMPerS = 0
}

function follow(habit: LineHabit, hour: number, share: number): void {
  const h = hour % 24
  habit.hours[h] = habit.hours[h]! + (share - habit.hours[h]!) * FOLLOW
}

function forgetRarest(habits: LineHabits): void {
  const worth = (habit: LineHabit) => habit.hours.reduce((sum, share) => sum + share, 0) + habit.hour / 1e6
  // The newest stays: it has had no time to be worth anything.
  const rarest = habits.known.slice(0, -1).reduce((a, b) => (worth(b) < worth(a) ? b : a))
  habits.known = habits.known.filter((habit) => habit !== rarest)
}

/** Whether a line is of this ground: heard on some days before, whatever the hour, and no louder than then. */
export function isFamiliar(habits: LineHabits, line: MachineLine): boolean {
  const habit = habits.known.find((known) => isSame(known, line))
  return habit !== undefined && habit.days > FAMILIAR_DAYS && line.amplitudeMPerS < STRANGE_TIMES * habit.usualMPerS
}

/** Minutes for which a line was heard within the hour that goes on: a tool that is handled takes up its line again. */
export function minutesOfHour(habits: LineHabits, line: MachineLine): number {
  const habit = habits.known.find((known) => isSame(known, line))
  const inHour = habit && habit.hour === Math.floor(line.heardMs / HOUR_MS) ? habit.minutes : 0
  return Math.max(inHour, (line.heardMs - line.sinceMs) / 60_000)
}

/** 1: never heard at this hour before; near 0: runs at this hour on most days. */
export function lineNovelty(habits: LineHabits, line: MachineLine): number {
  const habit = habits.known.find((known) => isSame(known, line))
  if (!habit) return 1
  const share = habit.hours[Math.floor(line.sinceMs / HOUR_MS) % 24]!
  // Of a share that is followed over days, half is reached after three of them.
  return Math.min(Math.max(0, 1 - 1.5 * share), 1 - shareSinceStart(habit, habits, line.heardMs))
}

/** How far a line that was there from the start has been there ever since; 0 for one that came later. */
function shareSinceStart(habit: LineHabit, { sinceMs }: LineHabits, nowMs: number): number {
  const minutes = (nowMs - sinceMs) / 60_000
  if (sinceMs === 0 || !habit.fromStart || minutes < START_LEAST_MINUTES) return 0
  return ramp(habit.heardMinutes / minutes, 0.3, 0.7)
}
