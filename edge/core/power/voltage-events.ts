/**
 * Dips, swells and losses of each phase's voltage, as far as readings a second or more apart can show them: a dip between
 * two readings is not seen. An unknown voltage is no loss: a silent meter is told from a dead line elsewhere.
 * @see IEC 61000-4-30, 5.4
 */
import type { PowerReading } from '@minewarden/hardware/contract.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { createNominalVoltage } from './nominal-voltage.ts'

export interface VoltageLimits {
  /** `learnt`: the standard level that the readings show; nothing is told before. */
  readonly nominalV: number | 'learnt'
  /** Shares of the nominal voltage. */
  readonly dipBelow: number
  readonly swellAbove: number
  readonly lossBelow: number
  /** An event ends this much inside the limit, so that it does not chatter. */
  readonly hysteresis: number
}
/** Mines are metered at the transformer's 220 V or behind voltage transformers at some kV. */
export const VOLTAGE_LIMITS: VoltageLimits = {
  nominalV: 'learnt',
  dipBelow: 0.9,
  swellAbove: 1.1,
  lossBelow: 0.1,
  hysteresis: 0.02,
}

export interface VoltageEvent {
  readonly kind: 'dip' | 'swell' | 'loss'
  readonly phase: 'A' | 'B' | 'C'
  readonly at: Instant
  readonly measuredAt: Instant
  /** Lowest of a dip or a loss, highest of a swell, up to now. */
  readonly extremeV: number
  /** `null`: it goes on. */
  readonly durationS: number | null
}

type Open = Pick<VoltageEvent, 'kind' | 'phase' | 'at'> & { extremeV: number }
const PHASES = ['A', 'B', 'C'] as const

/** Tells each event when it begins, when a dip becomes a loss, and when it ends. */
export function createVoltageWatch(limits: VoltageLimits = VOLTAGE_LIMITS): {
  push(reading: PowerReading): VoltageEvent[]
} {
  const open: (Open | null)[] = [null, null, null]
  const learnt = createNominalVoltage()

  const kindOf = (share: number, running: Open | null): VoltageEvent['kind'] | null => {
    const slack = (kind: VoltageEvent['kind']) => (running?.kind === kind ? limits.hysteresis : 0)
    if (share < limits.lossBelow + slack('loss')) return 'loss'
    if (share < limits.dipBelow + slack('dip')) return 'dip'
    return share > limits.swellAbove - slack('swell') ? 'swell' : null
  }

  const pushPhase = (index: number, voltage: number, nominalV: number, at: Instant): VoltageEvent[] => {
    const running = open[index] ?? null
    const kind = kindOf(voltage / nominalV, running)
    if (running && running.kind === kind) {
      running.extremeV = kind === 'swell' ? Math.max(running.extremeV, voltage) : Math.min(running.extremeV, voltage)
      return []
    }
    const told: VoltageEvent[] = []
    if (running) told.push({ ...running, measuredAt: at, durationS: (at - running.at) / 1000 })
    open[index] = kind === null ? null : { kind, phase: PHASES[index]!, at, extremeV: voltage }
    const begun = open[index]
    if (begun) told.push({ ...begun, measuredAt: at, durationS: null })
    return told
  }

  return {
    push({ voltageV, at }) {
      const nominalV = limits.nominalV === 'learnt' ? learnt.push(voltageV) : limits.nominalV
      if (nominalV === null) return []
      return voltageV.flatMap((voltage, index) => (voltage === null ? [] : pushPhase(index, voltage, nominalV, at)))
    },
  }
}
