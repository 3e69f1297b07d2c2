import { ProtocolError } from '@minewarden/protocol/errors.ts'
import { decodePayload, peekPayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type Payload } from '@minewarden/protocol/sparkplug/payload.ts'
import { MAX_DEPTH, MAX_ITEMS, MAX_PAYLOAD_BYTES } from '@minewarden/protocol/sparkplug/wire.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { payloads } from './arbitrary-payload.ts'

/** Decodes, or answers the error; anything but a `payload-malformed` that names a byte is a failed test. */
function attempt(bytes: Uint8Array): 'decoded' | ProtocolError {
  try {
    decodePayload(bytes)
    return 'decoded'
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    expect(error.code).toBe('payload-malformed')
    expect(error.message).toMatch(/at byte \d+$/)
    return error
  }
}

const bytesOf = (...parts: (number | Uint8Array)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : part)))
const nest = (tag: number, inner: Uint8Array) => {
  const length: number[] = []
  for (let rest = inner.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest)
    if (rest <= 0x7f) break
  }
  return bytesOf(tag, ...length, inner)
}

const rich: Payload = {
  timestamp: 1_764_000_000_000,
  seq: 3,
  uuid: 'x',
  body: new Uint8Array([1]),
  metrics: [
    {
      name: 'Data',
      alias: 300,
      timestamp: 1_764_000_000_000,
      datatype: DataType.DataSet,
      metadata: { description: '说明', size: 9 },
      properties: { engUnit: { type: DataType.String, value: 'W' }, quality: { type: DataType.Int32, value: 192 } },
      value: {
        columns: ['a', 'b'],
        types: [DataType.Double, DataType.String],
        rows: [
          [1.5, 'x'],
          [null, 'y'],
        ],
      },
    },
    { name: 'Flags', datatype: DataType.BooleanArray, value: [true, false, true] },
    {
      name: 'Pump',
      datatype: DataType.Template,
      value: {
        version: '1',
        templateRef: 'Pump',
        isDefinition: false,
        metrics: [{ name: 'Speed', datatype: DataType.Float, value: 1.5 }],
        parameters: [{ name: 'Rated', type: DataType.Int16, value: -5 }],
      },
    },
  ],
}

