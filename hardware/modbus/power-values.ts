/**
 * From a meter's raw numbers to power: units, the ratios of the transformers, and whether a number can be true at all. It
 * cannot see a number that is wrong and possible.
 */
import { type Measure, type MeterRegister, QUANTITIES, type Quantity } from './profile.ts'

/** What stands between the meter and the line, where the meter does not multiply by itself. */
export interface Ratios {
  readonly ctRatio: number
  readonly ptRatio: number
}

/** In V, A, W, var, Wh; `null`: the meter does not tell. */
export interface PowerValues {
  readonly activePowerW: number | null
  readonly reactivePowerVar: number | null
  readonly voltageV: readonly [number | null, number | null, number | null]
  readonly currentA: readonly [number | null, number | null, number | null]
  readonly activeEnergyWh: number | null
}

/** What no meter at a mine measures on its own terminals; wrong word orders and scales lead beyond nearly always. */
const LIMITS: { readonly [M in Measure]: { readonly least: number; readonly most: number } } = {
  voltage: { least: 0, most: 100_000 },
  current: { least: -10_000, most: 10_000 },
  power: { least: -1e8, most: 1e8 },
  reactive: { least: -1e8, most: 1e8 },
  energy: { least: 0, most: 1e13 },
}
/** What is nearer to zero and not zero is no measurement but a float with its words the wrong way round. */
const SMALLEST = 1e-20

/** A value in its unit, before the ratios. */
export type TrueValue = { readonly value: number } | { readonly problem: string }

/** Turns a raw number into its unit, or says why it cannot be true. */
export function trueValue(raw: number, register: Pick<MeterRegister, 'quantity' | 'factor'>): TrueValue {
  const { quantity, factor } = register
  const value = raw * factor
  const { least, most } = LIMITS[QUANTITIES[quantity]]
  if (!Number.isFinite(value)) return { problem: `${quantity} is not a number` }
  if (value !== 0 && Math.abs(value) < SMALLEST) return { problem: `${quantity} ${value} is no measurement` }
  if (value < least || value > most) return { problem: `${quantity} ${value} is beyond all measure` }
  return { value }
}

/** What was read, multiplied by the ratios; what was not read is `null`. */
export function powerValues(read: ReadonlyMap<Quantity, number>, { ctRatio, ptRatio }: Ratios): PowerValues {
  const of = (quantity: Quantity, ratio: number): number | null => {
    const value = read.get(quantity)
    return value === undefined ? null : value * ratio
  }
  return {
    activePowerW: of('activePower', ctRatio * ptRatio),
    reactivePowerVar: of('reactivePower', ctRatio * ptRatio),
    voltageV: [of('voltageA', ptRatio), of('voltageB', ptRatio), of('voltageC', ptRatio)],
    currentA: [of('currentA', ctRatio), of('currentB', ctRatio), of('currentC', ctRatio)],
    activeEnergyWh: of('activeEnergy', ctRatio * ptRatio),
  }
}
