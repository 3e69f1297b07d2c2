/** Fits the five numbers of `class-calibration.ts` by likelihood, with a weak pull of each bias to 0. */
import { CALIBRATED, type Calibration } from '@minewarden/cloud/core/detection/class-calibration.ts'

/** Log-probabilities of {@link CALIBRATED} and, last, of all the rest together. */
export type GroupLogs = readonly number[]

const STEPS = 3000
const RATE = 0.5
const PULL = 0.5

/** @param truths index into {@link CALIBRATED}, or its length for the rest */
export function fitCalibration(rows: readonly GroupLogs[], truths: readonly number[]): Calibration {
  const own = CALIBRATED.length
  let sharpness = 1
  const bias = new Float64Array(own)
  for (let step = 0; step < STEPS; step++) {
    let bySharpness = 0
    const byBias = new Float64Array(own)
    rows.forEach((logs, i) => {
      const p = probabilitiesOf(logs, sharpness, bias)
      p.forEach((x, k) => {
        const error = x - (k === truths[i] ? 1 : 0)
        bySharpness += error * logs[k]!
        if (k < own) byBias[k] = byBias[k]! + error
      })
    })
    // The slope along the sharpness is steeper by the size of the logs.
    sharpness -= (0.02 * RATE * bySharpness) / rows.length
    for (let k = 0; k < own; k++) bias[k] = bias[k]! - (4 * RATE * (byBias[k]! + PULL * bias[k]!)) / rows.length
  }
  const entries = CALIBRATED.map((name, k) => [name, Number(bias[k]!.toFixed(2))])
  return { sharpness: Number(sharpness.toFixed(2)), bias: Object.fromEntries(entries) as Calibration['bias'] }
}

function probabilitiesOf(logs: GroupLogs, sharpness: number, bias: Float64Array): number[] {
  const scores = logs.map((log, k) => sharpness * log + (bias[k] ?? 0))
  const top = Math.max(...scores)
  const weights = scores.map((s) => Math.exp(s - top))
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((w) => w / sum)
}

/** What a calibration makes of the logs, in the same order. */
export const applyCalibration = ({ sharpness, bias }: Calibration, logs: GroupLogs): number[] =>
  probabilitiesOf(
    logs,
    sharpness,
    Float64Array.from(CALIBRATED, (name) => bias[name]),
  )
