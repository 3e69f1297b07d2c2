import { createStaLta, stepStaLta } from '@minewarden/edge/core/dsp/sta-lta.ts'
import { describe, expect, it } from 'vitest'

const OPTIONS = { staLength: 4, ltaLength: 100, clamp: 9 }

describe('the recursive STA/LTA', () => {
  it('is 1 in steady noise', () => {
    const state = createStaLta()
    for (let i = 0; i < 300; i++) stepStaLta(state, 2, OPTIONS)
    expect(state.sta).toBeCloseTo(2, 12)
    expect(state.lta).toBeCloseTo(2, 12)
  })

  it('follows a step as the recursion says', () => {
    const state = createStaLta()
    for (let i = 0; i < 200; i++) stepStaLta(state, 1, OPTIONS)
    for (let i = 0; i < 5; i++) stepStaLta(state, 5, OPTIONS)
    expect(state.sta).toBeCloseTo(5 - 4 * (3 / 4) ** 5, 12)
    expect(state.lta).toBeCloseTo(5 - 4 * (99 / 100) ** 5, 12)
  })

  it('averages plainly at first, so that the background is right from the start', () => {
    const state = createStaLta()
    for (const energy of [1, 2, 3, 4]) stepStaLta(state, energy, OPTIONS)
    expect(state.lta).toBeCloseTo(2.5, 12)
  })

  it('takes a strong shot into the background as at most the clamp', () => {
    const state = createStaLta()
    for (let i = 0; i < 200; i++) stepStaLta(state, 1, OPTIONS)
    stepStaLta(state, 1e9, OPTIONS)
    expect(state.lta).toBeCloseTo(1 + 8 / 100, 12)
    expect(state.sta).toBeGreaterThan(1e8)
  })
})
