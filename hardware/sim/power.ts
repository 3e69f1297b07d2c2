import { instant } from '@minewarden/protocol/time.ts'
import type { PowerReading } from '../contract.ts'
import type { MachineAct, WelderAct } from './act.ts'
import { createLoad, machineOf } from './machine-load.ts'
import { createRandom } from './random.ts'
import type { Site } from './site-model.ts'
import type { SupplyLog } from './supply-log.ts'
import { daylight, type Occurrence } from './timeline.ts'

/**
 * What the site's meter shows each second: standing load, motors with their starts, a welder.
 *
 * A model: motors started direct on line draw 5-7 times their current at a power factor of 0.3 for about a second, then
 * run at 0.85 or less when part-loaded; the line drops voltage. A meter's register is the mean over its last fifth of
 * a second, so it is taken as the value at the tick. Numbers are textbook ones; no meter at a mine was measured.
 */

const NOMINAL_V = 220
/** Resistance of the line to the site, ohm. */
const LINE_OHM = 0.045
/** What was drawn before the first reading is added up in at most so many steps. */
const MAX_CATCH_UP_STEPS = 5_000
const START_POWER_FACTOR = 0.3
const WELD_POWER_FACTOR = 0.62

type Three = [number, number, number]
/** Active and reactive power of each phase. */
interface Draw {
  readonly activeW: Three
  readonly reactiveVar: Three
}
type Load = (atMs: number) => Draw | null

export function createPowerMeter(site: Site, log: SupplyLog): (atMs: number) => PowerReading {
  const random = createRandom(site.seed, 'meter')
  const mains = createMains(site.seed)
  const loads = createLoads(site, log)
  const registerWh = createRandom(site.seed, 'meter-history').between(1e5, 2e7)
  let energyWh: number | null = null
  let lastMs = 0

  /** So that the register does not fall when a gateway is started again; outages in that time are not known. */
  function drawnBefore(atMs: number): number {
    const spanMs = Math.max(0, atMs - site.startAt)
    const stepMs = Math.max(1_000, spanMs / MAX_CATCH_UP_STEPS)
    let drawnWh = 0
    for (let t = site.startAt + stepMs; t <= atMs; t += stepMs) {
      drawnWh += wattHours(sum(total(loads(t)).activeW), stepMs)
    }
    return drawnWh
  }

  return (atMs) => {
    const on = log.supplied()
    const draw: Draw = on ? total(loads(atMs)) : { activeW: [0, 0, 0], reactiveVar: [0, 0, 0] }
    const idle = mains(atMs)
    const phases = [0, 1, 2].map((phase) => measure(draw.activeW[phase]!, draw.reactiveVar[phase]!, idle[phase]!, on))
    const activePowerW = sum(draw.activeW)
    const noisy = (value: number, digits: number) => round(value * (1 + 0.0015 * random.gaussian()), digits)
    energyWh = energyWh === null ? registerWh + drawnBefore(atMs) : energyWh + wattHours(activePowerW, atMs - lastMs)
    lastMs = atMs
    return {
      kind: 'power',
      at: instant(atMs),
      activePowerW: noisy(activePowerW, 1),
      reactivePowerVar: noisy(sum(draw.reactiveVar), 1),
      voltageV: phases.map(({ volts }) => noisy(volts, 1)) as Three,
      currentA: phases.map(({ amperes }) => noisy(amperes, 3)) as Three,
      activeEnergyWh: round(energyWh, 1),
      simulated: !on,
      clock: 'ntp',
    }
  }
}

/** Voltage under load, and the current that the power then is. */
function measure(activeW: number, reactiveVar: number, idleV: number, on: boolean): { volts: number; amperes: number } {
  if (!on) return { volts: 0, amperes: 0 }
  const apparentVa = Math.hypot(activeW, reactiveVar)
  const volts = idleV - (apparentVa / idleV) * LINE_OHM
  return { volts, amperes: apparentVa / volts }
}

/** The grid's own voltage: phases a little apart, up and down over minutes. */
function createMains(seed: number): (atMs: number) => Three {
  const random = createRandom(seed, 'mains')
  const phases = [0, 1, 2].map(() => ({
    meanV: NOMINAL_V * (1 + random.between(-0.012, 0.012)),
    turnsPerMs: (2 * Math.PI) / random.between(200_000, 900_000),
    turn: random.between(0, 2 * Math.PI),
  }))
  return (atMs) =>
    phases.map(({ meanV, turnsPerMs, turn }) => meanV + 1.6 * Math.sin(atMs * turnsPerMs + turn)) as Three
}

