import { gainAt } from '@minewarden/edge/core/dsp/biquad.ts'
import {
  amplitudeAt,
  averagedAmplitude,
  coilAmplitude,
  correctionOf,
  createCorrection,
  designAveragingCorrection,
  designCornerShift,
} from '@minewarden/edge/core/dsp/instrument-correction.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../../support/fuzz.ts'

const AVERAGING = { order: 3, rateHz: 2000 }

describe('the correction of a coil', () => {
  it('turns its corner into one of a hertz, exactly at the corner and flat above', () => {
    const section = designCornerShift(4.5, 0.34, 250)
    for (const hz of [1, 2, 3, 4.5, 6, 9, 20, 60]) {
      const corrected = coilAmplitude(hz, 4.5, 0.34) * gainAt(section, hz, 250)
      expect(Math.abs(corrected / coilAmplitude(hz, 1, Math.SQRT1_2) - 1)).toBeLessThan(0.011)
    }
  })

  it.each([4.5, 10, 14, 28])('of %d Hz gains no more than 26 dB, and nothing at half the rate', (corner) => {
    const section = designCornerShift(corner, 0.6, 1000)
    for (let hz = 0.001; hz < 500; hz *= 1.1) expect(gainAt(section, hz, 1000)).toBeLessThan(20.5)
    expect(gainAt(section, 500, 1000)).toBeCloseTo(1, 6)
  })

  it('is stable for every coil and rate', () => {
    const arbitrary = fc.tuple(
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      fc.double({ min: 0.01, max: 5, noNaN: true }),
      fc.constantFrom(20, 50, 100, 250, 500, 1000, 5000),
      fc.record({ order: fc.integer({ min: 1, max: 5 }), rateHz: fc.constantFrom(1000, 2000, 30_000) }),
    )
    fc.assert(
      fc.property(arbitrary, ([cornerHz, damping, rateHz, averaging]) => {
        for (const { a1, a2 } of correctionOf({ cornerHz, damping, uncertainty: null, averaging }, rateHz)) {
          // The triangle in which both poles lie inside the unit circle.
          expect(Math.abs(a2)).toBeLessThan(1)
          expect(Math.abs(a1)).toBeLessThan(1 + a2)
        }
      }),
      { numRuns: fuzzRuns(500) },
    )
  })
})

describe('the correction of averaging', () => {
  it('knows what a sinc3 and plain means leave', () => {
    // Eight means of a sinc3 at 2000: the product of both, at 0.4 of the rate.
    const means = Math.sin(0.4 * Math.PI) / (8 * Math.sin((0.4 * Math.PI) / 8))
    const sinc3 = (Math.sin(0.05 * Math.PI) / (0.05 * Math.PI)) ** 3
    expect(averagedAmplitude(AVERAGING, 100, 250)).toBeCloseTo(means * sinc3, 3)
    expect(averagedAmplitude(AVERAGING, 0, 250)).toBe(1)
  })

  it.each([250, 500, 1000])('makes amplitudes good within 2 %% to 0.35 of %i samples/s', (rateHz) => {
    const section = designAveragingCorrection(AVERAGING, rateHz)
    for (let share = 0.01; share <= 0.35; share += 0.01) {
      const left = averagedAmplitude(AVERAGING, share * rateHz, rateHz) * gainAt(section, share * rateHz, rateHz)
      expect(Math.abs(left - 1)).toBeLessThan(0.021)
    }
  })
})

it('a whole chain with a 4.5 Hz coil is within 5 % from 4 Hz on, as the trade asks of its instruments', () => {
  for (const rateHz of [500, 1000]) {
    for (let hz = 4; hz <= 125; hz += 0.5) {
      const response = { cornerHz: 4.5, damping: 0.34, uncertainty: 0.1, averaging: AVERAGING }
      expect(Math.abs(amplitudeAt(response, hz, rateHz) - 1)).toBeLessThan(0.05)
    }
  }
})

it('there is no correction where no response is known, or none is needed', () => {
  expect(createCorrection(null, 250)).toBeNull()
  expect(createCorrection({ cornerHz: 0.5, damping: 0.7, uncertainty: 0.1 }, 250)).toBeNull()
  expect(createCorrection({ cornerHz: null, damping: null, uncertainty: 0.1 }, 250)).toBeNull()
})
