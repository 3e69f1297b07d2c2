import {
  createBandPass,
  createSectionFilter,
  designHighPass,
  designLowPass,
  gainAt,
} from '@minewarden/edge/core/dsp/biquad.ts'
import { describe, expect, it } from 'vitest'

const RATE = 200
const sine = (hz: number, n = 4000) =>
  Float64Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * hz * i) / RATE))
const rmsOfEnd = (x: Float64Array) =>
  Math.sqrt(x.subarray(x.length / 2).reduce((s, v) => s + v * v, 0) / (x.length / 2))

describe('second-order sections', () => {
  it('are 3 dB down exactly at their corner, and Butterworth elsewhere', () => {
    for (const corner of [1.5, 9, 30]) {
      expect(gainAt(designHighPass(corner, RATE), corner, RATE)).toBeCloseTo(Math.SQRT1_2, 10)
      expect(gainAt(designLowPass(corner, RATE), corner, RATE)).toBeCloseTo(Math.SQRT1_2, 10)
      // |H| of the analogue prototype at the prewarped frequency.
      const warp = (hz: number) => Math.tan((Math.PI * hz) / RATE)
      const ratio = warp(2 * corner) / warp(corner)
      expect(gainAt(designLowPass(corner, RATE), 2 * corner, RATE)).toBeCloseTo(1 / Math.sqrt(1 + ratio ** 4), 10)
    }
  })

  it('let nothing of a constant through the high-pass, and all of it through the low-pass', () => {
    expect(gainAt(designHighPass(1.5, RATE), 0, RATE)).toBeCloseTo(0, 12)
    expect(gainAt(designLowPass(30, RATE), 0, RATE)).toBeCloseTo(1, 12)
  })

  it('filter as their response says', () => {
    const section = designHighPass(9, RATE)
    const out = new Float64Array(4000)
    createSectionFilter(section).run(sine(5), out, out.length)
    expect(rmsOfEnd(out) * Math.SQRT2).toBeCloseTo(gainAt(section, 5, RATE), 3)
  })

  it('make a band-pass whose gain is the product of its two', () => {
    const out = new Float64Array(4000)
    createBandPass({ lowHz: 9, highHz: 18 }, RATE).run(sine(12), out, out.length)
    const gain = gainAt(designHighPass(9, RATE), 12, RATE) * gainAt(designLowPass(18, RATE), 12, RATE)
    expect(rmsOfEnd(out) * Math.SQRT2).toBeCloseTo(gain, 3)
  })

  it('give the same, however the stream is cut into blocks', () => {
    const wave = sine(7, 1000)
    const whole = new Float64Array(1000)
    createBandPass({ lowHz: 4, highHz: 9 }, RATE).run(wave, whole, 1000)
    const filter = createBandPass({ lowHz: 4, highHz: 9 }, RATE)
    const part = new Float64Array(1000)
    for (let from = 0; from < 1000; from += 77) {
      const n = Math.min(77, 1000 - from)
      const out = new Float64Array(n)
      filter.run(wave.subarray(from, from + n), out, n)
      part.set(out, from)
    }
    expect(part).toEqual(whole)
  })
})
