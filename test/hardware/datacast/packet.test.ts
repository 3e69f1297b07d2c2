import { MAX_PACKET_BYTES, parsePacket } from '@minewarden/hardware/datacast/packet.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a packet of the datacast', () => {
  it('is read as the documentation of rsudp shows it', () => {
    const text =
      "{'EHZ', 1582315130.292, 14168, 14927, 16112, 17537, 18052, 17477, 15418, 13716, 15604, 17825, 19637, 20985, " +
      '17325, 10439, 11510, 17678, 20027, 20207, 18481, 15916, 13836, 13073, 14462, 17628, 19388}'
    const parsed = parsePacket(bytes(text))
    expect(parsed).toMatchObject({ kind: 'packet', packet: { channel: 'EHZ', startMs: 1_582_315_130_292 } })
    expect(parsed.kind === 'packet' && [parsed.packet.samples.length, parsed.packet.samples.at(-1)]).toEqual([
      25, 19_388,
    ])
  })

  it.each([
    ['', 'no datacast packet'],
    ['TERM', 'no datacast packet'],
    ["{'EHZ', 1582315130.292}", 'no datacast packet'],
    ["{'EHZ', 1582315130.292, 1, 2", 'no datacast packet'],
    ["{'EH', 1582315130.292, 1}", 'no datacast packet'],
    ["{'EHZ', 12, 1}", 'no datacast packet'],
    ["{'EHZ', 1582315130.292, 1, , 3}", 'sample 2 is no count'],
    ["{'EHZ', 1582315130.292, 1.5}", 'sample 1 is no count'],
    ["{'EHZ', 1582315130.292, 2147483648}", 'sample 1 is no count'],
    ["{'EHZ', 1582315130.292, 0x10}", 'sample 1 is no count'],
    ["{'EHZ', 1582315130.292, \u00e9}", 'not text'],
    [`{'EHZ', 1582315130.292, ${'1,'.repeat(1100)}1}`, 'too many samples'],
    [`{'EHZ', 1582315130.292, ${'1,'.repeat(3000)}1}`, 'too long'],
  ])('%j is none: %s', (text, reason) => {
    expect(parsePacket(bytes(text))).toEqual({ kind: 'bad', reason })
  })

  it('never throws, whatever comes', () => {
    const near = fc
      .tuple(fc.constant("{'EHZ', 1582315130.292, 14168, -14927, 16112}"), fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([text, at, byte]) => {
        const out = bytes(text)
        out[at % out.length] = byte
        return out
      })
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array({ maxLength: MAX_PACKET_BYTES + 10 })), (input) => {
        const parsed = parsePacket(input)
        if (parsed.kind === 'packet') expect(parsed.packet.samples.length).toBeLessThanOrEqual(1024)
        else expect(parsed.reason).not.toBe('')
      }),
      { numRuns: fuzzRuns(3_000) },
    )
  })
})
