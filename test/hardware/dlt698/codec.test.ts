import { createFrameDecoder, encodeFrame, type FrameItem, WILDCARD } from '@minewarden/hardware/dlt698/frame.ts'
import { ATTRIBUTES, decodeGetAnswer, encodeGet } from '@minewarden/hardware/dlt698/get.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.split(' '), (pair) => Number.parseInt(pair, 16))
const hexOf = (data: Uint8Array): string =>
  Array.from(data, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ')
const decode = (...chunks: Uint8Array[]): FrameItem[] => {
  const decoder = createFrameDecoder()
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.reset()]
}
const PREAMBLE = 'FE FE FE FE '

describe('reads', () => {
  it.each<[string, string, number, number, number[]]>([
    [
      '68 17 00 43 05 11 11 11 11 11 11 10 6A 36 05 01 00 40 03 02 00 00 9B 3A 16',
      '111111111111',
      0x10,
      0,
      [0x40030200],
    ],
    [
      '68 17 00 43 05 00 00 00 00 00 00 00 72 79 05 01 00 40 00 02 00 00 56 1F 16',
      '000000000000',
      0,
      0,
      [ATTRIBUTES.clock.descriptor],
    ],
    [
      '68 17 00 43 05 07 09 19 05 16 20 00 15 60 05 01 01 40 01 02 00 00 C6 07 16',
      '201605190907',
      0,
      1,
      [ATTRIBUTES.address.descriptor],
    ],
    [
      '68 17 00 43 05 39 12 19 08 37 00 0B 63 10 05 01 10 00 10 02 00 00 65 5F 16',
      '003708191239',
      0x0b,
      0x10,
      [ATTRIBUTES.forwardActiveEnergy.descriptor],
    ],
    [
      '68 1C 00 43 05 39 12 19 08 37 00 0B 7A 52 05 02 05 02 00 10 02 00 00 20 02 00 00 8D 28 16',
      '003708191239',
      0x0b,
      5,
      [ATTRIBUTES.forwardActiveEnergy.descriptor, ATTRIBUTES.reverseActiveEnergy.descriptor],
    ],
  ])('are the frames that public captures show: %s', (frame, address, client, invocation, descriptors) => {
    expect(hexOf(encodeFrame({ address, client }, encodeGet(descriptors, invocation)))).toBe(PREAMBLE + frame)
    expect(decode(bytes(frame))).toMatchObject([{ kind: 'frame', isAnswer: false, address, isSegmented: false }])
  })

  it('reach a meter of unknown address', () => {
    const frame = '68 17 00 43 05 AA AA AA AA AA AA 10 2B 3A 05 01 71 40 01 02 00 00 C7 C2 16'
    expect(decode(bytes(frame))).toMatchObject([{ kind: 'frame', address: WILDCARD }])
  })
})

describe('answers', () => {
  const answer =
    '68 21 00 C3 05 00 00 00 00 00 00 00 1D DB 85 01 00 40 00 02 00 01 1C 07 EA 0A 07 0E 10 1A 00 00 E4 C5 16'
  const apduOf = (item: FrameItem | undefined) => (item?.kind === 'frame' ? item.apdu : new Uint8Array(0))

  it('carry the meter’s clock', () => {
    const [item] = decode(bytes(answer))
    expect(item).toMatchObject({ kind: 'frame', isAnswer: true })
    expect(decodeGetAnswer(apduOf(item), 0)).toEqual([
      {
        kind: 'data',
        descriptor: ATTRIBUTES.clock.descriptor,
        data: { kind: 'time', year: 2026, month: 10, day: 7, hour: 14, minute: 16, second: 26 },
      },
    ])
  })

  it('to another question are none', () => {
    expect(decodeGetAnswer(apduOf(decode(bytes(answer))[0]), 7)).toBeNull()
  })

  it('with any flipped bit are none', () => {
    fc.assert(
      fc.property(fc.nat(bytes(answer).length * 8 - 1), (bit) => {
        const damaged = bytes(answer)
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        expect(decode(damaged).every(({ kind }) => kind === 'discarded')).toBe(true)
      }),
    )
  })

  it('read lists, refusals and nested values', () => {
    const apdu = bytes(
      '85 02 03 03 20 00 02 00 01 01 03 12 08 FC 12 08 FD 12 08 FE 20 04 02 00 01 01 01 05 FF FF FF 9C 20 14 02 00 00 04 00 00',
    )
    expect(decodeGetAnswer(apdu, 3)).toEqual([
      { kind: 'data', descriptor: ATTRIBUTES.voltages.descriptor, data: [2300, 2301, 2302] },
      { kind: 'data', descriptor: ATTRIBUTES.activePowers.descriptor, data: [-100] },
      { kind: 'refused', descriptor: ATTRIBUTES.statusWords.descriptor, reason: 'no such object' },
    ])
  })

  it('of any bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const result = decodeGetAnswer(Uint8Array.of(0x85, 1, 0, ...noise), 0)
        expect(result === null || result.length === 1).toBe(true)
      }),
    )
  })
})

describe('the decoder', () => {
  const anyFrame = fc
    .tuple(fc.stringMatching(/^\d{12}$/), fc.uint8Array({ maxLength: 300 }))
    .map(([address, apdu]) => ({ address, apdu, frame: encodeFrame({ address, client: 1, control: 0xc3 }, apdu) }))

  it('finds the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 4 }), fc.array(fc.nat(40)), (frames, cuts) => {
        const all = Uint8Array.from(frames.flatMap(({ frame }) => [...frame]))
        const chunks: Uint8Array[] = []
        let at = 0
        for (const cut of cuts) {
          chunks.push(all.subarray(at, at + cut))
          at += cut
        }
        chunks.push(all.subarray(Math.min(at, all.length)))
        const found = decode(...chunks)
        expect(found.map((item) => (item.kind === 'frame' ? hexOf(item.apdu) : item.kind))).toEqual(
          frames.map(({ apdu }) => hexOf(apdu)),
        )
      }),
    )
  })

  it('finds every frame after noise once the line has paused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), anyFrame, (noise, { address, frame }) => {
        const decoder = createFrameDecoder()
        decoder.push(noise)
        decoder.reset()
        expect(decoder.push(frame)).toMatchObject([{ kind: 'frame', address }])
      }),
    )
  })

  it('without a pause finds a frame as soon as the noise is shown to be none', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.array(anyFrame, { minLength: 2, maxLength: 4 }),
        (noise, frames) => {
          const found = decode(noise, ...frames.map(({ frame }) => frame))
          const sound = found.filter((item) => item.kind === 'frame').map(({ address }) => address)
          expect(sound).toEqual(frames.map(({ address }) => address))
        },
      ),
    )
  })
})
