/**
 * What a value on the wire means under its datatype. Sparkplug carries signed integers in unsigned fields (two's
 * complement) and arrays packed into bytes, little-endian.
 * @see Eclipse Sparkplug 3.0, section 6.4.16, DataType
 */
import { InvariantError, ProtocolError } from '../errors.ts'
import { type DataSet, DataType, type Integer, type MetricValue, type Template } from './payload.ts'
import { decodeText, signed64, unsigned64 } from './wire.ts'

/** A value as its field carries it; of an integer the two 32-bit words. */
export type RawValue =
  | { readonly kind: 'int' | 'long'; readonly low: number; readonly high: number }
  | { readonly kind: 'float' | 'double'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'dataset'; readonly value: DataSet }
  | { readonly kind: 'template'; readonly value: Template }

/** What a data set cell, a parameter or a plain property holds. */
export type Cell = Integer | boolean | string | null

/** How each scalar datatype travels: the field that carries it, and for integers their bits and sign. */
type Carrier =
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: 'float' | 'double' | 'boolean' | 'string' | 'bytes' | 'dataset' | 'template' }

const integer = (bits: 8 | 16 | 32 | 64, signed: boolean): Carrier => ({ kind: 'integer', bits, signed })

/** By datatype code; arrays travel as bytes. Property sets are no values of metrics. */
export const CARRIERS: { readonly [datatype: number]: Carrier } = {
  [DataType.Int8]: integer(8, true),
  [DataType.Int16]: integer(16, true),
  [DataType.Int32]: integer(32, true),
  [DataType.Int64]: integer(64, true),
  [DataType.UInt8]: integer(8, false),
  [DataType.UInt16]: integer(16, false),
  [DataType.UInt32]: integer(32, false),
  [DataType.UInt64]: integer(64, false),
  [DataType.DateTime]: integer(64, false),
  [DataType.Float]: { kind: 'float' },
  [DataType.Double]: { kind: 'double' },
  [DataType.Boolean]: { kind: 'boolean' },
  [DataType.String]: { kind: 'string' },
  [DataType.Text]: { kind: 'string' },
  [DataType.UUID]: { kind: 'string' },
  [DataType.Bytes]: { kind: 'bytes' },
  [DataType.File]: { kind: 'bytes' },
  [DataType.DataSet]: { kind: 'dataset' },
  [DataType.Template]: { kind: 'template' },
}

export const isArrayType = (datatype: number): boolean =>
  datatype >= DataType.Int8Array && datatype <= DataType.DateTimeArray

const misfit = (datatype: number, kind: string) =>
  new ProtocolError('payload-malformed', `a value of datatype ${datatype} in field ${kind}_value`)

/**
 * A metric's value under its datatype; as the wire has it when the datatype is unknown.
 * @param countItems told how many items an array has, before they are made
 * @throws ProtocolError `payload-malformed` when value and datatype do not fit
 */
export function convertMetric(
  datatype: number | undefined,
  raw: RawValue,
  countItems: (count: number) => void,
): MetricValue {
  if (datatype === DataType.PropertySet || datatype === DataType.PropertySetList) throw misfit(datatype, raw.kind)
  if (datatype !== undefined && isArrayType(datatype)) {
    if (raw.kind !== 'bytes') throw misfit(datatype, raw.kind)
    return unpackArray(datatype, raw.value, countItems)
  }
  const carrier = datatype === undefined ? undefined : CARRIERS[datatype]
  return carrier ? convertScalar(datatype!, carrier, raw) : asSent(raw)
}

/** The same for a data set cell, a parameter or a plain property. */
export function convertCell(datatype: number, raw: RawValue): Cell {
  const carrier = CARRIERS[datatype]
  const value = carrier ? convertScalar(datatype, carrier, raw) : asSent(raw)
  if (typeof value === 'object') throw misfit(datatype, raw.kind)
  return value
}

/** A value whose datatype says nothing: integers unsigned. */
const asSent = (raw: RawValue) => ('low' in raw ? unsigned64(raw.low, raw.high) : raw.value)

function convertScalar(
  datatype: number,
  carrier: Carrier,
  raw: RawValue,
): Integer | boolean | string | Uint8Array | DataSet | Template {
  if (carrier.kind === 'integer') {
    if (!('low' in raw)) throw misfit(datatype, raw.kind)
    return convertInteger(datatype, carrier, raw)
  }
  if ('low' in raw || raw.kind !== carrier.kind) throw misfit(datatype, raw.kind)
  return raw.value
}

/**
 * An integer of either field. Writers differ in how far they extend a sign, so a negative number is taken in its own
 * bits, in 32 or in 64; what still does not fit is refused rather than wrapped.
 */
function convertInteger(
  datatype: number,
  { bits, signed }: { bits: number; signed: boolean },
  raw: { kind: 'int' | 'long'; low: number; high: number },
): Integer {
  if (bits === 64) {
    // A 64-bit number in the 32-bit field can only be one that fits there.
    return signed ? signed64(raw.low, raw.high) : unsigned64(raw.low, raw.high)
  }
  const shift = 32 - bits
  const value = signed ? (raw.low << shift) >> shift : raw.low
  const extension = value < 0 ? 0xffff_ffff : 0
  const fits = signed
    ? raw.low === value >>> 0 || raw.low === (value & (2 ** bits - 1)) >>> 0
    : bits === 32 || raw.low < 2 ** bits
  if (!fits || (raw.high !== 0 && raw.high !== extension))
    throw new ProtocolError('payload-malformed', `${unsigned64(raw.low, raw.high)} does not fit datatype ${datatype}`)
  return value
}

