/**
 * Which standard level a meter's voltage is of: between phase and neutral or between phases, secondary or primary. It rises
 * with what is read and never falls, so that a brown-out does not become the level.
 * @see GB/T 156, and 100 V and 57.7 V of voltage transformers
 */
const LEVELS_V = [57.7, 100, 220, 380, 660, 1_140, 3_464, 5_774, 10_000, 20_207, 35_000] as const
/** Readings in a row at a higher level before it is believed: a swell ends sooner. */
const HELD = 30
/** No level: a loss, or a phase that is not connected. */
const LEAST_V = 40

export interface NominalVoltage {
  /** @returns the level; `null` before there was voltage */
  push(voltageV: readonly (number | null)[]): number | null
}

export function createNominalVoltage(): NominalVoltage {
  let level: number | null = null
  let higher = 0
  return {
    push(voltageV) {
      const highest = Math.max(...voltageV.map((voltage) => voltage ?? 0))
      if (highest < LEAST_V) return level
      const nearest = level !== null && isNear(highest, level) ? level : nearestLevel(highest)
      higher = level !== null && nearest > level ? higher + 1 : 0
      if (level === null || higher >= HELD) level = nearest
      return level
    },
  }
}

/** No other level is nearer: they lie far apart. */
const isNear = (voltage: number, level: number): boolean => voltage > 0.9 * level && voltage < 1.1 * level

const nearestLevel = (voltage: number): number =>
  LEVELS_V.reduce((best, one) => (Math.abs(Math.log(voltage / one)) < Math.abs(Math.log(voltage / best)) ? one : best))
