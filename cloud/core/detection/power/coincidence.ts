/**
 * Whether a load and machines in the ground go together: a two by two table of time (machines on or off, load high or
 * low) that forgets over hours, and how often both began within seconds of each other. Both must have come and gone:
 * two things that are always on go together with everything.
 */
import { decayed, ramp } from '../evidence.ts'

/** Plain JSON, one for each pair of a site and a meter. */
export interface Coincidence {
  lastMs: number
  sinceMs: number
  /** Minutes: both, machines alone, load alone, neither. */
  both: number
  machinesAlone: number
  loadAlone: number
  neither: number
  /** What the load is when machines are silent, and what it rises by. */
  baseW: number | null
  machinesSinceMs: number | null
  loadSinceMs: number | null
  /** Starts of machines, and how many of them the load shared. */
  starts: number
  sharedStarts: number
}

const FORGET_MS = 6 * 3_600_000
/** A load is high from here on over its base: less is a household's kettle. */
const RISE_W = 1_500
/** A pause in what is fed counts for no more. */
const LONGEST_MS = 60_000
const SHARED_MS = 20_000

export const createCoincidence = (): Coincidence => ({
  lastMs: 0,
  sinceMs: 0,
  both: 0,
  machinesAlone: 0,
  loadAlone: 0,
  neither: 0,
  baseW: null,
  machinesSinceMs: null,
  loadSinceMs: null,
  starts: 0,
  sharedStarts: 0,
})

/** Takes in how things stand at a moment; any rhythm up to a minute will do. */
export function stepCoincidence(
  state: Coincidence,
  { nowMs, machines, loadW }: { nowMs: number; machines: boolean; loadW: number },
): void {
  const elapsedMs = state.lastMs === 0 ? 0 : Math.min(LONGEST_MS, nowMs - state.lastMs)
  if (elapsedMs < 0) return
  if (state.sinceMs === 0) state.sinceMs = nowMs
  for (const cell of ['both', 'machinesAlone', 'loadAlone', 'neither', 'starts', 'sharedStarts'] as const)
    state[cell] = decayed(state[cell], nowMs - state.lastMs, state.lastMs === 0 ? Number.POSITIVE_INFINITY : FORGET_MS)
  state.lastMs = nowMs
  // The base follows down at once and up over hours: a load that has come to stay becomes it.
  const base = state.baseW ?? loadW
  state.baseW = loadW < base ? loadW : base + (loadW - base) * Math.min(1, elapsedMs / FORGET_MS)
  const load = loadW - state.baseW >= RISE_W
  const cell = machines ? (load ? 'both' : 'machinesAlone') : load ? 'loadAlone' : 'neither'
  state[cell] += elapsedMs / 60_000
  noteStarts(state, machines, load, nowMs)
}

function noteStarts(state: Coincidence, machines: boolean, load: boolean, nowMs: number): void {
  const machinesStart = machines && state.machinesSinceMs === null
  const loadStart = load && state.loadSinceMs === null
  state.machinesSinceMs = machines ? (state.machinesSinceMs ?? nowMs) : null
  state.loadSinceMs = load ? (state.loadSinceMs ?? nowMs) : null
  if (machinesStart) state.starts++
  const { machinesSinceMs, loadSinceMs } = state
  if (!(machinesStart || loadStart) || machinesSinceMs === null || loadSinceMs === null) return
  if (Math.abs(machinesSinceMs - loadSinceMs) <= SHARED_MS) state.sharedStarts++
}

/**
 * @returns `strength` 0 to 1: the correlation of the table (phi), believed as far as both were on and off for minutes,
 * and raised by shared starts
 */
export function coincidenceOf(state: Coincidence): { strength: number; starts: number; sinceMs: number } {
  const { both: a, machinesAlone: b, loadAlone: c, neither: d } = state
  const spread = Math.sqrt((a + b) * (c + d) * (a + c) * (b + d))
  const phi = spread > 0 ? (a * d - b * c) / spread : 0
  const seen = ramp(a, 2, 12) * ramp(d, 2, 12)
  const starts = Math.round(state.sharedStarts)
  const shared = state.starts >= 1.5 ? (state.sharedStarts / state.starts) * ramp(state.sharedStarts, 1, 4) : 0
  return { strength: Math.max(0, phi) * seen * (0.6 + 0.4 * shared), starts, sinceMs: state.sinceMs }
}
