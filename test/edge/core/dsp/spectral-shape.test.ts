import { createPowerSpectrum } from '@minewarden/edge/core/dsp/real-fft.ts'
import { BANDING_WINDOW_S, findBanding } from '@minewarden/edge/core/dsp/spectral-banding.ts'
import { spectralSlope } from '@minewarden/edge/core/dsp/spectral-slope.ts'
import { describe, expect, it } from 'vitest'
import { addShot, createRandom, noise } from '../../../support/ground.ts'

describe('the slope of a spectrum', () => {
  const binHz = 0.5
  const bins = 401
  const quiet = new Float64Array(bins)
  const powerLaw = (dbPerOctave: number) =>
    Float64Array.from({ length: bins }, (_, k) => 10 ** ((dbPerOctave * Math.log2(Math.max(k, 1) * binHz)) / 10))

  it.each([-12, -6, 0, 6])('of %i dB an octave is that', (dbPerOctave) => {
    expect(spectralSlope(powerLaw(dbPerOctave), quiet, binHz, 80)!).toBeCloseTo(dbPerOctave, 0)
  })

  it('is taken from what stands above the noise alone', () => {
    const clean = powerLaw(-6)
    const floor = clean.map((_, k) => (k * binHz > 30 ? 1 : 0))
    expect(spectralSlope(clean, floor, binHz, 80)!).toBeCloseTo(-6, 0)
    expect(spectralSlope(clean, new Float64Array(bins).fill(1e9), binHz, 80)).toBeNull()
  })
})

describe('the bands that delay firing leaves in a spectrum', () => {
  const rateHz = 500
  const size = 2 ** Math.round(Math.log2(BANDING_WINDOW_S * rateHz))
  const spectrum = createPowerSpectrum(size)

  /** Shots at equal delays, each a short noise that dies within some hundredths of a second: the same for each hole. */
  function round(delayS: number, holes: number, jitterS = 0): Float64Array {
    const random = createRandom(7)
    const shot = noise(1, rateHz, 1, 5).map((x, i) => x * Math.exp(-i / (0.02 * rateHz)))
    const wave = new Float64Array(2 * rateHz)
    for (let h = 0; h < holes; h++) {
      const at = Math.round((0.3 + h * delayS + jitterS * (random() - 0.5)) * rateHz)
      shot.forEach((x, i) => {
        if (at + i < wave.length) wave[at + i] = wave[at + i]! + x
      })
    }
    return wave
  }

  it.each([0.025, 0.05, 0.1])('at %f s give that delay', (delayS) => {
    const { delayS: found, share } = findBanding(round(delayS, 5), rateHz, spectrum)!
    expect(found / delayS).toBeGreaterThan(0.93)
    expect(found / delayS).toBeLessThan(1.07)
    expect(share).toBeGreaterThan(0.25)
  })

  it('are weak for one shot, for noise, and for delays that scatter by themselves', () => {
    const regular = findBanding(round(0.05, 5), rateHz, spectrum)!.share
    const single = new Float64Array(2 * rateHz)
    addShot(single, rateHz, 0.3, 1)
    for (const wave of [single, noise(6, rateHz, 1, 3), round(0.05, 5, 0.05)]) {
      expect(findBanding(wave, rateHz, spectrum)!.share).toBeLessThan(0.5 * regular)
    }
  })

  it('cannot be sought in silence or below what the rate shows', () => {
    expect(findBanding(new Float64Array(1000), rateHz, spectrum)).toBeNull()
    expect(findBanding(noise(3, 20, 1), 20, createPowerSpectrum(32))).toBeNull()
  })
})
