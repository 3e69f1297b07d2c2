import { createPowerSpectrum } from '@minewarden/edge/core/dsp/real-fft.ts'
import { findSpectralLine } from '@minewarden/edge/core/dsp/spectral-line.ts'
import { describe, expect, it } from 'vitest'
import { addTone, createRandom, noise } from '../../../support/ground.ts'

/** |X|² by the definition, with the same window. */
function directPower(x: Float64Array, bin: number): number {
  let re = 0
  let im = 0
  x.forEach((value, i) => {
    const w = value * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / x.length))
    re += w * Math.cos((2 * Math.PI * bin * i) / x.length)
    im -= w * Math.sin((2 * Math.PI * bin * i) / x.length)
  })
  return re * re + im * im
}

describe('the power spectrum', () => {
  it.each([8, 16, 32, 64, 256, 512])('of %i samples is the discrete Fourier transform', (size) => {
    const random = createRandom(size)
    const x = Float64Array.from({ length: size }, () => random() - 0.5)
    const power = createPowerSpectrum(size).of(x)
    for (let bin = 0; bin <= size / 2; bin++) expect(power[bin]).toBeCloseTo(directPower(x, bin), 9)
  })
})

describe('a spectral line', () => {
  const rateHz = 100
  const size = 512
  const options = { binHz: rateHz / size, fromHz: 8, toHz: 46, reach: 20 }

  it('is found at its frequency within half a bin, at its height within 2 dB', () => {
    const wave = noise(6, rateHz, 1).subarray(0, size)
    addTone(wave, rateHz, { fromS: 0, toS: 6, hz: 33.1, amplitude: 2 })
    const line = findSpectralLine(createPowerSpectrum(size).of(wave), options)!
    expect(Math.abs(line.hz - 33.1)).toBeLessThan(options.binHz / 2 + 1e-9)
    // Tone power A²N²/16 in its bin over noise power 3N/8: 10 log10(A²N/6) = 25.3 dB, less up to 1.4 dB between bins.
    expect(line.db).toBeGreaterThan(22)
    expect(line.db).toBeLessThan(28)
  })

  it('does not stand high in mere noise', () => {
    const line = findSpectralLine(createPowerSpectrum(size).of(noise(6, rateHz, 1, 5).subarray(0, size)), options)!
    expect(line.db).toBeLessThan(14)
  })

  it('is nothing where there is nothing', () => {
    expect(findSpectralLine(new Float64Array(257), options)).toBeNull()
    expect(findSpectralLine(new Float64Array(9).fill(1), { ...options, binHz: 5 })).toBeNull()
  })
})
