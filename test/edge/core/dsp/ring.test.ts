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

it.each([1, 3, 8, 11, 20])('a ring takes blocks of %i samples, over its end and longer than it is', (length) => {
  const ring = createRing(8)
  for (let from = 0; from < 60; from += length) {
    ring.append(
      Float64Array.from({ length: length + 2 }, (_, i) => from + i),
      length,
    )
  }
  const out = new Float64Array(8)
  ring.copy(ring.end - 8, out)
  expect([...out]).toEqual(Array.from({ length: 8 }, (_, i) => ring.end - 8 + i))
  ring.copy(ring.end + 5, out)
  expect([...out]).toEqual(Array.from({ length: 8 }, () => 0))
  ring.copy(-20, out)
  expect([...out]).toEqual(Array.from({ length: 8 }, () => 0))
})
