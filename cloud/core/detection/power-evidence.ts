/**
 * Load that no registered consumer explains, from one electricity meter, whatever its rhythm (1 s to 15 min). A pump at
 * or below its rating is explained, so are some hundred watts of lights and surveillance. Reactive power tells motors
 * (which mine) from heaters and kettles (which keep a caretaker warm). An outage explains the silence and, for a
 * minute, what comes back with the supply. Averages over minutes hide starts: then only the level counts.
 */
import type { FieldsOf, ReadingOf } from '@minewarden/protocol/reading.ts'
import type { ExpectedLoad } from '@minewarden/protocol/site.ts'
import { pushBounded } from './evidence.ts'

/** Plain JSON, one for each meter. */
export interface PowerMeterState {
  lastMs: number
  /** Seconds between readings, as it is of late. */
  intervalS: number
  /** What the site draws when all is quiet; at most some hundred watts. */
  baseW: number | null
  /** Supply was off until then; -1: is off now. */
  outageMs: number
  /** Since when load has been unexplained without a break; `null` while it is not. */
  sinceMs: number | null
  /** The smallest unexplained load of the present stretch, slowly forgotten. */
  levelW: number
  /** When motors came on, how large they were, and whether they outlasted their inrush. */
  starts: { atMs: number; kw: number; lasted: boolean }[]
}

export interface PowerStep {
  /** Minutes of unexplained load since the last reading, and what kind of load it was. */
  readonly minutes: number
  readonly kind: 'motor' | 'heating' | 'unknown' | null
  readonly unexplainedW: number
}

/** Surveillance and lighting of a sealed site. */
const BASE_CEILING_W = 600
const ALLOWANCE_W = 200
/** A worn pump draws less, one against a blocked pipe somewhat more than its rating. */
const LEAST_SHARE = 0.5
const MOST_SHARE = 1.15
/** Inrush of a direct start is over by then. */
const PERSIST_S = 8
const OUTAGE_V = 60
const AFTER_OUTAGE_MS = 60_000
/** Longer intervals give averages, in which a pump's duty hides. */
const AVERAGE_S = 90
/** tan(phi) of a loaded motor is 0.5 to 0.75; of a heater 0. */
const MOTOR_TAN = 0.62
const MOTOR_FROM = 0.25
const HEATING_TO = 0.12
const LONGEST_MINUTES = 20
const MOST_LOADS = 6

const NOTHING: PowerStep = { minutes: 0, kind: null, unexplainedW: 0 }

export const createPowerMeter = (): PowerMeterState => ({
  lastMs: 0,
  intervalS: 0,
  baseW: null,
  outageMs: 0,
  sinceMs: null,
  levelW: 0,
  starts: [],
})

export function stepPower(
  state: PowerMeterState,
  { fields, measuredAt }: ReadingOf<'power'>,
  loads: readonly ExpectedLoad[],
): PowerStep {
  const elapsedS = state.lastMs > 0 ? (measuredAt - state.lastMs) / 1000 : 0
  if (elapsedS < 0) return NOTHING
  state.lastMs = measuredAt
  if (elapsedS > 0)
    state.intervalS = state.intervalS === 0 ? elapsedS : state.intervalS + (elapsedS - state.intervalS) / 8
  if (isOutage(state, fields, measuredAt)) {
    state.sinceMs = null
    return NOTHING
  }
  const power = fields.activePowerW
  if (power === null) return NOTHING
  state.baseW = Math.min(state.baseW ?? BASE_CEILING_W, BASE_CEILING_W, Math.max(0, power))
  const { unexplainedW, explainedW } = explain(power - state.baseW, loads, state.intervalS > AVERAGE_S)
  if (unexplainedW < ALLOWANCE_W) {
    state.sinceMs = null
    return NOTHING
  }
  return persisting(state, fields, { atMs: measuredAt, elapsedS, unexplainedW, explainedW })
}

function isOutage(state: PowerMeterState, fields: FieldsOf<'power'>, atMs: number): boolean {
  const volts = [fields.voltageAV, fields.voltageBV, fields.voltageCV].filter((v) => v !== null)
  const dead = volts.length > 0 && Math.max(...volts) < OUTAGE_V
  if (dead) state.outageMs = atMs
  return dead || atMs - state.outageMs < AFTER_OUTAGE_MS
}

/** The smallest remainder over all ways in which the registered consumers may be on. */
function explain(excessW: number, loads: readonly ExpectedLoad[], averaged: boolean) {
  const known = loads.slice(0, MOST_LOADS)
  let best = { unexplainedW: Math.max(0, excessW - ALLOWANCE_W), explainedW: 0 }
  for (let set = 1; set < 2 ** known.length; set++) {
    const rated = known.reduce((sum, load, i) => sum + (set & (1 << i) ? load.ratedW : 0), 0)
    // An average may hold any part of a pump's running time.
    if (!averaged && excessW < LEAST_SHARE * rated) continue
    const explainedW = Math.min(excessW, MOST_SHARE * rated)
    const unexplainedW = Math.max(0, excessW - explainedW - ALLOWANCE_W)
    if (unexplainedW < best.unexplainedW) best = { unexplainedW, explainedW }
  }
  return best
}

interface Unexplained {
  readonly atMs: number
  readonly elapsedS: number
  readonly unexplainedW: number
  readonly explainedW: number
}

function persisting(state: PowerMeterState, fields: FieldsOf<'power'>, load: Unexplained): PowerStep {
  const kind = kindOfLoad(fields, load.explainedW, load.unexplainedW, state.baseW ?? 0)
  if (state.sinceMs === null) {
    state.sinceMs = load.atMs
    state.levelW = load.unexplainedW
    if (kind === 'motor')
      pushBounded(state.starts, { atMs: load.atMs, kw: load.unexplainedW / 1000, lasted: false }, 32)
    // One average of a quarter of an hour is proof enough by itself; a minute may hold the edge of a pump's run.
    if (state.intervalS < 10 * 60) return NOTHING
  }
  state.levelW = Math.min(load.unexplainedW, state.levelW * 1.02)
  const held = (load.atMs - state.sinceMs) / 1000
  if (state.intervalS < 10 * 60 && held < PERSIST_S) return NOTHING
  const last = state.starts.at(-1)
  if (last && last.atMs === state.sinceMs) {
    last.kw = state.levelW / 1000
    last.lasted = true
  }
  const minutes = Math.min(LONGEST_MINUTES, load.elapsedS / 60)
  return { minutes, kind, unexplainedW: state.levelW }
}

/** What kind of consumer the remainder is, by its share of reactive power. */
function kindOfLoad(fields: FieldsOf<'power'>, explainedW: number, unexplainedW: number, baseW: number) {
  const reactive = fields.reactivePowerVar
  if (reactive === null) return 'unknown'
  // The explained motors are taken at their rated share first; what they really draw is not known so closely.
  const rest = reactive - MOTOR_TAN * explainedW - 0.1 * baseW
  const tan = rest / unexplainedW
  if (tan > MOTOR_FROM) return 'motor'
  return tan < HEATING_TO ? 'heating' : 'unknown'
}
