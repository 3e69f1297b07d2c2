/**
 * Load that no registered consumer explains, from one electricity meter, whatever its rhythm (1 s to 15 min). A pump at
 * or below its rating is explained, so are some hundred watts of lights and surveillance. Reactive power tells motors
 * (which mine) from heaters and kettles (which keep a caretaker warm); so do inrush and phases. An outage explains the
 * silence and, for a minute, what comes back with the supply. Averages over minutes hide starts: then only the level
 * counts. Beside it a library of the site's consumers is learnt (`power/appliances.ts`): it says how familiar a load
 * is, and knows the expected pump more closely than its rating does.
 */
import type { FieldsOf, ReadingOf } from '@minewarden/protocol/reading.ts'
import type { ExpectedLoad } from '@minewarden/protocol/site.ts'
import type { SupplyView } from './after-cut.ts'
import { pushBounded } from './evidence.ts'
import type { ExpectedMotor } from './machine/expected-motor.ts'
import {
  type ApplianceLibrary,
  createApplianceLibrary,
  familiarityOfLoad,
  type Switched,
  stepAppliances,
} from './power/appliances.ts'
import { createDuty, type Duty, type DutyView, dutyOf, stepDuty } from './power/duty.ts'
import { explain } from './power/explained-load.ts'
import { createLevelTrack, forgetLevel, type LevelTrack, stepLevel } from './power/level-steps.ts'

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
  /** The supply: since when there is voltage, or none (`null`: no reading told), and since when nothing is unexplained. */
  powered: boolean | null
  poweredSinceMs: number
  silentSinceMs: number | null
  /** The interval in which the registered consumers that run came on; `null` while none does. */
  expectedBeganMs: [from: number, to: number] | null
  /** Present step, consumers that were learnt, and how much the expected ones run. */
  levels: LevelTrack
  library: ApplianceLibrary
  duty: Duty
}

export interface PowerStep {
  /** Minutes of unexplained load since the last reading, and what kind of load it was. */
  readonly minutes: number
  readonly kind: 'motor' | 'heating' | 'unknown' | null
  readonly unexplainedW: number
  /** A consumer came on or went off with this reading: which of the site's library, and how well it is known there. */
  readonly switched: Switched | null
  /**
   * 0 to 1, how usual the unexplained load is at this site at this hour: a caretaker's welder of every week is, a
   * compressor never met before is not.
   */
  readonly familiarity: number
  /** What is odd about the expected consumers: a pump that runs far more than it used to. */
  readonly duty: DutyView | null
  /** Nothing is registered that may draw, and yet more is drawn than lights and surveillance. */
  readonly supplyUnexpected: boolean
  /** Largest deviation of a phase's current from the mean, over the mean; `null` where currents are unknown. */
  readonly imbalance: number | null
}

/** Surveillance and lighting of a sealed site. */
const BASE_CEILING_W = 600
const ALLOWANCE_W = 200
/** Inrush of a direct start is over by then. */
const PERSIST_S = 8
const OUTAGE_V = 60
const AFTER_OUTAGE_MS = 60_000
/** From here on a reading may be a mean over its interval, in which a consumer came on. */
const SLOW_S = 20
/** Longer intervals give averages, in which a pump's duty hides. */
const AVERAGE_S = 90
/** A reading that comes this much later than usual has others missing before it. */
const GAP_INTERVALS = 2.5
/** tan(phi) of a loaded motor is 0.5 to 0.75; of a heater 0. */
const MOTOR_TAN = 0.62
const MOTOR_FROM = 0.25
const HEATING_TO = 0.12
/** Direct starts draw four to eight times; cold lamps and transformers less than twice for longer than a moment. */
const MOTOR_INRUSH = 2.2
const MOTOR_EVENNESS = 0.8
const LONGEST_MINUTES = 20

const NOTHING: PowerStep = {
  minutes: 0,
  kind: null,
  unexplainedW: 0,
  switched: null,
  familiarity: 0,
  duty: null,
  supplyUnexpected: false,
  imbalance: null,
}

export const createPowerMeter = (): PowerMeterState => ({
  lastMs: 0,
  intervalS: 0,
  baseW: null,
  outageMs: 0,
  sinceMs: null,
  levelW: 0,
  starts: [],
  powered: null,
  poweredSinceMs: 0,
  silentSinceMs: null,
  expectedBeganMs: null,
  levels: createLevelTrack(),
  library: createApplianceLibrary(),
  duty: createDuty(),
})

