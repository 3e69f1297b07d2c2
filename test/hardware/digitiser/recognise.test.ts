import { recogniseDigitiser } from '@minewarden/hardware/digitiser/recognise.ts'
import { ChunkQueue } from '@minewarden/hardware/line/chunk-queue.ts'
import type { ByteLine } from '@minewarden/hardware/line/contract.ts'
import { describe, expect, it } from 'vitest'
import { ScriptedDigitiser } from './scripted-digitiser.ts'

/** A digitiser that streams a frame each 40 ms and hears only from the `hears`th question on. */
function streaming(hears: number): { line: ByteLine; asked: () => number } {
  const device = new ScriptedDigitiser()
  let questions = 0
  const answers: Uint8Array[] = []
  async function* read() {
    const queue = new ChunkQueue()
    for (let at = 0; at < 3_000; at += 40) {
      queue.push({ bytes: device.data(), at })
      for (const bytes of answers.splice(0)) queue.push({ bytes, at })
      const iterator = queue.read()
      for (let waits = queue.bytes > 0; waits; waits = queue.bytes > 0) yield (await iterator.next()).value!
    }
  }
  const line: ByteLine = {
    name: '/dev/ttyTEST0',
    read,
    async write(frame) {
      questions += 1
      if (questions >= hears) answers.push(...device.obey(frame))
    },
    close: async () => undefined,
  }
  return { line, asked: () => questions }
}

describe('a digitiser on a port that is searched', () => {
  it('is found though the first questions were lost to a disturbance', async () => {
    const { line, asked } = streaming(3)
    expect(await recogniseDigitiser(line, null)).toBe(true)
    expect(asked()).toBe(3)
  })

  it('is asked seldom, and told from another one by its number', async () => {
    const deaf = streaming(100)
    expect(await recogniseDigitiser(deaf.line, null)).toBe(false)
    expect(deaf.asked()).toBeLessThanOrEqual(6)
    expect(await recogniseDigitiser(streaming(1).line, 'ffffffffffffffff')).toBe(false)
    expect(await recogniseDigitiser(streaming(1).line, '00112233445566aa')).toBe(true)
  })
})
