import { createLineSplitter, type Line } from '@minewarden/hardware/feeder/lines.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const MAX = 16
const split = (chunks: readonly Uint8Array[]): Line[] => {
  const push = createLineSplitter(MAX)
  return chunks.flatMap((chunk) => push(chunk))
}
const bytes = (text: string) => new TextEncoder().encode(text)

describe('lines of a stream', () => {
  it('are the same however the stream is cut', () => {
    const texts = fc.array(fc.stringMatching(/^[a-z]{0,24}$/), { maxLength: 8 })
    fc.assert(
      fc.property(texts, fc.array(fc.nat(200), { maxLength: 12 }), (lines, cuts) => {
        const whole = bytes(lines.map((line) => `${line}\n`).join(''))
        const points = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
        const pieces = points.slice(1).map((to, n) => whole.subarray(points[n], to))
        const expected = lines
          .filter((line) => line !== '')
          .map((text) => (text.length <= MAX ? { kind: 'line', text } : { kind: 'too-long' }))
        expect(split(pieces)).toEqual(expected)
      }),
    )
  })

  it('that are too long are told once, before their end has come, and the next one is read', () => {
    expect(split([bytes('x'.repeat(MAX + 1))])).toEqual([{ kind: 'too-long' }])
    expect(split([bytes('x'.repeat(10 * MAX)), bytes('yyy'), bytes('y\nok\n')])).toEqual([
      { kind: 'too-long' },
      { kind: 'line', text: 'ok' },
    ])
  })
})
