import { z } from 'zod'

const quantity = z.number().nullable()

/**
 * Peaks of a transient as blast monitoring reports them. `null`: not measured, or not known. The uncertainties are
 * relative and expanded (k = 2), without the coupling of the sensor to the ground.
 */
export const BlastPeaks = z.strictObject({
  verticalMmPerS: quantity,
  northMmPerS: quantity,
  eastMmPerS: quantity,
  /** Zero-crossing frequency at the peak of each axis. */
  verticalHz: quantity,
  northHz: quantity,
  eastHz: quantity,
  /** Largest length of the vector over time. */
  vectorMmPerS: quantity,
  uncertainty: quantity,
  /** Of the wave in the air that belongs to it; dB re 20 uPa, unweighted. */
  airPa: quantity,
  airDbL: quantity,
  airUncertainty: quantity,
})
export type BlastPeaks = z.infer<typeof BlastPeaks>

export const AXES = ['vertical', 'north', 'east'] as const
export type Axis = (typeof AXES)[number]
