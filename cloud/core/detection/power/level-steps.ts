/**
 * Consumers that come on and go off, from a meter's readings as they come: a second or a minute apart. Between two
 * settled levels lies the step; what was drawn on the way is a motor's inrush. A meter read each minute shows steps
 * without inrush; averages over a quarter of an hour show none.
 */
import type { FieldsOf } from '@minewarden/protocol/reading.ts'

/** A step of a load, up or down. */
export interface LevelStep {
  /** When the load began to change, as far as the readings show. */
  readonly atMs: number
  readonly watts: number
  /** Reactive over active power of what was switched; `null` where reactive power is unknown. */
  readonly tan: number | null
  /** How evenly the step lies on the phases: 1 all three alike, 0 one alone; `null` without currents. */
  readonly evenness: number | null
  /** Peak over settled current, at least; `null` for what went off and for readings too slow to show it. */
  readonly inrush: number | null
}

interface Level {
  readonly watts: number
  readonly vars: number | null
  readonly amperes: readonly (number | null)[]
}

/** Plain JSON, one for each meter. */
export interface LevelTrack {
  settled: Level | null
  /** Readings since the settled level was left; at most {@link GIVE_UP} of them. */
  moving: Level[]
  movingSinceMs: number
}

const LEAST_W = 200
const LEAST_SHARE = 0.06
const SETTLED_READINGS = 3
/** Readings this far apart may be means, the first of which holds but a part of what came on. */
const SLOW_S = 20
const SLOW_SETTLED_READINGS = 2
/** Longer ones are averages: what they step by is nobody's rating. */
const AVERAGE_S = 90
const GIVE_UP = 40
const FOLLOW = 0.1

export const createLevelTrack = (): LevelTrack => ({ settled: null, moving: [], movingSinceMs: 0 })

/** @param intervalS how far apart readings are; after a gap call {@link forgetLevel} first */
export function stepLevel(
  track: LevelTrack,
  fields: FieldsOf<'power'>,
  { atMs, intervalS }: { atMs: number; intervalS: number },
): LevelStep | null {
  if (fields.activePowerW === null || intervalS > AVERAGE_S) return null
  const level = levelOf(fields, fields.activePowerW)
  if (track.settled && track.moving.length === 0 && isNear(level, track.settled)) {
    track.settled = between(track.settled, level, FOLLOW)
    return null
  }
  if (track.moving.length === 0) track.movingSinceMs = atMs
  track.moving.push(level)
  const after = settledLevel(track.moving, intervalS >= SLOW_S ? SLOW_SETTLED_READINGS : SETTLED_READINGS)
  if (!after) {
    if (track.moving.length >= GIVE_UP) forgetLevel(track)
    return null
  }
  const before = track.settled
  const moving = track.moving
  track.settled = after
  track.moving = []
  return before && !isNear(after, before)
    ? stepBetween(before, after, { moving: intervalS >= SLOW_S ? [] : moving, atMs: track.movingSinceMs })
    : null
}

/** Readings are missing, or the supply failed: what happened meanwhile is not known. */
export function forgetLevel(track: LevelTrack): void {
  track.settled = null
  track.moving = []
}

const levelOf = (fields: FieldsOf<'power'>, watts: number): Level => ({
  watts,
  vars: fields.reactivePowerVar,
  amperes: [fields.currentAA, fields.currentBA, fields.currentCA],
})

const isNear = (a: Level, b: Level): boolean =>
  Math.abs(a.watts - b.watts) <= Math.max(LEAST_W, LEAST_SHARE * Math.min(Math.abs(a.watts), Math.abs(b.watts)))

const mixed = (a: number | null, b: number | null, share: number) =>
  a === null || b === null ? b : a + (b - a) * share

const between3 = (a: Level, b: Level, phase: number, share: number) =>
  mixed(a.amperes[phase] ?? null, b.amperes[phase] ?? null, share)

const between = (a: Level, b: Level, share: number): Level => ({
  watts: a.watts + (b.watts - a.watts) * share,
  vars: mixed(a.vars, b.vars, share),
  amperes: [between3(a, b, 0, share), between3(a, b, 1, share), between3(a, b, 2, share)],
})

function settledLevel(moving: readonly Level[], count: number): Level | null {
  const last = moving.slice(-count)
  const newest = last.at(-1)!
  if (last.length < count || last.some((level) => !isNear(level, newest))) return null
  return last.reduce((mean, level, i) => between(mean, level, 1 / (i + 1)))
}

function stepBetween(before: Level, after: Level, { moving, atMs }: { moving: readonly Level[]; atMs: number }) {
  const watts = after.watts - before.watts
  const tan = before.vars === null || after.vars === null ? null : (after.vars - before.vars) / watts
  const changes = after.amperes.map((value, i) => {
    const old = before.amperes[i] ?? null
    return value === null || old === null ? null : Math.abs(value - old)
  })
  return { atMs, watts, tan, evenness: evennessOf(changes), inrush: inrushOf(before, after, moving) }
}

function evennessOf(changes: readonly (number | null)[]): number | null {
  const known = changes.filter((change) => change !== null)
  const largest = Math.max(0, ...known)
  return known.length < 3 || largest === 0 ? null : Math.min(...known) / largest
}

function inrushOf(before: Level, after: Level, moving: readonly Level[]): number | null {
  if (after.watts <= before.watts || moving.length < SETTLED_READINGS) return null
  const total = ({ amperes }: Level) => amperes.reduce<number>((sum, value) => sum + (value ?? 0), 0)
  const rise = total(after) - total(before)
  if (rise > 0) return Math.max(...moving.map((level) => total(level) - total(before))) / rise
  return Math.max(...moving.map((level) => level.watts - before.watts)) / (after.watts - before.watts)
}