/** Every load that touches a moment; a load is made when its occurrence begins and dropped when it is over. */
function createLoads(site: Site, log: SupplyLog): (atMs: number) => Draw[] {
  const standing = standingLoad(site)
  let known = new Map<string, Load | null>()
  return (atMs) => {
    const present = new Map<string, Load | null>()
    const draws = [standing(atMs)]
    for (const occurrence of site.timeline.between(atMs, atMs + 1)) {
      const before = known.get(occurrence.key)
      const load = before === undefined ? loadOf(site, log, occurrence) : before
      present.set(occurrence.key, load)
      if (!load || atMs < occurrence.fromMs || atMs >= occurrence.toMs || !log.drives(occurrence, atMs)) continue
      const draw = load(atMs)
      if (draw) draws.push(draw)
    }
    known = present
    return draws
  }
}

function loadOf(site: Site, log: SupplyLog, occurrence: Occurrence): Load | null {
  const { act } = occurrence
  if (act.kind === 'welder') return welder(site.seed, occurrence, act)
  return act.kind === 'machine' && machineOf(act).drive === 'electric' ? motor(site.seed, log, occurrence, act) : null
}

/** Lamps come on with the dark. */
function standingLoad({ scenario, seed }: Site): (atMs: number) => Draw {
  const lamps = createRandom(seed, 'lamps').between(0.4, 0.6)
  return (atMs) => {
    const activeW = scenario.standingW * (1 - lamps * daylight(atMs))
    return { activeW: [activeW * 0.86, activeW * 0.07, activeW * 0.07], reactiveVar: [activeW * 0.1, 0, 0] }
  }
}

function motor(seed: number, log: SupplyLog, occurrence: Occurrence, act: MachineAct): Load {
  const machine = machineOf(act)
  const random = createRandom(seed, 'motor', occurrence.key)
  const ratedVa = (act.ratedW ?? machine.ratedW) / 0.86
  const load = createLoad(seed, occurrence, machine)
  // At least a second, so that a meter that is read each second meets it.
  const start = { times: random.between(5.2, 6.8), forMs: random.between(1_050, 1_450) }
  const lean: Three = [random.between(0.98, 1.02), random.between(0.98, 1.02), random.between(0.98, 1.02)]
  return (atMs) => {
    const sinceMs = atMs - Math.max(occurrence.fromMs, log.restoredMs())
    if (sinceMs < start.forMs) return threePhase(ratedVa * startTimes(start, sinceMs), START_POWER_FACTOR, lean)
    const share = load(atMs)
    const powerFactor = 0.86 - 0.34 * Math.max(0, 0.85 - share)
    return threePhase(((act.ratedW ?? machine.ratedW) * share) / powerFactor, powerFactor, lean)
  }
}

/** Current falls little until the motor is near its speed. */
const startTimes = ({ times, forMs }: { times: number; forMs: number }, sinceMs: number): number =>
  times * (1 - 0.15 * (sinceMs / forMs) ** 3)

function threePhase(apparentVa: number, powerFactor: number, lean: Three): Draw {
  const active = (apparentVa * powerFactor) / 3
  const reactive = (apparentVa * Math.sqrt(1 - powerFactor * powerFactor)) / 3
  return {
    activeW: lean.map((share) => share * active) as Three,
    reactiveVar: lean.map((share) => share * reactive) as Three,
  }
}

/** Seams of a few seconds on phase B, with pauses in which the transformer idles. */
function welder(seed: number, occurrence: Occurrence, act: WelderAct): Load {
  const random = createRandom(seed, 'welder', occurrence.key)
  const seams: { fromMs: number; toMs: number; share: number }[] = []
  for (let at = occurrence.fromMs + 2_000; at < occurrence.toMs; ) {
    const forMs = random.between(2_000, 8_000)
    seams.push({ fromMs: at, toMs: at + forMs, share: random.between(0.8, 1.05) })
    at += forMs + random.between(2_000, 6_000)
  }
  return (atMs) => {
    const share = seams.find((seam) => atMs >= seam.fromMs && atMs < seam.toMs)?.share ?? 0.03
    const active = act.ratedW * share
    const reactive = active * Math.sqrt(1 / WELD_POWER_FACTOR ** 2 - 1)
    return { activeW: [0, active, 0], reactiveVar: [0, reactive, 0] }
  }
}

function total(draws: readonly Draw[]): Draw {
  const activeW: Three = [0, 0, 0]
  const reactiveVar: Three = [0, 0, 0]
  for (const draw of draws) {
    for (let phase = 0; phase < 3; phase++) {
      activeW[phase]! += draw.activeW[phase]!
      reactiveVar[phase]! += draw.reactiveVar[phase]!
    }
  }
  return { activeW, reactiveVar }
}

const sum = ([a, b, c]: Three): number => a + b + c
const wattHours = (watts: number, forMs: number): number => (watts * forMs) / 3_600_000
const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits
