/**
 * What the rules' probabilities are worth: one sharpness, and a bias for each class that is told, fitted by
 * `npm run train` on composed recordings and held against recordings left out (`docs/detection.md`). Classes that are
 * told as bouts, or not at all, share one bias of 0.
 */
import type { EventClass } from '@minewarden/protocol/finding.ts'

/** Classes with a bias of their own. */
export const CALIBRATED = ['blast', 'earthquake', 'vehicle', 'footstep'] as const

export interface Calibration {
  /** Multiplies log-probabilities: below 1 the rules were too sure. */
  readonly sharpness: number
  readonly bias: { readonly [K in (typeof CALIBRATED)[number]]: number }
}

/** Written by `npm run train`. */
export const CALIBRATION: Calibration = {
  sharpness: 0.86,
  bias: { blast: -1.44, earthquake: -1.73, vehicle: -1.21, footstep: -2.56 },
}

const LEAST = 1e-9

/** Probabilities of all classes after calibration; what is in none of {@link CALIBRATED} keeps its shares of the rest. */
export function calibrated(
  raw: { readonly [K in EventClass]: number },
  { sharpness, bias }: Calibration = CALIBRATION,
): { readonly [K in EventClass]: number } {
  const isOwn = (c: string): c is keyof Calibration['bias'] => Object.hasOwn(bias, c)
  const classes = Object.keys(raw) as EventClass[]
  const rest = classes.reduce((sum, c) => (isOwn(c) ? sum : sum + raw[c]), 0)
  const weightOf = (p: number, b: number) => Math.exp(sharpness * Math.log(Math.max(p, LEAST)) + b)
  const restWeight = weightOf(rest, 0)
  const weights = classes.map((c) =>
    isOwn(c) ? weightOf(raw[c], bias[c]) : restWeight * (raw[c] / Math.max(rest, LEAST)),
  )
  const sum = weights.reduce((total, w) => total + w, 0)
  return Object.fromEntries(classes.map((c, i) => [c, weights[i]! / sum])) as { [K in EventClass]: number }
}
