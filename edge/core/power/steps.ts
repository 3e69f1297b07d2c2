/**
 * Steps of a load: something was switched on or off. Between two settled levels lies a transition, in which a motor that
 * starts on the line draws several times its current. Readings a second apart miss the height of a short inrush, so its
 * ratio is a lower bound; slower meters show no steps. A ramp that never settles is given up after a while.
 */
import type { PowerReading } from '@minewarden/hardware/contract.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { createSpacing } from './spacing.ts'

/** Slower readings are averages or show nothing of a start. */
const SLOWEST_MS: Millis = 5_000
/** Smaller changes are lamps and noise. */
const LEAST_STEP_W = 150
/** On a large load, noise is larger too. */
const LEAST_STEP_SHARE = 0.05
/** A level has settled when so many readings lie within the tolerance. */
const SETTLED_READINGS = 4
const GIVE_UP_READINGS = 45
/** A phase takes part when its current changes by this share of the largest change. */
const PHASE_SHARE = 0.25

export interface PowerStep {
  /** When the load began to change. */
  readonly at: Instant
  /** Of the last reading that it rests on. */
  readonly measuredAt: Instant
  readonly beforeW: number
  readonly stepW: number
  readonly stepVar: number | null
  /** Peak over settled increase of current (of power where currents are unknown), at least; `null` for a load that went off. */
  readonly inrushRatio: number | null
  readonly inrushS: number | null
  /** Phases whose current changed: `A`, `BC`, `ABC`; empty where currents are unknown. */
  readonly phases: string
}

interface Level {
  readonly watts: number
  readonly vars: number | null
  readonly amperes: readonly [number | null, number | null, number | null]
}

const levelOf = ({ activePowerW, reactivePowerVar, currentA }: PowerReading): Level => ({
  watts: activePowerW ?? 0,
  vars: reactivePowerVar,
  amperes: currentA,
})

export function createStepFinder(): { push(reading: PowerReading): PowerStep | null } {
  const spacing = createSpacing()
  let settled: Level | null = null
  let transition: PowerReading[] = []

  const forget = () => {
    settled = null
    transition = []
  }

  return {
    push(reading) {
      const { isBroken } = spacing.next(reading.at)
      if (isBroken || reading.activePowerW === null || (spacing.usualMs ?? 0) > SLOWEST_MS) {
        forget()
        if (reading.activePowerW !== null) transition.push(reading)
        return null
      }
      if (
        settled &&
        transition.length === 0 &&
        Math.abs(reading.activePowerW - settled.watts) <= tolerance(settled.watts)
      ) {
        settled = followed(settled, levelOf(reading))
        return null
      }
      transition.push(reading)
      const after = settledLevel(transition)
      if (!after) {
        if (transition.length >= GIVE_UP_READINGS) forget()
        return null
      }
      const step = settled ? stepBetween(settled, after, transition) : null
      settled = after
      transition = []
      return step
    },
  }
}

const tolerance = (watts: number): number => Math.max(LEAST_STEP_W, Math.abs(watts) * LEAST_STEP_SHARE)

/** A level drifts slowly: a pump warms, a voltage falls. */
const DRIFT = 0.1
const drifted = (old: number | null, now: number | null) =>
  old === null || now === null ? now : old + (now - old) * DRIFT
const followed = (old: Level, now: Level): Level => ({
  watts: old.watts + (now.watts - old.watts) * DRIFT,
  vars: drifted(old.vars, now.vars),
  amperes: [
    drifted(old.amperes[0], now.amperes[0]),
    drifted(old.amperes[1], now.amperes[1]),
    drifted(old.amperes[2], now.amperes[2]),
  ],
})

function settledLevel(readings: readonly PowerReading[]): Level | null {
  const last = readings.slice(-SETTLED_READINGS)
  if (last.length < SETTLED_READINGS) return null
  const watts = last.map((reading) => reading.activePowerW!)
  if (Math.max(...watts) - Math.min(...watts) > tolerance(watts.at(-1)!)) return null
  return {
    watts: mean(watts)!,
    vars: mean(last.map((reading) => reading.reactivePowerVar)),
    amperes: [
      mean(last.map(({ currentA }) => currentA[0])),
      mean(last.map(({ currentA }) => currentA[1])),
      mean(last.map(({ currentA }) => currentA[2])),
    ],
  }
}

const mean = (values: readonly (number | null)[]): number | null => {
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return values.length > 0 ? sum / values.length : null
}

function stepBetween(before: Level, after: Level, transition: readonly PowerReading[]): PowerStep | null {
  const stepW = after.watts - before.watts
  if (Math.abs(stepW) < tolerance(Math.min(before.watts, after.watts))) return null
  const inrush = stepW > 0 ? inrushOf(before, after, transition) : null
  return {
    at: transition[0]!.at,
    measuredAt: transition.at(-1)!.at,
    beforeW: before.watts,
    stepW,
    stepVar: before.vars === null || after.vars === null ? null : after.vars - before.vars,
    inrushRatio: inrush?.ratio ?? null,
    inrushS: inrush?.seconds ?? null,
    phases: phasesOf(before, after),
  }
}

const sumOf = (amperes: Level['amperes']): number | null => {
  const known = amperes.filter((value) => value !== null)
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null
}

/** By current where it is known: during an inrush the power factor is low, and the power shows less of it. */
function inrushOf(before: Level, after: Level, transition: readonly PowerReading[]) {
  const from = sumOf(before.amperes)
  const to = sumOf(after.amperes)
  const isByCurrent = from !== null && to !== null && to > from
  const base = isByCurrent ? from : before.watts
  const increase = isByCurrent ? to - from : after.watts - before.watts
  let peak = increase
  let endAt = transition[0]!.at
  for (const reading of transition) {
    const value = isByCurrent ? sumOf(reading.currentA) : reading.activePowerW
    if (value === null) continue
    peak = Math.max(peak, value - base)
    // Over when it has come down to within a tenth of where it stays.
    if (value - base > 1.1 * increase) endAt = reading.at
  }
  return { ratio: peak / increase, seconds: (endAt - transition[0]!.at) / 1000 }
}

function phasesOf(before: Level, after: Level): string {
  const changes = before.amperes.map((value, i) => {
    const now = after.amperes[i] ?? null
    return value === null || now === null ? 0 : Math.abs(now - value)
  })
  const largest = Math.max(...changes)
  return largest === 0 ? '' : ['A', 'B', 'C'].filter((_, i) => changes[i]! >= PHASE_SHARE * largest).join('')
}
