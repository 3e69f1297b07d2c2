/**
 * What a meter read over one period of the clock's grid: means weighted by how long each reading stood, extremes, and
 * unbalance. Time without readings is not covered and counts for nothing; nothing is filled in.
 */
import type { PowerReading } from '@minewarden/hardware/contract.ts'
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import { createSpacing } from './spacing.ts'

type Triple = readonly [number | null, number | null, number | null]

export interface PowerSummary {
  readonly fromAt: Instant
  readonly toAt: Instant
  /** Time of the reading that closed the period: nothing later went in. */
  readonly measuredAt: Instant
  /** Share of the period that readings of active power stood for, 0 to 1. */
  readonly coverage: number
  readonly samples: number
  readonly meanW: number
  readonly leastW: number
  readonly mostW: number
  readonly meanVar: number | null
  readonly meanVoltageV: Triple
  readonly meanCurrentA: Triple
  /** Largest deviation of a phase from the mean of all, over that mean; `null` unless all three are known. */
  readonly voltageUnbalance: number | null
  readonly currentUnbalance: number | null
  /** Integral of the active power over the covered time. */
  readonly integralWh: number
}

/** A mean whose weights are milliseconds; unknown readings weigh nothing. */
class Mean {
  #sum = 0
  weightMs: Millis = 0
  add(value: number | null, ms: Millis): void {
    if (value === null) return
    this.#sum += value * ms
    this.weightMs += ms
  }
  get value(): number | null {
    return this.weightMs > 0 ? this.#sum / this.weightMs : null
  }
}

class Period {
  readonly power = new Mean()
  readonly reactive = new Mean()
  readonly voltages = [new Mean(), new Mean(), new Mean()] as const
  readonly currents = [new Mean(), new Mean(), new Mean()] as const
  readonly fromMs: number
  samples = 0
  least = Number.POSITIVE_INFINITY
  most = Number.NEGATIVE_INFINITY

  constructor(fromMs: number) {
    this.fromMs = fromMs
  }

  hold(reading: PowerReading, ms: Millis): void {
    this.power.add(reading.activePowerW, ms)
    this.reactive.add(reading.reactivePowerVar, ms)
    for (let phase = 0; phase < 3; phase++) {
      this.voltages[phase]!.add(reading.voltageV[phase]!, ms)
      this.currents[phase]!.add(reading.currentA[phase]!, ms)
    }
  }

  see({ activePowerW }: PowerReading): void {
    if (activePowerW === null) return
    this.samples++
    this.least = Math.min(this.least, activePowerW)
    this.most = Math.max(this.most, activePowerW)
  }
}

export interface PowerSummariser {
  /** Summaries of the periods that this reading shows to be over, oldest first. */
  push(reading: PowerReading): PowerSummary[]
}

/** @param periodMs the grid counts from 1970-01-01T00:00Z; meters that are read less often give no summary */
export function createPowerSummariser(periodMs: Millis): PowerSummariser {
  const spacing = createSpacing()
  let period: Period | null = null
  let last: PowerReading | null = null

  const close = (over: Period, measuredAt: Instant): PowerSummary | null => {
    const meanW = over.power.value
    const isTooSlow = (spacing.usualMs ?? 0) > periodMs * 1.05
    if (meanW === null || over.samples === 0 || isTooSlow) return null
    const voltage = triple(over.voltages)
    const current = triple(over.currents)
    return {
      fromAt: instant(over.fromMs),
      toAt: instant(over.fromMs + periodMs),
      measuredAt,
      coverage: Math.min(1, over.power.weightMs / periodMs),
      samples: over.samples,
      meanW,
      leastW: over.least,
      mostW: over.most,
      meanVar: over.reactive.value,
      meanVoltageV: voltage,
      meanCurrentA: current,
      voltageUnbalance: unbalance(voltage),
      currentUnbalance: unbalance(current),
      integralWh: (meanW * over.power.weightMs) / 3_600_000,
    }
  }

  return {
    push(reading) {
      const summaries: PowerSummary[] = []
      if (last !== null && reading.at <= last.at) return summaries
      const { heldMs } = spacing.next(reading.at)
      // What the reading before stood for, cut at the borders of periods.
      let from: number = last?.at ?? reading.at
      const until = from + heldMs
      while (period && last && reading.at >= period.fromMs + periodMs) {
        const border = period.fromMs + periodMs
        period.hold(last, Math.max(0, Math.min(until, border) - from))
        const summary = close(period, reading.at)
        if (summary) summaries.push(summary)
        from = Math.max(from, border)
        // Periods in which nothing was read are left out, not counted one by one.
        const next = until > border ? border : Math.floor(reading.at / periodMs) * periodMs
        period = new Period(next)
      }
      period ??= new Period(Math.floor(reading.at / periodMs) * periodMs)
      if (last) period.hold(last, Math.max(0, until - Math.max(from, period.fromMs)))
      period.see(reading)
      last = reading
      return summaries
    },
  }
}

const triple = (means: readonly [Mean, Mean, Mean]): Triple => [means[0].value, means[1].value, means[2].value]

/** Largest deviation from the mean over the mean. @see NEMA MG 1, 14.36 */
function unbalance([a, b, c]: Triple): number | null {
  if (a === null || b === null || c === null) return null
  const mean = (a + b + c) / 3
  if (mean <= 0) return null
  return Math.max(Math.abs(a - mean), Math.abs(b - mean), Math.abs(c - mean)) / mean
}
