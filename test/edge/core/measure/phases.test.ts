import { findPhases, phaseRatioDb } from '@minewarden/edge/core/measure/phases.ts'
import { describe, expect, it } from 'vitest'

const FRAME_RATE = 50

/** Two trains, each up at once and down by a factor e in energy in `tauS`. */
const trains = (p: number, s: number, lagS: number, tauS = 0.6) =>
  Float64Array.from({ length: 10 * FRAME_RATE }, (_, f) => {
    const t = f / FRAME_RATE
    return 1 + p * Math.exp(-t / tauS) + (t < lagS ? 0 : s * Math.exp(-(t - lagS) / tauS))
  })

describe('P and S', () => {
  it.each([1, 2.5, 6])('%f s apart are told apart, and their ratio taken', (lagS) => {
    const envelope = trains(100, 1600, lagS)
    const found = findPhases(envelope, 1, FRAME_RATE)!
    expect(Math.abs(found.lagS - lagS)).toBeLessThanOrEqual(0.1)
    // A factor 16 in energy is 12 dB.
    expect(phaseRatioDb((f) => envelope[f]! - 1, envelope.length, found.frame)!).toBeCloseTo(-12, 0)
  })

  it('a second train weaker than the first is found as well', () => {
    expect(Math.abs(findPhases(trains(1000, 300, 4), 1, FRAME_RATE)!.lagS - 4)).toBeLessThanOrEqual(0.1)
  })

  it('one train alone, and noise, has no second', () => {
    expect(findPhases(trains(1000, 0, 3), 1, FRAME_RATE)).toBeNull()
    expect(findPhases(new Float64Array(500).fill(1), 1, FRAME_RATE)).toBeNull()
  })
})
