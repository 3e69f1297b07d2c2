import { thinChanges, thinMinMax } from '@minewarden/cloud/core/thinning.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('thinning', () => {
  test('keeps the least and the greatest, the order and the ceiling', () => {
    const values = fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })), { maxLength: 500 })
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 50 }), (given, maxPoints) => {
        const timesMs = given.map((_, i) => i * 10)
        const thin = thinMinMax({ timesMs, values: given }, maxPoints)
        const numbers = given.filter((value) => value !== null)
        const kept = thin.values.filter((value) => value !== null)
        expect(thin.timesMs.length).toBeLessThanOrEqual(Math.max(maxPoints, 2))
        expect(thin.timesMs).toEqual([...thin.timesMs].sort((a, b) => a - b))
        if (numbers.length > 0) {
          expect(Math.max(...kept)).toBe(Math.max(...numbers))
          expect(Math.min(...kept)).toBe(Math.min(...numbers))
        }
      }),
    )
  })
  test('keeps a single peak of a long calm', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => (i === 77_777 ? 9 : 1))
    const thin = thinMinMax({ timesMs: values.map((_, i) => i), values }, 100)
    expect(thin.timesMs).toContain(77_777)
  })
  test('keeps the changes of words, the newest when there are too many', () => {
    const values = ['a', 'a', 'b', 'b', 'a']
    const timesMs = [0, 1, 2, 3, 4]
    expect(thinChanges({ timesMs, values }, 3)).toEqual({ timesMs: [0, 2, 4], values: ['a', 'b', 'a'] })
    expect(thinChanges({ timesMs, values }, 2)).toEqual({ timesMs: [2, 4], values: ['b', 'a'] })
  })
})
