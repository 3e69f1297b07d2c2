import { InvariantError, ProtocolError } from '@minewarden/protocol/errors.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import { describe, expect, it } from 'vitest'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
/** A payload of one metric with this datatype and this value field. */
const metricOf = (datatype: number, field: string) => {
  const inner = Buffer.from(`20${datatype.toString(16).padStart(2, '0')}${field}`, 'hex')
  return Buffer.concat([Buffer.from([0x12, inner.length]), inner])
}
const decodeValue = (datatype: number, field: string) => decodePayload(metricOf(datatype, field)).metrics[0]!.value

/** Bytes worked out by hand from the specification; those of arrays are its own examples. */
const VECTORS: readonly [name: keyof typeof DataType, value: MetricValue, field: string][] = [
  ['Int8', -1, '50ffffffff0f'],
  ['Int16', -32_768, '508080feff0f'],
  ['Int32', 300, '50ac02'],
  ['Int64', -1, '58ffffffffffffffffff01'],
  ['UInt8', 255, '50ff01'],
  ['UInt16', 65_535, '50ffff03'],
  ['UInt32', 4_294_967_295, '50ffffffff0f'],
  ['UInt64', 2n ** 64n - 1n, '58ffffffffffffffffff01'],
  ['DateTime', 1_486_144_502_122, '58eaf2f5a8a02b'],
  ['Float', 1.5, '650000c03f'],
  ['Double', 1.5, '69000000000000f83f'],
  ['Boolean', true, '7001'],
  ['String', '煤', '7a03e785a4'],
  ['Bytes', new Uint8Array([1, 2]), '8201020102'],
  ['Int8Array', [-23, 123], '820102e97b'],
  ['Int16Array', [-30_000, 30_000], '820104d08a3075'],
  ['Int32Array', [-1, 315_338_746], '820108fffffffffaafcb12'],
  ['UInt8Array', [23, 250], '82010217fa'],
  ['UInt16Array', [30, 52_360], '8201041e0088cc'],
  [
    'BooleanArray',
    [false, false, true, true, false, true, false, false, true, true, false, true],
    '8201060c00000034d0',
  ],
  ['StringArray', ['ABC', 'hello'], '82010a4142430068656c6c6f00'],
]

describe('a value of datatype', () => {
  it.each(VECTORS)('%s: %s travels as the specification says', (name, value, field) => {
    const bytes = encodePayload({ metrics: [{ datatype: DataType[name], value }] })
    expect(hex(bytes)).toBe(hex(metricOf(DataType[name], field)))
    expect(decodePayload(bytes).metrics[0]!.value).toEqual(value)
  })

  it.each([
    ['Int8 in its own eight bits', DataType.Int8, '50ff01', -1],
    ['Int8 extended to 64 bits', DataType.Int8, '50ffffffffffffffffff01', -1],
    ['Int16 in its own sixteen bits', DataType.Int16, '50ffff03', -1],
    ['UInt32 in the long field', DataType.UInt32, '58ffffffff0f', 4_294_967_295],
    ['Int32 in the long field, extended', DataType.Int32, '58ffffffffffffffffff01', -1],
  ])('%s, as other writers send it, is understood', (_, datatype, field, value) => {
    expect(decodeValue(datatype, field)).toBe(value)
  })

  it.each([
    ['300 as Int8', DataType.Int8, '50ac02'],
    ['256 as UInt8', DataType.UInt8, '508002'],
    ['2^32 as UInt32', DataType.UInt32, '588080808010'],
    ['a text as Double', DataType.Double, '7a0161'],
    ['a float as Double', DataType.Double, '650000c03f'],
    ['an integer as Boolean', DataType.Boolean, '5001'],
    ['five bytes as Int16Array', DataType.Int16Array, '8201050102030405'],
    ['a boolean array whose count lies', DataType.BooleanArray, '8201050900000001'],
    ['a boolean array without its count', DataType.BooleanArray, '820103000000'],
    ['a text array without its last NUL', DataType.StringArray, '8201024142'],
    ['a property set as a metric', DataType.PropertySet, '5001'],
  ])('%s is refused, naming the byte', (_, datatype, field) => {
    expect(() => decodeValue(datatype, field)).toThrow(ProtocolError)
    expect(() => decodeValue(datatype, field)).toThrow(/at byte \d+/)
  })

  it('that is not known here is given as it was sent', () => {
    expect(decodeValue(99, '5005')).toBe(5)
  })

  it.each<[string, number, MetricValue]>([
    ['128', DataType.Int8, 128],
    ['-1', DataType.UInt64, -1],
    ['1.5', DataType.Int32, 1.5],
    ['2^64', DataType.UInt64, 2n ** 64n],
    ['a text', DataType.Double, 'x'],
    ['a number', DataType.String, 1],
    ['a list', DataType.Double, [1]],
    ['128 in a list', DataType.Int8Array, [128]],
    ['a text with NUL in a list', DataType.StringArray, ['a\0b']],
  ])('is our own bug when it is %s and cannot be held by %i', (_, datatype, value) => {
    expect(() => encodePayload({ metrics: [{ name: 'Level', datatype, value }] })).toThrow(InvariantError)
    expect(() => encodePayload({ metrics: [{ name: 'Level', datatype, value }] })).toThrow('metric Level')
  })
})
