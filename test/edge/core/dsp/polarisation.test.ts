import { polarisationOf } from '@minewarden/edge/core/dsp/polarisation.ts'
import { describe, expect, it } from 'vitest'
import { noise } from '../../../support/ground.ts'

const RATE = 200
const sine = (amplitude: number, phase = 0) =>
  Float64Array.from({ length: RATE }, (_, i) => amplitude * Math.sin((2 * Math.PI * 8 * i) / RATE + phase))

describe('how three components move together', () => {
  it.each([
    [1, 0, 0, 0],
    [1, 1, 0, 45],
    [0, 0.6, 0.8, 90],
    [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6), 0, 30],
  ])('along the line (%f, %f, %f) they are rectilinear, %i degrees from the vertical', (z, n, e, degrees) => {
    const found = polarisationOf([sine(z), sine(n), sine(e)])!
    expect(found.rectilinearity).toBeCloseTo(1, 9)
    expect(found.incidenceDeg).toBeCloseTo(degrees, 5)
  })

  it('on a circle, as a surface wave, half of it is lost', () => {
    const found = polarisationOf([sine(1), sine(1, Math.PI / 2), sine(0)])!
    expect(found.rectilinearity).toBeCloseTo(0.5, 6)
  })

  it('every way alike, as noise, little is left', () => {
    const waves = [1, 2, 3].map((seed) => noise(60, RATE, 1, seed)) as [Float64Array, Float64Array, Float64Array]
    expect(polarisationOf(waves)!.rectilinearity).toBeLessThan(0.1)
  })

  it('silence has none', () => {
    expect(polarisationOf([sine(0), sine(0), sine(0)])).toBeNull()
  })
})
