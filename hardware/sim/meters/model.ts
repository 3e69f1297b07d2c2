import type { Millis } from '@minewarden/protocol/time.ts'

/** What a simulated meter measures; `null`: it does not have it. Secondary values. */
export interface MeterTruth {
  readonly voltageV: readonly [number | null, number | null, number | null]
  readonly currentA: readonly [number | null, number | null, number | null]
  readonly activePowerW: number
  readonly reactivePowerVar: number
  readonly activeEnergyWh: number
  /** What a meter that is not asked for it need not have. */
  readonly reverseActiveEnergyWh?: number
  readonly powerFactor?: number
  readonly frequencyHz?: number
  readonly neutralCurrentA?: number
}

/** How a simulated meter misbehaves; all may be changed while it runs. */
export interface MeterFaults {
  /** It answers nothing. */
  isDead: boolean
  /** Added to its delay. */
  lateMs: Millis
  /** The address under which it answers, in place of its own. */
  answersAs: string | null
  /** The error byte that it answers everything with. */
  refusesWith: number | null
}

export const noFaults = (): MeterFaults => ({ isDead: false, lateMs: 0, answersAs: null, refusesWith: null })
