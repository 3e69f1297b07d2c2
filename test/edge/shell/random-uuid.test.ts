import { randomUuid } from '@minewarden/edge/shell/random-uuid.ts'
import { describe, expect, it } from 'vitest'

describe('a random UUID', () => {
  it('is one of version 4, and another each time', () => {
    const some = Array.from({ length: 100 }, randomUuid)
    for (const one of some) expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(some).size).toBe(100)
  })
})
