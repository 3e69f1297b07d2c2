/**
 * Makes good what an instrument takes from an amplitude: a moving coil below its corner, an averaging converter near
 * half its rate. Both corrections are causal and stable, and their gain is bounded, so that neither the noise below the
 * corner nor the one near half the rate is blown up. What they leave is known (`amplitudeAt`) and goes into the
 * uncertainty of a peak.
 */
import type { InstrumentResponse } from '@minewarden/hardware/contract.ts'
import { LOWEST_HZ } from './bands.ts'
import { type Biquad, createSectionFilter, designHighPass, gainAt, type SectionFilter } from './biquad.ts'

/** Below its corner a coil gives noise sooner or later: so much (26 dB) is made good, and no more. */
const LARGEST_GAIN = 20
/** The new corner lies no lower: the gateway does not look below 1.5 Hz. */
const LOWEST_CORNER_HZ = 1
/** An element whose damping nobody tells is built to be near this. */
const USUAL_DAMPING = Math.SQRT1_2
/** A corner above this share of the rate cannot be corrected there. */
const HIGHEST_CORNER = 0.2
/** The averaging is made good exactly at this share of the rate. */
const MATCHED_SHARE = 0.3
/** One pole can lift no more than 1.7 there. */
const LARGEST_LIFT = 1.6

/** Where a corrected coil falls off. */
const correctedCornerHz = (cornerHz: number): number => Math.max(LOWEST_CORNER_HZ, cornerHz / Math.sqrt(LARGEST_GAIN))

const isCorrected = (cornerHz: number | null, rateHz: number): cornerHz is number =>
  cornerHz !== null && cornerHz > LOWEST_HZ && cornerHz < HIGHEST_CORNER * rateHz

/**
 * (s^2 + 2 h w s + w^2) / (s^2 + 2 h' w' s + w'^2): replaces a corner by a lower one of Butterworth damping.
 * Bilinear, each corner prewarped to lie where it is.
 */
export function designCornerShift(cornerHz: number, damping: number, rateHz: number): Biquad {
  const [n0, n1, n2] = bilinear(cornerHz, damping, rateHz)
  const [d0, d1, d2] = bilinear(correctedCornerHz(cornerHz), Math.SQRT1_2, rateHz)
  return { b0: n0 / d0, b1: n1 / d0, b2: n2 / d0, a1: d1 / d0, a2: d2 / d0 }
}

function bilinear(hz: number, damping: number, rateHz: number): [number, number, number] {
  const w = Math.tan((Math.PI * hz) / rateHz)
  return [1 + 2 * damping * w + w * w, 2 * (w * w - 1), 1 - 2 * damping * w + w * w]
}

/** What averaging leaves of an amplitude. @see TI SBAS890, 8.3.6 (sinc3, and sinc3 followed by sinc1) */
export function averagedAmplitude(
  { order, rateHz: firstHz }: NonNullable<InstrumentResponse['averaging']>,
  hz: number,
  rateHz: number,
): number {
  const first = sinc(hz / firstHz) ** order
  return firstHz > rateHz ? (first * sinc(hz / rateHz)) / sinc(hz / firstHz) : first
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

/** One pole, unity at 0 Hz, that makes averaging good at {@link MATCHED_SHARE} of the rate. */
export function designAveragingCorrection(
  averaging: NonNullable<InstrumentResponse['averaging']>,
  rateHz: number,
): Biquad {
  const wanted = Math.min(LARGEST_LIFT, 1 / averagedAmplitude(averaging, MATCHED_SHARE * rateHz, rateHz))
  // (1 + p)^2 = g^2 (1 + 2 p c + p^2), solved for the pole inside the unit circle.
  const square = wanted * wanted
  const half = (1 - square * Math.cos(2 * Math.PI * MATCHED_SHARE)) / (square - 1)
  const pole = half - Math.sqrt(half * half - 1)
  return { b0: 1 + pole, b1: 0, b2: 0, a1: pole, a2: 0 }
}

/** The correcting sections for a response at a rate; none where nothing is known or nothing needs it. */
export function correctionOf(response: InstrumentResponse, rateHz: number): Biquad[] {
  const sections: Biquad[] = []
  const { cornerHz, damping, averaging } = response
  if (isCorrected(cornerHz, rateHz)) sections.push(designCornerShift(cornerHz, damping ?? USUAL_DAMPING, rateHz))
  // A filter slower than the samples cannot have made them.
  if (averaging && averaging.rateHz >= rateHz) sections.push(designAveragingCorrection(averaging, rateHz))
  return sections
}

/** Filters in place of each other; `null` when there is nothing to do, so that the samples stay what they are. */
export function createCorrection(response: InstrumentResponse | null, rateHz: number): SectionFilter | null {
  const filters = (response ? correctionOf(response, rateHz) : []).map(createSectionFilter)
  if (filters.length === 0) return null
  return {
    run(input, output, count) {
      filters.forEach((filter, i) => void filter.run(i === 0 ? input : output, output, count))
    },
    reset() {
      for (const filter of filters) filter.reset()
    },
  }
}

/** A coil's amplitude over the ground's. @param damping 1: critical */
export function coilAmplitude(hz: number, cornerHz: number, damping: number): number {
  const x = hz / cornerHz
  return (x * x) / Math.hypot(1 - x * x, 2 * damping * x)
}

/** What is left of an amplitude at a frequency after instrument, correction and the gateway's own high-pass. */
export function amplitudeAt(response: InstrumentResponse, hz: number, rateHz: number): number {
  const { cornerHz, damping, averaging } = response
  const coil = cornerHz === null ? 1 : coilAmplitude(hz, cornerHz, damping ?? USUAL_DAMPING)
  const converter = averaging ? averagedAmplitude(averaging, hz, rateHz) : 1
  const corrected = correctionOf(response, rateHz).reduce((product, s) => product * gainAt(s, hz, rateHz), 1)
  return coil * converter * corrected * gainAt(designHighPass(LOWEST_HZ, rateHz), hz, rateHz)
}
