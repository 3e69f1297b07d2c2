import { createRing } from '@minewarden/edge/core/dsp/ring.ts'
import { expect, it } from 'vitest'

it('a ring keeps the newest samples by their running index, and gives zeros for the rest', () => {
  const ring = createRing(8)
  for (let i = 0; i < 20; i++) ring.append(Float64Array.of(i), 1)
  expect(ring.end).toBe(20)
  const out = new Float64Array(10)
  ring.copy(14, out)
  expect([...out]).toEqual([14, 15, 16, 17, 18, 19, 0, 0, 0, 0])
  ring.copy(8, out)
  expect([...out]).toEqual([0, 0, 0, 0, 12, 13, 14, 15, 16, 17])
})
