import type { Framing } from '@minewarden/hardware/modbus/answer.ts'
import { knownProfile } from '@minewarden/hardware/modbus/known-profiles.ts'
import { createReader } from '@minewarden/hardware/modbus/modbus-serial.ts'
import { resolveProfile } from '@minewarden/hardware/modbus/profile.ts'
import { planBlocks } from '@minewarden/hardware/modbus/read-plan.ts'
import { crc16, findAnswer, flawOf, frameRtu } from '@minewarden/hardware/modbus/rtu-frame.ts'
import { createTcpFraming } from '@minewarden/hardware/modbus/tcp-frame.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'
import { answerOf, bytes, hex } from './scripted-meters.ts'

/** Requests that drivers in use publish, their check sums computed again here. */
const PUBLISHED: [string, { unit: number; functionCode: 3 | 4; address: number; count: number }][] = [
  ['01 04 00 34 00 02 30 05', { unit: 1, functionCode: 4, address: 0x34, count: 2 }],
  ['01 04 00 0c 00 06 b0 0b', { unit: 1, functionCode: 4, address: 0x0c, count: 6 }],
  ['01 04 00 48 00 04 71 df', { unit: 1, functionCode: 4, address: 0x48, count: 4 }],
  ['01 04 00 00 00 06 70 08', { unit: 1, functionCode: 4, address: 0, count: 6 }],
  ['0b 03 07 d1 00 01 d5 ed', { unit: 11, functionCode: 3, address: 0x07d1, count: 1 }],
  ['0b 03 08 36 00 50 a7 32', { unit: 11, functionCode: 3, address: 0x0836, count: 80 }],
  ['0b 03 08 a6 00 0a 27 24', { unit: 11, functionCode: 3, address: 0x08a6, count: 10 }],
]

describe('a request', () => {
  it.each(PUBLISHED)('%s is made byte by byte as published', async (frame, { unit, ...block }) => {
    let sent = ''
    await createReader()(unit, block, async (request) => {
      sent = hex(request)
      return { flaw: { kind: 'silent' } }
    })
    expect(sent).toBe(frame)
    const whole = bytes(frame)
    expect(crc16(whole, 0, 6)).toBe((whole[6] ?? 0) + 256 * (whole[7] ?? 0))
  })

  it('takes all of a known meter in as few questions as it allows', () => {
    const asked = (name: string) =>
      planBlocks(resolveProfile(knownProfile(name)!)).map((one) => [one.address, one.count])
    expect(asked('sdm630')).toEqual([[0, 74]])
    expect(asked('dtsu666')).toEqual([
      [0x2006, 22],
      [0x401e, 2],
    ])
    expect(asked('dtsu666-h')).toEqual([[0x0836, 66]])
  })
})

const asked = { unit: 5, functionCode: 4 as const, count: 3 }
const request = new Uint8Array([5, 4, 0, 10, 0, 3, 0, 0])
const good = answerOf(5, 4, [1, 0xfffe, 0x8000])

describe('an RTU answer', () => {
  it('is found in whatever pieces it comes, and not before its last byte', () => {
    for (let cut = 0; cut < good.length; cut++) expect(findAnswer(good.subarray(0, cut), asked)).toBeNull()
    expect(findAnswer(good, asked)).toEqual(good)
  })

  it('is found behind noise, an echo of the question, half an answer and an answer of another meter', () => {
    const echo = bytes('05 04 00 0a 00 03 91 8d')
    for (const before of [[0, 255, 5], echo, good.subarray(0, 7), answerOf(6, 4, [7, 8, 9])]) {
      expect(findAnswer(new Uint8Array([...before, ...good, 0]), asked)).toEqual(good)
    }
  })

  it('is not believed with any one or two bits flipped', () => {
    for (let a = 0; a < good.length * 8; a++) {
      for (let b = a; b < good.length * 8; b += 7) {
        const flipped = good.slice()
        flipped[a >> 3]! ^= 1 << (a & 7)
        if (b !== a) flipped[b >> 3]! ^= 1 << (b & 7)
        expect(findAnswer(flipped, asked)).toBeNull()
      }
    }
  })

  it.each([
    ['nothing', [], { kind: 'silent' }],
    ['another meter', answerOf(6, 4, [1, 2, 3]), { kind: 'other-unit', unit: 6 }],
    ['another question', answerOf(5, 4, [1, 2]), { kind: 'other-answer' }],
    ['a wrong check sum', good.with(4, 99), { kind: 'check-sum' }],
    ['the first half', good.subarray(0, 6), { kind: 'broken-off' }],
    ['noise', [1, 2, 3], { kind: 'noise', bytes: 3 }],
  ] as const)('in whose place comes %s is missed for that reason', (_what, heard, flaw) => {
    expect(flawOf(new Uint8Array(heard), asked)).toEqual(flaw)
  })
})

describe('a TCP answer', () => {
  const mbap = (number: number, pdu: Uint8Array) =>
    new Uint8Array([number >> 8, number & 255, 0, 0, 0, pdu.length, ...pdu])

  it('is taken only with the number of its question', () => {
    const framing = createTcpFraming(6)
    const [first, second] = [framing(request), framing(request)]
    const answer = mbap(7, good.subarray(0, -2))
    expect(hex(first.bytes)).toBe('00 07 00 00 00 06 05 04 00 0a 00 03')
    expect(first.answer(answer)).toEqual(good)
    expect(second.answer(answer)).toBeNull()
    expect(second.flaw(answer)).toEqual({ kind: 'other-answer' })
    expect(second.answer(new Uint8Array([...answer, ...mbap(8, good.subarray(0, -2))]))).toEqual(good)
  })

  it('of another unit or length is not taken', () => {
    const framed = createTcpFraming(6)(request)
    const other = mbap(7, answerOf(6, 4, [1, 2, 3]).subarray(0, -2))
    expect(framed.answer(other)).toBeNull()
    expect(framed.flaw(other)).toEqual({ kind: 'other-unit', unit: 6 })
    expect(framed.answer(mbap(7, answerOf(5, 4, [1, 2]).subarray(0, -2)))).toBeNull()
  })
})

describe('any bytes at all', () => {
  const noise = fc.uint8Array({ maxLength: 600 })
  const framings: [string, () => Framing][] = [
    ['RTU', () => frameRtu],
    ['TCP', () => createTcpFraming(6)],
  ]
  it.each(framings)(
    'over %s are an answer with a right check sum or a named flaw, and never an error',
    (_name, make) => {
      fc.assert(
        fc.property(noise, (heard) => {
          const framed = make()(request)
          const answer = framed.answer(heard)
          if (answer) expect(crc16(answer)).toBe(0)
          expect(framed.flaw(heard).kind).toBeTypeOf('string')
        }),
        { numRuns: fuzzRuns(2_000) },
      )
    },
  )

  it('before an answer hide it at most where they begin one themselves', () => {
    fc.assert(
      fc.property(noise, (before) => {
        const heard = new Uint8Array([...before, ...good, ...good])
        expect(findAnswer(heard, asked)?.length).toBeGreaterThan(0)
      }),
      { numRuns: fuzzRuns(2_000) },
    )
  })

  it('that reach modbus-serial as a frame are checked there too', async () => {
    const read = createReader()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 5, maxLength: 40 }), async (frame) => {
        const result = await read(5, { functionCode: 4, address: 10, count: 3 }, async () => ({
          frame,
          askedAt: 0,
          at: 0,
        }))
        expect(result.kind === 'words' && hex(frame) !== hex(good) && crc16(frame) !== 0).toBe(false)
      }),
      { numRuns: fuzzRuns(1_000) },
    )
  })
})
