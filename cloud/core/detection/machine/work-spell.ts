/**
 * Machines at work near by, minute for minute over a spell of some hours. A neighbour's machine may be heard as well, but
 * it is mostly farther off (what is left of it above 30 Hz says so, or how far it stands above the quiet ground), mostly
 * one kind at a time, and it stops within the hour. What is sustained, near and of several kinds is work at the site.
 * What it cannot tell: on which side of the fence a near machine stands.
 */
import { decayed, ramp } from '../evidence.ts'
import type { MachineLine } from './line.ts'

/** Plain JSON, one for each site. */
export interface WorkSpell {
  /** Minutes of work, as far as not forgotten, and when the last was added. */
  minutes: number
  lastMs: number
  /** 0 to 1.5, its mean over some minutes. How far off it is does not grow with time. */
  near: number
  /** Share of the last minutes that had machines in them. */
  density: number
  /** How often a machine has come and gone of late. */
  turns: number
  /** How much of it the filter has been told. */
  credited: number
}

/** What is heard of a machine that goes on. */
export interface HeardWork {
  readonly atMs: number
  readonly minutes: number
  /** 0 to 1, of its bands above 30 Hz. */
  readonly near: number
  readonly excessDb: number
  /** 0 to 1: share of its windows that carried a line or a rhythm of the windows before. */
  readonly lined: number
  /** Of the last window. */
  readonly kurtosis: number
  /** It has just come on. */
  readonly began: boolean
  /** 0 to 1: it does not pass, {@link standsStill}. */
  readonly stands: number
}

/** So far above the quiet ground stands what works within some hundred metres, and not what works beyond. */
const FAR_DB = 8
const NEAR_DB = 20
/**
 * What stands out as far as this is several times nearer still: so much ground holds few machines of others. Peak
 * velocity falls as R^-1.6: 16 dB are a third of the distance, a tenth of the ground.
 */
const NEXT_DB = 36
const NEXT_ADDS = 0.5
const LINED_FROM = 0.15
const LINED_TO = 0.45
/** A tractor passes within a minute or two; what works fills the minutes. */
const DENSITY_MS = 6 * 60_000
/** What drives by swells and fades by ten decibels and more while it is heard; what stands keeps its level. */
const STANDING_WINDOWS = 8
const STANDING_DB = 4
const PASSING_DB = 7
const PASSES_AT = 0.17
const GOES_ON_AT = 0.25
/** Smoke clears and crews eat for half an hour. */
const FORGET_MS = 90 * 60_000
/** So many minutes are one unit of evidence; then it grows as their logarithm. */
const UNIT_MINUTES = 2
const NEAR_MINUTES = 10
const LEAST_MINUTES = 1
const GROWS = 0.9
/** Tools that are handled come and go by turns of a minute or two; engines that are left to run do not. */
const TURNS_ADD = 0.5
const ALL_TURNS = 3
const TURNS_FORGET_MS = 15 * 60_000
/** An engine that runs through a window has 3; one that stops in it more. */
const TURNS_KURTOSIS = 4
const WITHIN_A_WINDOW = 0.1
/** Each further kind of machine within the spell. */
const KIND_ADDS = 0.35
const MOST_KINDS = 3

export const createWorkSpell = (): WorkSpell => ({ minutes: 0, lastMs: 0, near: 0, density: 0, turns: 0, credited: 0 })

/**
 * Takes work in.
 * @param strange how many machines are heard that are strange here; 0: none, then it counts for nothing
 * @returns units of evidence that are due beyond what was credited
 */
export function addNearWork(spell: WorkSpell, heard: HeardWork, strange: () => number): number {
  spell.minutes = decayed(spell.minutes, heard.atMs - spell.lastMs, FORGET_MS)
  spell.turns = decayed(spell.turns, heard.atMs - spell.lastMs, TURNS_FORGET_MS)
  const idleMs = heard.atMs - spell.lastMs - 60_000 * heard.minutes
  spell.lastMs = heard.atMs
  spell.density =
    1 - (1 - decayed(spell.density, idleMs, DENSITY_MS)) * Math.exp((-60_000 * heard.minutes) / DENSITY_MS)
  if (spell.minutes < LEAST_MINUTES) spell.credited = 0
  const near =
    Math.max(heard.near, ramp(heard.excessDb, FAR_DB, NEAR_DB)) + NEXT_ADDS * ramp(heard.excessDb, NEAR_DB, NEXT_DB)
  const goesOn = Math.max(heard.stands, ramp(spell.density, PASSES_AT, GOES_ON_AT))
  const minutes = heard.minutes * goesOn * ramp(heard.lined, LINED_FROM, LINED_TO)
  if (minutes <= 0 || near <= 0) return 0
  const kinds = strange()
  if (kinds === 0) return 0
  spell.minutes += minutes
  spell.near += (near - spell.near) * Math.min(1, minutes / Math.min(spell.minutes, NEAR_MINUTES))
  spell.turns += heard.began ? 1 : heard.kurtosis >= TURNS_KURTOSIS ? WITHIN_A_WINDOW : 0
  if (spell.minutes < LEAST_MINUTES) return 0
  const units = spell.minutes / UNIT_MINUTES
  const grown = units < 1 ? units : 1 + GROWS * Math.log(units)
  const handled = TURNS_ADD * Math.min(1, spell.turns / ALL_TURNS)
  const due = spell.near * grown * (1 + KIND_ADDS * (Math.min(MOST_KINDS, kinds) - 1) + handled) - spell.credited
  if (due <= 0) return 0
  spell.credited += due
  return due
}

/** 0 to 1: the last windows are all of one level, as of what stands where it works. */
export function standsStill(windows: readonly { readonly active: boolean; readonly excessDb: number }[]): number {
  if (windows.length < STANDING_WINDOWS) return 0
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  for (const { active, excessDb } of windows) {
    if (!active) return 0
    least = Math.min(least, excessDb)
    most = Math.max(most, excessDb)
  }
  return 1 - ramp(most - least, STANDING_DB, PASSING_DB)
}

const FRESH_MS = 60_000
const CLEAR_DB = 12
const KIN_SHARE = 0.015

/**
 * How many machines the lines of a geophone come from: lines that are multiples of each other, or of half a lower one, are
 * of one.
 * @param counts whether a line is strange here, and no expected motor's
 */
export function kindsOf(lines: readonly MachineLine[], nowMs: number, counts: (line: MachineLine) => boolean): number {
  const bases: number[] = []
  for (const line of [...lines].sort((a, b) => a.hz - b.hz)) {
    if (nowMs - line.toldMs > FRESH_MS || line.db < CLEAR_DB || line.order > 1 || !counts(line)) continue
    const isKin = bases.some(
      (hz) => Math.abs((2 * line.hz) / hz - Math.round((2 * line.hz) / hz)) < (2 * KIN_SHARE * line.hz) / hz,
    )
    if (!isKin) bases.push(line.hz)
  }
  return bases.length
}
