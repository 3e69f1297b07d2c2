import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type Metric } from '@minewarden/protocol/sparkplug/payload.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { payloads } from './arbitrary-payload.ts'

describe('a payload', () => {
  it('comes back from its bytes as it was, whatever it holds', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(decodePayload(encodePayload(payload))).toEqual(payload)
      }),
      { numRuns: 1500 },
    )
  })

  it('owns what it was decoded to: the bytes may be overwritten', () => {
    const bytes = encodePayload({ metrics: [{ value: new Uint8Array([1, 2, 3]), datatype: DataType.Bytes }] })
    const payload = decodePayload(bytes)
    bytes.fill(0)
    expect(payload.metrics[0]!.value).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('is decoded from the middle of a larger buffer', () => {
    const bytes = encodePayload({ timestamp: 5, metrics: [{ alias: 1, value: 2.5, datatype: DataType.Double }] })
    const packet = Buffer.concat([Buffer.alloc(13, 0xff), bytes, Buffer.alloc(7, 0xff)])
    expect(decodePayload(packet.subarray(13, 13 + bytes.length))).toEqual(decodePayload(bytes))
  })
})

describe('a metric without datatype', () => {
  const wire = (metric: Metric) => encodePayload({ metrics: [metric] })
  const strip = (datatype: number, value: Metric['value']) => {
    // Two's complement as a typed writer makes it, with the datatype field cut out of the bytes.
    const bytes = wire({ alias: 7, datatype, value })
    const metric = [...bytes.subarray(2)]
    metric.splice(2, 2)
    return new Uint8Array([0x12, metric.length, ...metric])
  }

  it.each([
    [DataType.Int8, -5],
    [DataType.Int16, -30_000],
    [DataType.Int32, -2_000_000_000],
    [DataType.Int64, -5],
    [DataType.Int64, -(2n ** 63n)],
  ])('of datatype %i is read as %d when the birth is asked, and unsigned when it is not', (datatype, value) => {
    const bytes = strip(datatype, value)
    expect(decodePayload(bytes, ({ alias }) => (alias === 7 ? datatype : undefined)).metrics[0]!.value).toBe(value)
    expect(decodePayload(bytes).metrics[0]!.value).toBe(
      typeof value === 'bigint'
        ? BigInt.asUintN(64, value)
        : datatype === DataType.Int64
          ? 2n ** 64n - 5n
          : value + 2 ** 32,
    )
  })

  it('gives its arrays as bytes until the birth is asked', () => {
    const bytes = strip(DataType.Int16Array, [1, -1])
    expect(decodePayload(bytes).metrics[0]!.value).toEqual(new Uint8Array([1, 0, 255, 255]))
    expect(decodePayload(bytes, () => DataType.Int16Array).metrics[0]!.value).toEqual([1, -1])
  })

  it('that is no value at all stays undefined, and one marked null is null', () => {
    expect(decodePayload(wire({ alias: 1, value: undefined })).metrics[0]!.value).toBeUndefined()
    expect(decodePayload(wire({ alias: 1, value: null })).metrics[0]!.value).toBeNull()
  })
})
