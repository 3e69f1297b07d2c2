import type { PowerReading } from '@minewarden/hardware/contract.ts'
import { instant } from '@minewarden/protocol/time.ts'

/** A moment that lies on every grid: midnight by UTC. */
export const MIDNIGHT = Date.UTC(2026, 2, 1)

/** A three-phase load at 220 V, of power factor 0.8. */
export function reading(atS: number, watts: number | null, more: Partial<PowerReading> = {}): PowerReading {
  const ampere = watts === null ? null : watts / (3 * 220 * 0.8)
  return {
    kind: 'power',
    at: instant(MIDNIGHT + atS * 1000),
    activePowerW: watts,
    reactivePowerVar: watts === null ? null : watts * 0.75,
    voltageV: [220, 220, 220],
    currentA: [ampere, ampere, ampere],
    activeEnergyWh: null,
    simulated: true,
    clock: 'ntp',
    ...more,
  }
}

/** Readings each `everyS` seconds from `fromS` until before `toS`. */
export function* load(
  fromS: number,
  toS: number,
  watts: (s: number) => number | null,
  everyS = 1,
): Generator<PowerReading> {
  for (let s = fromS; s < toS; s += everyS) yield reading(s, watts(s))
}
