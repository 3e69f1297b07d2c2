import { crc32 as zlibCrc32 } from 'node:zlib'
import { crc32 } from '@minewarden/hardware/digitiser/crc32.ts'
import { encodeFrame, FrameDecoder, MAX_FRAME } from '@minewarden/hardware/digitiser/frame.ts'
import { COMMANDS } from '@minewarden/hardware/digitiser/messages.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'

type Item = { type: number; payload: number[] } | { discarded: number }

function collect(): { decoder: FrameDecoder; items: Item[] } {
  const items: Item[] = []
  const decoder = new FrameDecoder({
    frame: (type, payload) => items.push({ type, payload: [...payload] }),
    discarded: (bytes) => items.push({ discarded: bytes }),
  })
  return { decoder, items }
}

function decode(...chunks: readonly Uint8Array[]): Item[] {
  const { decoder, items } = collect()
  for (const chunk of chunks) decoder.push(chunk)
  decoder.end()
  return items
}

const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))
const frameOf = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 240 }))
  .map(([type, payload]) => ({ type, payload, bytes: encodeFrame(type, payload) }))
/** Noise in which sync bytes are as frequent as nowhere else. */
const noise = fc
  .array(fc.oneof(fc.constantFrom(0xa5, 0x5a, 0x02), fc.integer({ min: 0, max: 255 })), { maxLength: 300 })
  .map((bytes) => Uint8Array.from(bytes))

/** A million runs take a quarter of an hour. */
const FUZZ_LIMIT_MS = 3_600_000

describe('the frames of the digitiser', () => {
  it('have the CRC that zlib computes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc32(bytes) === zlibCrc32(bytes)))
  })

  it('look as the page says', () => {
    expect([...COMMANDS.setRate(1000)]).toEqual([0xa5, 0x5a, 0x82, 2, 0xe8, 0x03, ...crcOf(0x82, 2, 0xe8, 0x03)])
    expect([...COMMANDS.getHello()]).toEqual([0xa5, 0x5a, 0x81, 0, ...crcOf(0x81, 0)])
  })

  it('come out the same however the line cuts them', () => {
    const frames = [encodeFrame(2, new Uint8Array(132).fill(0xa5)), encodeFrame(3, Uint8Array.of(0xa5, 0x5a, 1, 0))]
    const bytes = join(...frames)
    const whole = decode(bytes)
    expect(whole).toHaveLength(2)
    for (let at = 0; at <= bytes.length; at++) expect(decode(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole)
    expect(decode(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole)
  })

  it(
    'are all found between noise, in order, byte for byte, and every other byte is counted',
    () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(noise, frameOf), { maxLength: 6 }),
          noise,
          fc.integer({ min: 1, max: 400 }),
          (parts, tail, cut) => {
            const bytes = join(...parts.flatMap(([before, frame]) => [before, frame.bytes]), tail)
            const chunks: Uint8Array[] = []
            for (let at = 0; at < bytes.length; at += cut) chunks.push(bytes.subarray(at, at + cut))
            const items = decode(...chunks)
            const found = items.flatMap((item) => ('type' in item ? [item] : []))
            const discarded = items.reduce((sum, item) => sum + ('discarded' in item ? item.discarded : 0), 0)
            expect(found).toEqual(parts.map(([, { type, payload }]) => ({ type, payload: [...payload] })))
            expect(discarded).toBe(bytes.length - parts.reduce((sum, [, frame]) => sum + frame.bytes.length, 0))
          },
        ),
        { numRuns: fuzzRuns(500) },
      )
    },
    FUZZ_LIMIT_MS,
  )

  it(
    'lose at most one when a byte of one is changed, missing or too many',
    () => {
      fc.assert(
        fc.property(
          fc.array(frameOf, { minLength: 3, maxLength: 6 }),
          fc.nat(),
          fc.nat(),
          fc.integer({ min: 1, max: 255 }),
          fc.constantFrom('change', 'remove', 'insert'),
          (frames, which, where, what, how) => {
            const hit = which % frames.length
            const bytes = frames.map((frame, index) => {
              if (index !== hit) return frame.bytes
              const all = [...frame.bytes]
              const at = where % all.length
              if (how === 'change') all[at]! ^= what
              else if (how === 'remove') all.splice(at, 1)
              else all.splice(at, 0, what)
              return Uint8Array.from(all)
            })
            const found = decode(...bytes).flatMap((item) => ('type' in item ? [item] : []))
            // Which one is lost is open: a frame that lacks its last A5 may take the one that the next begins with.
            expect(found.length).toBeGreaterThanOrEqual(frames.length - 1)
            for (const one of found) {
              const sent = frames.map(({ type, payload }) => ({ type, payload: [...payload] }))
              expect(sent).toContainEqual(one)
            }
            expect(found.length).toBeLessThanOrEqual(frames.length)
          },
        ),
        { numRuns: fuzzRuns(300) },
      )
    },
    FUZZ_LIMIT_MS,
  )

  it(
    'are never made of anything: any bytes are discarded, in reports of a bounded size, and never throw',
    () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
          const items = decode(bytes)
          return items.every((item) => !('discarded' in item) || item.discarded <= 4 * MAX_FRAME)
        }),
        { numRuns: fuzzRuns(300) },
      )
    },
    FUZZ_LIMIT_MS,
  )

  it('report a line of nothing but noise while it goes on', () => {
    const { decoder, items } = collect()
    for (let i = 0; i < 50; i++) decoder.push(new Uint8Array(100).fill(0x33))
    expect(items.length).toBeGreaterThanOrEqual(4)
  })
})

function crcOf(...bytes: number[]): number[] {
  const crc = zlibCrc32(Uint8Array.from(bytes))
  return [crc & 0xff, (crc >>> 8) & 0xff, (crc >>> 16) & 0xff, crc >>> 24]
}
