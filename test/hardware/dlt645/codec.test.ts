import { MeterAddress, WILDCARD } from '@minewarden/hardware/dlt645/address.ts'
import { type ControlName, controlData } from '@minewarden/hardware/dlt645/control.ts'
import {
  type BusItem,
  createFrameDecoder,
  encodeFrame,
  encodeRequest,
  FUNCTIONS,
  refusalsOf,
} from '@minewarden/hardware/dlt645/frame.ts'
import { phaseFaultsOf, relayStatusOf, STATUS_IDENTIFIERS, supplyFaultsOf } from '@minewarden/hardware/dlt645/status.ts'
import {
  identifierBytes,
  identifierOf,
  QUANTITIES,
  type QuantityName,
  readQuantity,
  writeQuantity,
} from '@minewarden/hardware/dlt645/values.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.split(' '), (pair) => Number.parseInt(pair, 16))
const hexOf = (data: Uint8Array): string =>
  Array.from(data, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ')
const decode = (...chunks: Uint8Array[]): BusItem[] => {
  const decoder = createFrameDecoder()
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.reset()]
}
const only = (hex: string): BusItem => {
  const items = decode(bytes(hex))
  expect(items).toHaveLength(1)
  return items[0]!
}
const meter = (digits: string) => MeterAddress.parse(digits)
const valueIn = (hex: string, name: QuantityName) => {
  const item = only(hex)
  if (item.kind !== 'answer') throw new Error(`${item.kind} where an answer was expected`)
  expect(identifierOf(item.data)).toBe(QUANTITIES[name].identifier)
  return readQuantity(item.data, 4, QUANTITIES[name])
}
const PREAMBLE = 'FE FE FE FE '

describe('requests', () => {
  it('are the frames that public captures show', () => {
    expect(hexOf(encodeRequest(WILDCARD, 'readAddress', new Uint8Array(0)))).toBe(
      `${PREAMBLE}68 AA AA AA AA AA AA 68 13 00 DF 16`,
    )
    for (const [address, identifier, frame] of [
      ['1', 0x00010000, '68 01 00 00 00 00 00 68 11 04 33 33 34 33 B3 16'],
      ['398192000337', 0x00010000, '68 37 03 00 92 81 39 68 11 04 33 33 34 33 38 16'],
      ['002241020208', 0x04000402, '68 08 02 02 41 22 00 68 11 04 35 37 33 37 2A 16'],
      ['201500000016', 0x02010100, '68 16 00 00 00 15 20 68 11 04 33 34 34 35 00 16'],
      ['201500000016', 0x02060000, '68 16 00 00 00 15 20 68 11 04 33 33 39 35 04 16'],
      ['112233445566', 0x02030000, '68 66 55 44 33 22 11 68 11 04 33 33 36 35 1B 16'],
      ['112233445566', STATUS_IDENTIFIERS.word3, '68 66 55 44 33 22 11 68 11 04 36 38 33 37 22 16'],
    ] as const) {
      expect(hexOf(encodeRequest(meter(address), 'read', identifierBytes(identifier)))).toBe(PREAMBLE + frame)
    }
  })

  it('cannot be any that clear a meter', () => {
    const codes: number[] = Object.values(FUNCTIONS)
    for (const clearing of [0x19, 0x1a, 0x1b]) expect(codes).not.toContain(clearing)
  })
})

describe('control frames', () => {
  const until = { year: 2026, month: 12, day: 31, hour: 23, minute: 59, second: 59 }
  const credential = { level: 2, password: '123456', operator: '00000001' }
  it.each<[ControlName, string, string]>([
    ['trip', '4D', '88'],
    ['closePermitted', '4E', '89'],
    ['close', '4F', '8A'],
    ['alarm', '5D', '98'],
    ['protect', '6D', 'A8'],
    ['protectOff', '6E', 'A9'],
  ])('carry %s with password, operator and deadline', (name, command, sum) => {
    expect(hexOf(encodeRequest(meter('112233445566'), 'control', controlData(name, credential, until)))).toBe(
      `${PREAMBLE}68 66 55 44 33 22 11 68 1C 10 35 89 67 45 34 33 33 33 ${command} 33 8C 8C 56 64 45 59 ${sum} 16`,
    )
  })

  it('are what a maker’s own tool sends', () => {
    const data = controlData(
      'trip',
      { level: 0, password: '000000', operator: '00000000' },
      { year: 2018, month: 5, day: 12, hour: 15, minute: 41, second: 24 },
    )
    expect(hexOf(encodeRequest(meter('111111111111'), 'control', data))).toBe(
      `${PREAMBLE}68 11 11 11 11 11 11 68 1C 10 33 33 33 33 33 33 33 33 4D 33 57 74 48 45 38 4B 55 16`,
    )
  })
})