interface ArrayCodec {
  readonly size: number
  get(view: DataView, at: number): Integer
  set(view: DataView, at: number, value: Integer): void
}

const safe = (value: bigint): Integer =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
const unsigned64Codec: ArrayCodec = {
  size: 8,
  get: (view, at) => safe(view.getBigUint64(at, true)),
  set: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
}

/** Items of the fixed-width arrays. */
const ARRAY_CODECS: { readonly [datatype: number]: ArrayCodec } = {
  [DataType.Int8Array]: { size: 1, get: (v, at) => v.getInt8(at), set: (v, at, x) => v.setInt8(at, Number(x)) },
  [DataType.Int16Array]: {
    size: 2,
    get: (v, at) => v.getInt16(at, true),
    set: (v, at, x) => v.setInt16(at, Number(x), true),
  },
  [DataType.Int32Array]: {
    size: 4,
    get: (v, at) => v.getInt32(at, true),
    set: (v, at, x) => v.setInt32(at, Number(x), true),
  },
  [DataType.Int64Array]: {
    size: 8,
    get: (v, at) => safe(v.getBigInt64(at, true)),
    set: (v, at, x) => v.setBigInt64(at, BigInt(x), true),
  },
  [DataType.UInt8Array]: { size: 1, get: (v, at) => v.getUint8(at), set: (v, at, x) => v.setUint8(at, Number(x)) },
  [DataType.UInt16Array]: {
    size: 2,
    get: (v, at) => v.getUint16(at, true),
    set: (v, at, x) => v.setUint16(at, Number(x), true),
  },
  [DataType.UInt32Array]: {
    size: 4,
    get: (v, at) => v.getUint32(at, true),
    set: (v, at, x) => v.setUint32(at, Number(x), true),
  },
  [DataType.UInt64Array]: unsigned64Codec,
  [DataType.DateTimeArray]: unsigned64Codec,
  [DataType.FloatArray]: {
    size: 4,
    get: (v, at) => v.getFloat32(at, true),
    set: (v, at, x) => v.setFloat32(at, Number(x), true),
  },
  [DataType.DoubleArray]: {
    size: 8,
    get: (v, at) => v.getFloat64(at, true),
    set: (v, at, x) => v.setFloat64(at, Number(x), true),
  },
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The items of an array metric. @throws ProtocolError `payload-malformed` */
export function unpackArray(datatype: number, bytes: Uint8Array, countItems: (count: number) => void): MetricValue {
  if (datatype === DataType.BooleanArray) return unpackBooleans(bytes, countItems)
  if (datatype === DataType.StringArray) return unpackStrings(bytes, countItems)
  const codec = ARRAY_CODECS[datatype]
  if (!codec) throw new InvariantError(`datatype ${datatype} is no array`)
  if (bytes.length % codec.size !== 0)
    throw new ProtocolError('payload-malformed', `${bytes.length} bytes for items of ${codec.size}`)
  const view = viewOf(bytes)
  countItems(bytes.length / codec.size)
  return Array.from({ length: bytes.length / codec.size }, (_, i) => codec.get(view, i * codec.size)) as number[]
}

/** A count of 4 bytes, then the items as bits, the first in the highest bit of the first byte. */
function unpackBooleans(bytes: Uint8Array, countItems: (count: number) => void): boolean[] {
  const count = bytes.length < 4 ? -1 : viewOf(bytes).getUint32(0, true)
  if (count < 0 || Math.ceil(count / 8) !== bytes.length - 4)
    throw new ProtocolError('payload-malformed', `${bytes.length} bytes for ${count} booleans`)
  countItems(count)
  return Array.from({ length: count }, (_, i) => ((bytes[4 + (i >> 3)]! >> (7 - (i & 7))) & 1) === 1)
}

/** Each item is ended by a NUL. */
function unpackStrings(bytes: Uint8Array, countItems: (count: number) => void): string[] {
  const items: string[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start)
    if (end < 0) throw new ProtocolError('payload-malformed', 'a text of an array without its NUL')
    countItems(1)
    items.push(decodeText(bytes, start, end))
    start = end + 1
  }
  return items
}

/** The bytes of an array metric. @throws InvariantError for an item that its datatype cannot hold */
export function packArray(datatype: number, items: readonly (Integer | boolean | string)[]): Uint8Array {
  if (datatype === DataType.BooleanArray) return packBooleans(items as readonly boolean[])
  if (datatype === DataType.StringArray) return packStrings(items as readonly string[])
  const codec = ARRAY_CODECS[datatype]
  if (!codec) throw new InvariantError(`datatype ${datatype} is no array`)
  const bytes = new Uint8Array(items.length * codec.size)
  const view = viewOf(bytes)
  const lossy = datatype === DataType.FloatArray
  items.forEach((item, i) => {
    codec.set(view, i * codec.size, item as Integer)
    const back = codec.get(view, i * codec.size)
    if (!lossy && Number(back) !== Number(item) && !Number.isNaN(item))
      throw new InvariantError(`${item} does not fit datatype ${datatype}`)
  })
  return bytes
}

function packBooleans(items: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(4 + Math.ceil(items.length / 8))
  viewOf(bytes).setUint32(0, items.length, true)
  items.forEach((item, i) => {
    if (item) bytes[4 + (i >> 3)]! |= 0x80 >> (i & 7)
  })
  return bytes
}

function packStrings(items: readonly string[]): Uint8Array {
  const bad = items.find((item) => item.includes('\0'))
  if (bad !== undefined) throw new InvariantError('a text of an array holds a NUL')
  return new TextEncoder().encode(items.map((item) => `${item}\0`).join(''))
}