describe('bytes that are no payload', () => {
  it('every truncation of a payload is refused or decoded, never anything else', () => {
    const bytes = encodePayload(rich)
    const outcomes = Array.from(bytes, (_, length) => attempt(bytes.subarray(0, length)))
    expect(outcomes.filter((outcome) => outcome instanceof ProtocolError).length).toBeGreaterThan(bytes.length * 0.9)
  })

  it('every truncation of any payload, every flipped byte and any noise likewise', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.nat(255), (payload, where, other) => {
        const bytes = encodePayload(payload)
        for (let length = 0; length < bytes.length; length += 1 + (bytes.length >> 5))
          attempt(bytes.subarray(0, length))
        if (bytes.length > 0) bytes[where % bytes.length]! ^= other
        attempt(bytes)
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => void attempt(noise)),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['a field number of zero', [0x00, 0x01]],
    ['a tag beyond 32 bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00]],
    ['a varint of eleven bytes', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a varint beyond 64 bits', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]],
    ['a time beyond 2^53', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a metric longer than the payload', [0x12, 0x7f, 0x10, 0x01]],
    ['a length of 2 GiB', [0x12, 0xff, 0xff, 0xff, 0xff, 0x07]],
    ['a time as text', [0x0a, 0x01, 0x41]],
    ['a double cut short', [0x12, 0x04, 0x69, 0x00, 0x00, 0x00]],
    ['a name that is not UTF-8', [0x12, 0x03, 0x0a, 0x01, 0xff]],
    ['a long name that is not UTF-8', [0x12, 0x52, 0x0a, 0x50, ...Array(79).fill(0x41), 0xff]],
    ['a group without an end', [0x5b, 0x08, 0x01]],
    ['a group that another ends', [0x5b, 0x64]],
    ['an end without a group', [0x5c]],
    ['wire type 6', [0x5e]],
    ['two keys for one property', [0x12, 0x0a, 0x4a, 0x08, 0x0a, 0x01, 0x61, 0x0a, 0x01, 0x62, 0x12, 0x00]],
    ['a data set whose width lies', [0x12, 0x04, 0x8a, 0x01, 0x01, 0x08]],
    ['a data set with a name but no type', [0x12, 0x06, 0x8a, 0x01, 0x03, 0x12, 0x01, 0x61]],
    ['a data set row that is too short', [0x12, 0x0a, 0x8a, 0x01, 0x07, 0x12, 0x01, 0x61, 0x18, 0x01, 0x22, 0x00]],
  ])('%s', (_, bytes) => {
    expect(attempt(new Uint8Array(bytes))).toBeInstanceOf(ProtocolError)
  })

  it('names the metric whose value does not fit, by name, alias or birth', () => {
    const bytes = new Uint8Array([0x12, 0x06, 0x10, 0x07, 0x20, 0x0a, 0x50, 0x01])
    expect(() => decodePayload(bytes)).toThrow(/metric alias 7: .* at byte 2/)
    expect(() => decodePayload(bytes, undefined, () => 'Power/ActivePowerW')).toThrow('metric Power/ActivePowerW')
  })
})

describe('a payload that means harm', () => {
  it('is refused unread when it is too long', () => {
    expect(attempt(new Uint8Array(MAX_PAYLOAD_BYTES + 1))).toBeInstanceOf(ProtocolError)
  })

  it('nests templates, property sets or groups no deeper than allowed', () => {
    const deepen = (wrap: (inner: Uint8Array) => Uint8Array, times: number) => {
      let inner: Uint8Array = new Uint8Array()
      for (let i = 0; i < times; i++) inner = wrap(inner)
      return nest(0x12, inner)
    }
    const template = (inner: Uint8Array) => bytesOf(0x92, nest(0x01, nest(0x12, inner)))
    const property = (inner: Uint8Array) => nest(0x4a, bytesOf(0x0a, 0x00, nest(0x12, inner)))
    const innerProperty = (inner: Uint8Array) => nest(0x4a, bytesOf(0x0a, 0x00, nest(0x12, inner)))
    const group = (inner: Uint8Array) => bytesOf(0xa3, 0x06, inner, 0xa4, 0x06)
    for (const wrap of [template, group]) {
      expect(attempt(deepen(wrap, 3))).toBe('decoded')
      expect(attempt(deepen(wrap, MAX_DEPTH + 1))).toBeInstanceOf(ProtocolError)
      expect(attempt(deepen(wrap, 500))).toBeInstanceOf(ProtocolError)
    }
    expect(attempt(nest(0x12, property(innerProperty(new Uint8Array()))))).toBe('decoded')
    expect(attempt(deepen(property, 500))).toBeInstanceOf(ProtocolError)
  })

  it('holds no more metrics, cells or items than allowed', () => {
    const metrics = new Uint8Array(2 * (MAX_ITEMS + 1)).fill(0)
    for (let i = 0; i < metrics.length; i += 2) metrics[i] = 0x12
    expect(attempt(metrics)).toBeInstanceOf(ProtocolError)
    expect(attempt(metrics.subarray(0, 2 * MAX_ITEMS))).toBe('decoded')
    const flags = nest(
      0x12,
      bytesOf(0x20, DataType.BooleanArray, 0x82, nest(0x01, bytesOf(0x08, 0x88, 0x01, 0, new Uint8Array(12_545)))),
    )
    expect(String(attempt(flags))).toMatch('items')
    const types = nest(0x12, bytesOf(0x8a, nest(0x01, nest(0x1a, new Uint8Array(MAX_ITEMS + 1)))))
    expect(String(attempt(types))).toMatch('items')
  })

  it('cannot reach a prototype through a property called __proto__', () => {
    const set = Object.fromEntries([['__proto__', { type: DataType.String, value: 'x' }]])
    const [metric] = decodePayload(encodePayload({ metrics: [{ properties: set, value: null }] })).metrics
    expect(Object.keys(metric!.properties!)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(metric!.properties)).toBe(Object.prototype)
  })
})

describe('fields of a newer specification', () => {
  it('are passed over wherever they stand', () => {
    const extra = bytesOf(
      0xa0,
      0x06,
      0x05,
      0xa1,
      0x06,
      new Uint8Array(8),
      0xa2,
      0x06,
      0x01,
      0x41,
      0xa5,
      0x06,
      new Uint8Array(4),
    )
    const group = bytesOf(0xa3, 0x06, 0x08, 0x01, 0xa4, 0x06)
    const metric = nest(0x12, bytesOf(extra, 0x10, 0x07, group, 0x70, 0x01, extra))
    expect(decodePayload(bytesOf(group, metric, extra))).toEqual({ metrics: [{ alias: 7, value: true }] })
  })
})

describe('peekPayload', () => {
  it('reads time and sequence of any payload without its metrics', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(peekPayload(encodePayload(payload))).toEqual({ timestamp: payload.timestamp, seq: payload.seq })
      }),
      { numRuns: 200 },
    )
  })

  it('refuses bytes that are no payload', () => {
    expect(() => peekPayload(new Uint8Array([0x12, 0x05]))).toThrow(ProtocolError)
  })
})