describe('answers', () => {
  it.each<[string, QuantityName, number]>([
    ['68 37 03 00 92 81 39 68 91 08 33 33 34 33 37 33 33 33 8C 16', 'forwardActiveEnergy', 0.04],
    ['68 37 03 00 92 81 39 68 91 08 33 33 34 33 3A 33 33 33 8F 16', 'forwardActiveEnergy', 0.07],
    ['68 66 55 44 33 22 11 68 91 07 33 33 36 35 89 67 45 D3 16', 'activePower', 12.3456],
    ['68 66 55 44 33 22 11 68 91 07 33 33 36 35 78 56 B4 20 16', 'activePower', -1.2345],
  ])('%s is %s of %d', (frame, name, value) => {
    expect(valueIn(frame, name)).toBe(value)
  })

  it('tell the address of a meter that was asked for it', () => {
    const item = only('68 01 00 00 00 00 00 68 93 06 34 33 33 33 33 33 9D 16')
    expect(item).toMatchObject({ kind: 'answer', address: '000000000001', function: FUNCTIONS.readAddress })
    expect(only('68 11 11 11 11 11 11 68 9C 00 D2 16')).toMatchObject({
      function: FUNCTIONS.control,
      isAbnormal: false,
    })
  })

  it('say why they refuse, each bit for itself', () => {
    const wrongPassword = only('68 66 55 44 33 22 11 68 DC 01 37 49 16')
    expect(wrongPassword).toMatchObject({ isAbnormal: true, data: Uint8Array.of(4) })
    expect(refusalsOf(0x04)).toEqual(['password wrong or not authorised'])
    expect(only('68 66 55 44 33 22 11 68 D1 01 35 3C 16')).toMatchObject({ isAbnormal: true, data: Uint8Array.of(2) })
    expect(refusalsOf(0x03)).toEqual(['other error', 'no such data'])
  })

  it('tell relay, command and protection apart', () => {
    const word = (hex: string) => {
      const item = only(hex)
      return item.kind === 'answer' ? item.data[4]! | (item.data[5]! << 8) : -1
    }
    const on = relayStatusOf(word('68 66 55 44 33 22 11 68 91 06 36 38 33 37 33 33 0A 16'))
    expect(on).toMatchObject({ relayOff: false, commandedOff: false, isProtected: false, supply: 'main' })
    const off = relayStatusOf(word('68 66 55 44 33 22 11 68 91 06 36 38 33 37 83 33 5A 16'))
    expect(off).toMatchObject({ relayOff: true, commandedOff: true, isProtected: false })
    const kept = relayStatusOf(word('68 66 55 44 33 22 11 68 91 06 36 38 33 37 33 43 1A 16'))
    expect(kept).toMatchObject({ relayOff: false, isProtected: true })
    expect(phaseFaultsOf(0b1000_0001)).toEqual(['loss-of-voltage', 'phase-break'])
    expect(supplyFaultsOf(0b10_0000)).toEqual(['power-lost'])
  })

  it.each(['68 37 03 00 92 81 39 68 91 06 33 34 34 35 C7 56 B6 16', '68 16 00 00 00 15 20 68 11 04 35 33 B3 35 85 16'])(
    'with a wrong sum are none: %s',
    (frame) => {
      const items = decode(bytes(frame))
      expect(items.some(({ kind }) => kind !== 'discarded')).toBe(false)
      expect(items.reduce((sum, item) => sum + (item.kind === 'discarded' ? item.bytes : 0), 0)).toBe(
        bytes(frame).length,
      )
      expect(items[0]).toMatchObject({ reason: 'checksum' })
    },
  )
})

describe('values', () => {
  it('that a meter does not measure are missing, and those that are no numbers are refused', () => {
    expect(readQuantity(Uint8Array.of(0xff, 0xff, 0xff), 0, QUANTITIES.currentA)).toBeNull()
    expect(readQuantity(Uint8Array.of(0x0a, 0x00), 0, QUANTITIES.voltageA)).toBeUndefined()
    expect(readQuantity(Uint8Array.of(0x01), 0, QUANTITIES.voltageA)).toBeUndefined()
  })

  it('come back as they were written, to their last decimal', () => {
    const names = Object.keys(QUANTITIES) as QuantityName[]
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.integer({ min: -799_999, max: 799_999 }), (name, raw) => {
        const spec = QUANTITIES[name]
        const most = spec.signed ? 8 * 10 ** (2 * spec.bytes - 1) - 1 : 10 ** (2 * spec.bytes) - 1
        const counts = Math.min(most, spec.signed ? raw : Math.abs(raw))
        const value = Math.max(-most, counts) / 10 ** spec.decimals
        expect(readQuantity(writeQuantity(value, spec), 0, spec)).toBe(value === 0 ? 0 : value)
      }),
    )
  })
})

describe('the decoder', () => {
  const anyFrame = fc
    .tuple(fc.stringMatching(/^[0-8]\d{11}$/), fc.integer({ min: 0x80, max: 0xff }), fc.uint8Array({ maxLength: 200 }))
    .map(([address, control, data]) => ({ address, data, frame: encodeFrame(address, control, data) }))

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
        expect(found.map((item) => (item.kind === 'answer' ? item.address : item.kind))).toEqual(
          frames.map(({ address }) => address),
        )
        expect(found.map((item) => (item.kind === 'answer' ? hexOf(item.data) : ''))).toEqual(
          frames.map(({ data }) => hexOf(data)),
        )
      }),
    )
  })

  it('finds a frame again after any noise that does not pretend to be one, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), anyFrame, (noise, { address, frame }) => {
        // A start byte in the noise may open a frame that swallows what follows; silence on the bus ends that.
        const decoder = createFrameDecoder()
        decoder.push(noise)
        decoder.reset()
        const found = decoder.push(frame)
        expect(found.map((item) => (item.kind === 'answer' ? item.address : ''))).toContain(address)
      }),
    )
  })

  it('without a pause loses at most the frame that the noise runs into', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), anyFrame, anyFrame, (noise, first, second) => {
        const third = encodeFrame('123456789012', 0x91, new Uint8Array(0))
        const found = decode(noise, first.frame, second.frame, third)
        const sound = found.filter((item) => item.kind === 'answer').map(({ address }) => address)
        expect(sound.at(-1)).toBe('123456789012')
      }),
    )
  })
})
