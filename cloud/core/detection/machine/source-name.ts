/**
 * What a line is likely to be, from its frequency, its wander, its company of multiples and how it comes and goes.
 * A motor on the grid turns a few percent below 50 Hz over its pole pairs and slips with its load, slowly; the grid
 * itself stands within 0.2 Hz of 50. A diesel's governor hunts: its lines wander by a percent within a minute.
 *
 * What it cannot tell: a governor as good as the grid; two machines of one kind; on which side of the fence they stand.
 */
import { ramp } from '../evidence.ts'
import type { MachineLine } from './line.ts'

export const SOURCES = [
  'drill',
  'crusher',
  'winch',
  'generator',
  'fan',
  'pump',
  'motor',
  'grid-hum',
  'unknown',
] as const
export type Source = (typeof SOURCES)[number]

export interface NamedSource {
  readonly source: Source
  /** 0 to 1, of the name; that it is a machine at all is surer. */
  readonly confidence: number
  /** Standard deviation of the frequency over its mean, beyond what the estimate is uncertain by. */
  readonly wanderShare: number
  /** Whether it cannot hang on the grid (1), may (0.5) or does (0). */
  readonly offGrid: number
}

/** Lines of a mine's machines. @see domain: air-leg drills 30-40 blows/s, jaw crushers 200-300 strokes/min. */
const DRILL = { from: 27, to: 45 }
/** Nobody drills one hole for longer than some minutes. */
const HOLE_MINUTES = 8
const STROKES = { from: 2.8, to: 6.5 }
const GRID_HZ = 50
const GRID_HOLDS_HZ = 0.25
/** No induction motor turns faster than the grid over its pole pairs; the grid itself strays by less than this share. */
const GRID_STRAYS = 0.004
/** A governor's hunting, as a share over two minutes; a motor at constant load strays by less. */
const HUNTS_FROM = 0.0012
const HUNTS_TO = 0.0035
/** Beyond this it is no governor but a winch that is run up and down. */
const DRIVEN_FROM = 0.02

/** @param lines all that run, this one among them: a generator is known by its halves and multiples */
export function nameSource(line: MachineLine, lines: readonly MachineLine[] = []): NamedSource {
  const wander = Math.sqrt(Math.max(0, line.wanderHz ** 2 - line.errorHz ** 2))
  const wanderShare = line.hz > 0 ? wander / line.hz : 0
  const scores = scoresOf(line, wanderShare, lines)
  let source: Source = SOURCES[0]
  for (const other of SOURCES) if (scores[other] > scores[source]) source = other
  const score = scores[source]
  const sure = ramp(line.db, 8, 16) * ramp(line.presence, 0.4, 0.8) * ramp(line.heardMs - line.sinceMs, 0, 60_000)
  const confidence = score * (0.5 + 0.5 * sure)
  const offGrid = offGridOf(line, wanderShare)
  return score < 0.3
    ? { source: 'unknown', confidence: 1 - score, wanderShare, offGrid }
    : { source, confidence, wanderShare, offGrid }
}

function scoresOf(line: MachineLine, wanderShare: number, lines: readonly MachineLine[]): Record<Source, number> {
  const { hz, form } = line
  const isTone = form === 'tone'
  const governed = 1 - ramp(wanderShare, DRIVEN_FROM, 2 * DRIVEN_FROM)
  const hunts = Math.max(ramp(wanderShare, HUNTS_FROM, HUNTS_TO), aboveGrid(line)) * governed
  const still = (1 - ramp(wanderShare, HUNTS_FROM, HUNTS_TO)) * (1 - aboveGrid(line))
  const slip = polesSlip(hz)
  const minutes = (line.heardMs - line.sinceMs) / 60_000
  const isGrid = near(hz, GRID_HZ, GRID_HOLDS_HZ) || near(hz, 2 * GRID_HZ, 2 * GRID_HOLDS_HZ)
  return {
    // A drill's blows follow its air and the rock: by a percent or two, more than a motor, in bouts of a minute or four.
    drill:
      isTone && hz >= DRILL.from && hz <= DRILL.to && slip === null
        ? 0.9 * (0.4 + 0.6 * ramp(wanderShare, 0.0005, 0.003)) * (1 - ramp(minutes, HOLE_MINUTES, 2 * HOLE_MINUTES))
        : 0,
    crusher: hz >= STROKES.from && hz <= STROKES.to ? 0.9 : 0,
    winch: isTone && hz < 28 ? 0.85 * ramp(wanderShare, DRIVEN_FROM, 2 * DRIVEN_FROM) : 0,
    generator:
      isTone && isEngineSpeed(hz) ? 0.9 * hunts * (0.6 + 0.2 * hasFamily(line, lines) + 0.2 * ramp(minutes, 3, 10)) : 0,
    fan: isTone && hz > 60 && !isGrid ? 0.75 * still : slip === 1 ? 0.45 * still : 0,
    // A pump's speed is a motor's; that it runs alone for long tells it from one that is used.
    pump: slip !== null && slip <= 2 ? still * (0.4 + 0.3 * ramp(minutes, 2, 10)) : 0,
    motor: slip !== null ? 0.55 * still : 0,
    'grid-hum': isTone && isGrid ? 0.95 * still : 0,
    unknown: 0.25,
  }
}

const near = (hz: number, at: number, within: number): boolean => Math.abs(hz - at) <= within

/** Pole pairs of the induction motor that turns so fast (slip 0.5 to 7 %); `null`: none does. */
function polesSlip(hz: number): number | null {
  for (const pairs of [1, 2, 3, 4]) {
    const slip = 1 - (hz * pairs) / GRID_HZ
    if (slip >= 0.005 && slip <= 0.07) return pairs
  }
  return null
}

/** Diesel sets turn at 1500 or 3000 a minute, small ones up to 3600, and fire at 1, 1.5 or 2 times that. */
export const isEngineSpeed = (hz: number): boolean =>
  (hz >= 22 && hz <= 28) || (hz >= 45 && hz <= 62) || (hz >= 68 && hz <= 82)

/** Half orders, firing orders: another line at 0.5, 1.5, 2 or 3 times it, within a percent. */
function hasFamily(line: MachineLine, lines: readonly MachineLine[]): number {
  const isKin = (other: MachineLine) => {
    const ratio = other.hz / line.hz
    return [0.5, 1.5, 2, 3].some((order) => Math.abs(ratio - order) < 0.012 * order)
  }
  return lines.some((other) => other !== line && other.form === 'tone' && isKin(other)) ? 1 : 0
}

/** 0 to 1: at an engine's speed, and faster than any motor of that many poles on the grid. */
function aboveGrid({ form, hz }: MachineLine): number {
  if (form !== 'tone') return 0
  for (const synchronous of [GRID_HZ / 2, GRID_HZ]) {
    const over = hz / synchronous - 1
    if (over > 0 && over < 0.12) return ramp(over, GRID_STRAYS, 2 * GRID_STRAYS)
  }
  return 0
}

/** Motors that turn with the grid do not hunt, nor outrun it; what stays at a motor's speed may well be one. */
function offGridOf(line: MachineLine, wanderShare: number): number {
  if (line.form === 'rhythm' || !isEngineSpeed(line.hz)) return 0.5
  return Math.max(aboveGrid(line), ramp(wanderShare, HUNTS_FROM, HUNTS_TO))
}
