/** What follows from a meter's readings: summaries, steps, voltage events, the register's honesty, the night's share. */
import type { PowerReading } from '@minewarden/hardware/contract.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { createEnergyCheck, type EnergyComparison } from '../power/energy-check.ts'
import { createNightShare, type NightShare } from '../power/night-share.ts'
import { createStepFinder, type PowerStep } from '../power/steps.ts'
import { createPowerSummariser, type PowerSummary } from '../power/summary.ts'
import { createVoltageWatch, type VoltageEvent } from '../power/voltage-events.ts'
import { timing } from './device-reading.ts'
import type { MeasureOptions } from './measure.ts'

const MINUTE: Millis = 60_000
const QUARTER: Millis = 900_000

export interface PowerFeatures {
  /** The features that this reading completes. */
  push(reading: PowerReading): Reading[]
}

export function createPowerFeatures(sensor: MeasureOptions['sensor']): PowerFeatures {
  const minutes = createPowerSummariser(MINUTE)
  const quarters = createPowerSummariser(QUARTER)
  const steps = createStepFinder()
  const voltages = createVoltageWatch()
  const register = createEnergyCheck()
  const nights = createNightShare()

  return {
    push(reading) {
      const clock = timing(reading)
      const head = (at: Instant) => ({ sensor, channel: null, measuredAt: at, ...clock })
      const closed = quarters.push(reading)
      const step = steps.push(reading)
      const comparison = register.push(reading)
      return [
        ...minutes.push(reading).map((summary) => summaryReading(head(summary.measuredAt), summary, MINUTE)),
        ...closed.map((summary) => summaryReading(head(summary.measuredAt), summary, QUARTER)),
        ...(step ? [stepReading(head(step.measuredAt), step)] : []),
        ...voltages.push(reading).map((event) => voltageReading(head(event.measuredAt), event)),
        ...(comparison ? [energyReading(head(comparison.measuredAt), comparison)] : []),
        ...closed
          .map((summary) => nights.push(summary))
          .filter((share) => share !== null)
          .map((share) => nightReading(head(reading.at), share)),
      ]
    },
  }
}

type Head = Pick<Reading, 'sensor' | 'channel' | 'measuredAt' | 'clock' | 'clockErrorMs'>

const summaryReading = (head: Head, summary: PowerSummary, periodMs: Millis): Reading => ({
  ...head,
  kind: 'powerSummary',
  fields: {
    periodS: periodMs / 1000,
    fromMs: summary.fromAt,
    coverage: summary.coverage,
    meanW: summary.meanW,
    leastW: summary.leastW,
    mostW: summary.mostW,
    meanVar: summary.meanVar,
    meanVoltageAV: summary.meanVoltageV[0],
    meanVoltageBV: summary.meanVoltageV[1],
    meanVoltageCV: summary.meanVoltageV[2],
    meanCurrentAA: summary.meanCurrentA[0],
    meanCurrentBA: summary.meanCurrentA[1],
    meanCurrentCA: summary.meanCurrentA[2],
    voltageUnbalance: summary.voltageUnbalance,
    currentUnbalance: summary.currentUnbalance,
    integralWh: summary.integralWh,
  },
})

const stepReading = (
  head: Head,
  { at, beforeW, stepW, stepVar, inrushRatio, inrushS, phases }: PowerStep,
): Reading => ({
  ...head,
  kind: 'powerStep',
  fields: { onsetMs: at, beforeW, stepW, stepVar, inrushRatio, inrushS, phases },
})

const voltageReading = (head: Head, { kind, phase, at, extremeV, durationS }: VoltageEvent): Reading => ({
  ...head,
  kind: 'voltageEvent',
  fields: { event: kind, phase, onsetMs: at, extremeV, durationS },
})

const energyReading = (
  head: Head,
  { fromAt, registerWh, integralWh, ratio, uncertainty }: EnergyComparison,
): Reading => ({ ...head, kind: 'energyCheck', fields: { fromMs: fromAt, registerWh, integralWh, ratio, uncertainty } })

const nightReading = (head: Head, { nightW, dayW, ratio }: NightShare): Reading => ({
  ...head,
  kind: 'nightShare',
  fields: { nightW, dayW, ratio },
})
