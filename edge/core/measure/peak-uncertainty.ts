/**
 * How far a peak is to be believed: the flat band's uncertainty as the calibration gives it, and at the peak's own
 * frequency what the corner's and the damping's tolerances do, what correction and filters leave, and what the
 * interpolation between samples misses. Not in it: the coupling to the ground, and noise under the peak.
 */
import type { InstrumentResponse } from '@minewarden/hardware/contract.ts'
import { amplitudeAt, coilAmplitude } from '../dsp/instrument-correction.ts'
import { interpolationError } from './true-peak.ts'

/** A coil's natural frequency and damping lie about so near to what its sheet says, if no better is known. */
const CORNER_TOLERANCE = 0.1
const DAMPING_TOLERANCE = 0.15

/** @returns relative expanded uncertainty (k = 2), or `null` where the sensitivity is not known */
export function peakUncertainty(response: InstrumentResponse | null, hz: number | null, rateHz: number): number | null {
  if (!response || response.uncertainty === null || hz === null) return null
  const halfWidths = [
    1 - amplitudeAt(response, hz, rateHz),
    interpolationError(hz / rateHz),
    ...cornerParts(response, hz),
  ]
  return Math.sqrt(response.uncertainty ** 2 + (4 * halfWidths.reduce((sum, a) => sum + a * a, 0)) / 3)
}

/** What a corner and a damping at the end of their tolerances would do to the amplitude. */
function cornerParts({ cornerHz, damping, ...tolerance }: InstrumentResponse, hz: number): number[] {
  if (cornerHz === null) return []
  const { cornerTolerance = CORNER_TOLERANCE, dampingTolerance = DAMPING_TOLERANCE } = tolerance
  const h = damping ?? Math.SQRT1_2
  const here = coilAmplitude(hz, cornerHz, h)
  return [
    coilAmplitude(hz, cornerHz * (1 + cornerTolerance), h) / here - 1,
    coilAmplitude(hz, cornerHz, h * (1 + dampingTolerance)) / here - 1,
  ]
}