export function stepPower(
  state: PowerMeterState,
  { fields, measuredAt }: ReadingOf<'power'>,
  loads: readonly ExpectedLoad[],
): PowerStep {
  const elapsedS = state.lastMs > 0 ? (measuredAt - state.lastMs) / 1000 : 0
  if (elapsedS < 0) return NOTHING
  state.lastMs = measuredAt
  if (state.intervalS > 0 && elapsedS > GAP_INTERVALS * state.intervalS) forgetLevel(state.levels)
  if (elapsedS > 0)
    state.intervalS = state.intervalS === 0 ? elapsedS : state.intervalS + (elapsedS - state.intervalS) / 8
  if (isOutage(state, fields, measuredAt)) {
    forgetLevel(state.levels)
    state.sinceMs = null
    return NOTHING
  }
  const power = fields.activePowerW
  if (power === null) return NOTHING
  const { intervalS, library } = state
  const step = stepLevel(state.levels, fields, { atMs: measuredAt, intervalS })
  const switched = step && stepAppliances(library, step)
  state.baseW = Math.min(state.baseW ?? BASE_CEILING_W, BASE_CEILING_W, Math.max(0, power))
  const load = explain(power - state.baseW, loads, {
    averaged: intervalS > AVERAGE_S,
    library,
    allowanceW: ALLOWANCE_W,
  })
  if (load.explainedW === 0) state.expectedBeganMs = null
  // With more than what is registered on, who knows which of it is.
  else if (load.unexplainedW < ALLOWANCE_W)
    state.expectedBeganMs ??= [measuredAt - 1000 * (elapsedS + (intervalS >= SLOW_S ? elapsedS : 0)), measuredAt]
  const minutes = Math.min(LONGEST_MINUTES, elapsedS / 60)
  if (loads.length > 0) stepDuty(state.duty, { atMs: measuredAt, minutes, onShare: load.onShare })
  const view = {
    switched,
    duty: dutyOf(state.duty),
    supplyUnexpected: loads.length === 0 && power - state.baseW > ALLOWANCE_W,
    imbalance: imbalanceOf(fields),
  }
  if (load.unexplainedW < ALLOWANCE_W) {
    state.sinceMs = null
    state.silentSinceMs ??= measuredAt
    return { minutes: 0, kind: null, unexplainedW: 0, familiarity: 0, ...view }
  }
  state.silentSinceMs = null
  return { ...NOTHING, ...view, ...persisting(state, fields, { atMs: measuredAt, elapsedS, switched, ...load }) }
}

function isOutage(state: PowerMeterState, fields: FieldsOf<'power'>, atMs: number): boolean {
  const known = fields.voltageAV !== null || fields.voltageBV !== null || fields.voltageCV !== null
  const volts = Math.max(
    fields.voltageAV ?? Number.NEGATIVE_INFINITY,
    fields.voltageBV ?? Number.NEGATIVE_INFINITY,
    fields.voltageCV ?? Number.NEGATIVE_INFINITY,
  )
  const dead = known && volts < OUTAGE_V
  if (known && state.powered !== !dead) {
    state.powered = !dead
    state.poweredSinceMs = atMs
  }
  if (dead) state.outageMs = atMs
  return dead || atMs - state.outageMs < AFTER_OUTAGE_MS
}

/** Two meters' and gateways' clocks, and the way of a reading. */
const SLACK_MS = 10_000

/** What the meters of a site show of its registered consumers at a moment. */
export function expectedMotorOf(
  meters: { readonly [key: string]: PowerMeterState },
  loads: readonly ExpectedLoad[],
  nowMs: number,
): ExpectedMotor {
  let beganMs: ExpectedMotor['beganMs'] = null
  let toldUntilMs: number | null = null
  let strangeSinceMs: number | null = null
  for (const key in meters) {
    const { lastMs, intervalS, expectedBeganMs, sinceMs } = meters[key]!
    const slow = intervalS >= SLOW_S
    if (intervalS <= AVERAGE_S && lastMs > 0 && nowMs - lastMs <= 1000 * GAP_INTERVALS * Math.max(intervalS, 5)) {
      // A mean over an interval in which it came on may be too small to show that it did: two of them are sure.
      const toldMs = lastMs - SLACK_MS - (slow ? 2000 * intervalS : 0)
      toldUntilMs = Math.min(toldUntilMs ?? toldMs, toldMs)
      beganMs ??= expectedBeganMs
    }
    // The mean in which an expected consumer comes on is strange for one reading.
    if (sinceMs === null || (sinceMs === lastMs && slow && intervalS <= AVERAGE_S)) continue
    const beforeMs = sinceMs - 1000 * intervalS
    strangeSinceMs = Math.min(strangeSinceMs ?? beforeMs, beforeMs)
  }
  const idleUntilMs = beganMs === null ? toldUntilMs : null
  return { registered: loads.length > 0, idleUntilMs, toldUntilMs, strangeSinceMs, beganMs }
}

