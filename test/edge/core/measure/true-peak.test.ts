import { axisPeak, interpolationError, MARGIN_SAMPLES, vectorPeak } from '@minewarden/edge/core/measure/true-peak.ts'
import { describe, expect, it } from 'vitest'

const RATE = 250
const sine = (hz: number, phase: number, samples: number, amplitude = 1) =>
  Float64Array.from({ length: samples }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / RATE + phase))
/** A burst of about eight periods that swells and fades. */
const burst = (hz: number, phase: number) =>
  sine(hz, phase, 2001).map((x, i) => x * Math.exp(-((((i - 1000) * hz) / RATE / 4) ** 2)))
const phases = Array.from({ length: 40 }, (_, i) => (i * 2 * Math.PI) / 40)

describe('the peak of an axis', () => {
  it.each([2, 5, 10, 25, 40, 60, 80, 100, 105, 112])(
    'of a sine of %i Hz at 250 samples/s is found at every phase',
    (hz) => {
      const limit = interpolationError(hz / RATE)
      for (const phase of phases) {
        const { amplitude } = axisPeak(sine(hz, phase, 400), RATE)
        expect(Math.abs(amplitude - 1)).toBeLessThanOrEqual(limit)
      }
    },
  )

  it.each([30, 60, 100, 112])('of %i Hz is found in less than one period, within the error that is stated', (hz) => {
    const length = 4 + Math.ceil((0.75 * RATE) / hz) + 2 * MARGIN_SAMPLES
    for (const phase of phases) {
      const { amplitude } = axisPeak(sine(hz, phase, length), RATE)
      expect(1 - amplitude).toBeLessThanOrEqual(interpolationError(hz / RATE))
      expect(amplitude - 1).toBeLessThanOrEqual(interpolationError(hz / RATE))
    }
  })

  it('is found where no sample is higher than 0.71 of it, at a quarter of the rate', () => {
    const wave = sine(RATE / 4, Math.PI / 4, 8 + 2 * MARGIN_SAMPLES)
    const sampled = wave.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    expect(sampled).toBeLessThan(0.7072)
    expect(axisPeak(wave, RATE).amplitude).toBeCloseTo(1, 3)
  })

  it('stands in a half-wave of the right frequency', () => {
    for (const hz of [2, 5, 12.5, 30, 60, 100]) {
      for (const phase of phases) expect(axisPeak(burst(hz, phase), RATE).hz! / hz).toBeCloseTo(1, 1)
    }
  })

  it('has the frequency of the strongest of two bursts, not of the longest', () => {
    const strong = burst(40, 0.3)
    const wave = sine(8, 0, strong.length, 0.2).map((x, i) => x + strong[i]!)
    const peak = axisPeak(wave, RATE)
    expect(peak.amplitude).toBeGreaterThan(1)
    expect(Math.abs(peak.hz! - 40)).toBeLessThan(6)
  })

  it('has no frequency where the half-wave is longer than half a second, and is 0 in silence', () => {
    expect(axisPeak(sine(0.4, 0, 4000), RATE).hz).toBeNull()
    expect(axisPeak(new Float64Array(100), RATE)).toEqual({ amplitude: 0, hz: null })
    expect(axisPeak(new Float64Array(0), RATE)).toEqual({ amplitude: 0, hz: null })
  })
})

describe('the peak of the vector', () => {
  it('is the largest length over time, not the length of the largest', () => {
    const waves = [sine(20, 0, 1000, 3), sine(20, Math.PI / 2, 1000, 4), new Float64Array(1000)]
    expect(vectorPeak(waves)).toBeCloseTo(4, 2)
    const inPhase = [sine(20, 1, 1000, 3), sine(20, 1, 1000, 4), sine(20, 1, 1000, 12)]
    expect(vectorPeak(inPhase)).toBeCloseTo(13, 1)
  })

  it('is found between samples', () => {
    for (const phase of phases) {
      const waves = [1, 2, 2].map((amplitude) => sine(60, phase, 400, amplitude))
      expect(Math.abs(vectorPeak(waves) / 3 - 1)).toBeLessThan(interpolationError(60 / RATE))
    }
  })
})

it('a minute of shaking at 1000 samples a second loses nothing by its ceiling', () => {
  const long = Float64Array.from({ length: 60_000 }, (_, i) => Math.sin((2 * Math.PI * 91.3 * i) / 1000))
  expect(axisPeak(long, 1000).amplitude).toBeCloseTo(1, 3)
})
