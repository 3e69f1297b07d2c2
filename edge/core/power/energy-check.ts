/**
 * Holds a meter's energy register against the integral of the power it reads. They part when one of them lies: a register
 * that was slowed, a transformer bridged for one of the two, a wrong ratio. Time without readings ends a comparison: what
 * was drawn then is in the register only.
 */
import type { PowerReading } from '@minewarden/hardware/contract.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { createSpacing } from './spacing.ts'

export interface EnergyCheckOptions {
  /** Smallest step of a register without transformers; behind them it is larger, and learnt from how the register moves. */
  readonly resolutionWh: number
  /** Taken for the step of a register that never moved: behind the largest transformers of a mine. */
  readonly coarsestWh: number
  /** So many of those steps must be missing before it is said to stand still. */
  readonly standingSteps: number
  /** A comparison takes at least so long, and so many steps of the register. */
  readonly leastMs: Millis
  readonly leastSteps: number
  /** Relative: of the meter itself, and of readings that stand for the time until the next. */
  readonly accuracy: number
}
export const ENERGY_CHECK: EnergyCheckOptions = {
  resolutionWh: 10,
  coarsestWh: 20_000,
  standingSteps: 5,
  leastMs: 900_000,
  leastSteps: 50,
  accuracy: 0.02,
}

export interface EnergyComparison {
  readonly fromAt: Instant
  readonly measuredAt: Instant
  readonly registerWh: number
  readonly integralWh: number
  /** Register over integral; `null` when the register went back, or counts while the readings show no load. */
  readonly ratio: number | null
  /** The ratio is within this of the truth when both are honest. */
  readonly uncertainty: number
}

export function createEnergyCheck(options: EnergyCheckOptions = ENERGY_CHECK): {
  push(reading: PowerReading): EnergyComparison | null
} {
  const spacing = createSpacing()
  let from: { readonly at: Instant; readonly registerWh: number } | null = null
  let last: PowerReading | null = null
  let integralWh = 0
  let lastRegisterWh: number | null = null
  /** The smallest move that was seen. */
  let stepWh: number | null = null

  const begin = (reading: PowerReading) => {
    from = reading.activeEnergyWh === null ? null : { at: reading.at, registerWh: reading.activeEnergyWh }
    integralWh = 0
  }

  return {
    push(reading) {
      if (last !== null && reading.at <= last.at) return null
      const { isBroken } = spacing.next(reading.at)
      const before = last
      last = reading
      if (!before || isBroken || before.activePowerW === null || from === null) {
        begin(reading)
        return null
      }
      integralWh += (before.activePowerW * (reading.at - before.at)) / 3_600_000
      if (reading.activeEnergyWh === null) return null
      const movedWh = lastRegisterWh === null ? 0 : reading.activeEnergyWh - lastRegisterWh
      lastRegisterWh = reading.activeEnergyWh
      if (movedWh > 0) stepWh = Math.max(options.resolutionWh, Math.min(stepWh ?? movedWh, movedWh))
      const resolutionWh = stepWh ?? options.coarsestWh
      const steps = stepWh === null ? options.standingSteps : options.leastSteps
      const registerWh = reading.activeEnergyWh - from.registerWh
      const isBack = registerWh < 0
      const most = Math.max(registerWh, Math.abs(integralWh))
      const isDue = reading.at - from.at >= options.leastMs && most >= steps * resolutionWh
      if (!isBack && !isDue) return null
      const comparison: EnergyComparison = {
        fromAt: from.at,
        measuredAt: reading.at,
        registerWh,
        integralWh,
        ratio: isBack || integralWh <= 0 ? null : registerWh / integralWh,
        uncertainty: options.accuracy + resolutionWh / Math.max(most, resolutionWh),
      }
      begin(reading)
      return comparison
    },
  }
}