/** How the supply stands behind one meter; a meter that has been silent for long tells nothing. */
export function supplyOf(state: PowerMeterState, nowMs: number): SupplyView & { readonly loadW: number | null } {
  const fresh = state.lastMs > 0 && nowMs - state.lastMs <= 1000 * Math.max(60, 3 * state.intervalS)
  if (!fresh) return { powered: null, sinceMs: state.lastMs, unexplainedW: 0, silentSinceMs: null, loadW: null }
  const { powered, poweredSinceMs: sinceMs, silentSinceMs } = state
  const unexplainedW = state.sinceMs === null ? 0 : state.levelW
  return { powered, sinceMs, unexplainedW, silentSinceMs, loadW: state.levels.settled?.watts ?? null }
}

/** Largest deviation from the mean over the mean. @see NEMA MG 1, 14.36 */
function imbalanceOf({ currentAA, currentBA, currentCA }: FieldsOf<'power'>): number | null {
  if (currentAA === null || currentBA === null || currentCA === null) return null
  const mean = (currentAA + currentBA + currentCA) / 3
  if (mean <= 0) return null
  return Math.max(Math.abs(currentAA - mean), Math.abs(currentBA - mean), Math.abs(currentCA - mean)) / mean
}

interface Unexplained {
  readonly atMs: number
  readonly elapsedS: number
  readonly unexplainedW: number
  readonly explainedW: number
  readonly switched: Switched | null
}

function persisting(state: PowerMeterState, fields: FieldsOf<'power'>, load: Unexplained): Partial<PowerStep> {
  const kind = kindOfLoad(fields, load, state.baseW ?? 0)
  if (state.sinceMs === null) {
    state.sinceMs = load.atMs
    state.levelW = load.unexplainedW
    if (kind === 'motor')
      pushBounded(state.starts, { atMs: load.atMs, kw: load.unexplainedW / 1000, lasted: false }, 32)
    // One average of a quarter of an hour is proof enough by itself; a minute may hold the edge of a pump's run.
    if (state.intervalS < 10 * 60) return {}
  }
  state.levelW = Math.min(load.unexplainedW, state.levelW * 1.02)
  const held = (load.atMs - state.sinceMs) / 1000
  if (state.intervalS < 10 * 60 && held < PERSIST_S) return {}
  const last = state.starts.at(-1)
  if (last && last.atMs === state.sinceMs) {
    last.kw = state.levelW / 1000
    last.lasted = true
  }
  const minutes = Math.min(LONGEST_MINUTES, load.elapsedS / 60)
  const tan = kind === 'motor' ? MOTOR_TAN : kind === 'heating' ? 0.1 : null
  const familiarity = familiarityOfLoad(state.library, { watts: state.levelW + ALLOWANCE_W, tan }, load.atMs)
  return { minutes, kind, unexplainedW: state.levelW, familiarity }
}

/** What kind of consumer the remainder is: by its share of reactive power; without it, by how it started. */
function kindOfLoad(fields: FieldsOf<'power'>, load: Unexplained, baseW: number): PowerStep['kind'] {
  const reactive = fields.reactivePowerVar
  if (reactive === null) return kindByStart(load.switched)
  // The explained motors are taken at their rated share first; what they really draw is not known so closely.
  const rest = reactive - MOTOR_TAN * load.explainedW - 0.1 * baseW
  const tan = rest / load.unexplainedW
  if (tan > MOTOR_FROM) return 'motor'
  return tan < HEATING_TO ? 'heating' : 'unknown'
}

function kindByStart(switched: Switched | null): PowerStep['kind'] {
  if (!switched?.on) return 'unknown'
  const { inrush, evenness } = switched.appliance
  if ((inrush ?? 0) >= MOTOR_INRUSH) return 'motor'
  return evenness !== null && evenness < 1 - MOTOR_EVENNESS ? 'heating' : 'unknown'
}
