/**
 * The fast way into a DATA payload whose metrics stand by alias, without name, datatype, properties or metadata, and
 * with fields in ascending order, as every encoder in use writes them. Fills reusable arrays and allocates nothing.
 * Whatever it does not cover, malformed bytes included, it hands back to the general decoder by answering false; where
 * it answers true it has read exactly what `decode.ts` reads.
 */
import { MAX_PAYLOAD_BYTES } from './wire.ts'

/** What kind of field carried a value: the low four bits of a flag. */
export const FIELD_NONE = 0
export const FIELD_INT = 1
export const FIELD_LONG = 2
export const FIELD_FLOAT = 3
export const FIELD_DOUBLE = 4
export const FIELD_BOOLEAN = 5
export const FIELD_STRING = 6
export const FIELD_BYTES = 7
export const FIELD_MASK = 0x0f
/** Bits above the field kind. A null metric has no field kind. */
export const FLAG_HISTORICAL = 0x10
export const FLAG_NULL = 0x20
/** Whether `timestamps` holds the metric's own time. */
export const FLAG_TIMED = 0x40

/**
 * A decoded payload as columns; entry `i` of each belongs to metric `i < count`. The caller owns it and hands it to
 * {@link decodeFast} again and again; texts and bytes stay in the payload, as positions.
 */
export interface Frame {
  readonly capacity: number
  count: number
  /** Of the payload; -1 when absent. */
  timestamp: number
  /** -1 when absent. */
  seq: number
  readonly aliases: Uint32Array
  readonly timestamps: Float64Array
  /** Numbers as sent (integers unsigned), flags as 0 or 1; of texts and bytes the length. */
  readonly values: Float64Array
  readonly flags: Uint8Array
  /** Where in the payload a text or byte value begins. */
  readonly starts: Uint32Array
}

/** Makes room for payloads of up to `capacity` metrics; longer ones go the general way. */
export function createFrame(capacity = 128): Frame {
  return {
    capacity,
    count: 0,
    timestamp: -1,
    seq: -1,
    aliases: new Uint32Array(capacity),
    timestamps: new Float64Array(capacity),
    values: new Float64Array(capacity),
    flags: new Uint8Array(capacity),
    starts: new Uint32Array(capacity),
  }
}

const TAG_TIMESTAMP = 0x08
const TAG_METRIC = 0x12
const TAG_SEQ = 0x18

const METRIC_ALIAS = 0x10
const METRIC_TIMESTAMP = 0x18
const METRIC_HISTORICAL = 0x28
const METRIC_NULL = 0x38
const METRIC_INT = 0x50
const METRIC_LONG = 0x58
const METRIC_FLOAT = 0x65
const METRIC_DOUBLE = 0x69
const METRIC_BOOLEAN = 0x70
const METRIC_STRING = 0x7a
/** Field 16 takes a tag of two bytes. */
const METRIC_BYTES = 0x82
const METRIC_BYTES_2 = 0x01

const TWO_28 = 2 ** 28
const TWO_32 = 2 ** 32
/** Milliseconds since 1970 take six bytes of varint from 1971 to 2109; other times go the general way. */
const TIME_BYTES = 6
/** Exact integers end within the eighth byte of a varint. */
const MAX_VARINT_BYTES = 8

/** Bytes of a float are put together as words: a DataView for each payload would cost more than the whole decoding. */
const words = new Int32Array(2)
const doubles = new Float64Array(words.buffer)
const floats = new Float32Array(words.buffer)
/** Only on little-endian machines does the first word hold the low half. */
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** Six bytes as a time; -1 when they are not one varint of six. */
function timeAt(bytes: Uint8Array, at: number): number {
  const a = bytes[at]!
  const b = bytes[at + 1]!
  const c = bytes[at + 2]!
  const d = bytes[at + 3]!
  const e = bytes[at + 4]!
  const f = bytes[at + 5]!
  if ((a & b & c & d & e & 0x80) === 0 || f > 0x7f) return -1
  const low = (a & 0x7f) | ((b & 0x7f) << 7) | ((c & 0x7f) << 14) | ((d & 0x7f) << 21)
  return ((e & 0x7f) | (f << 7)) * TWO_28 + low
}

/** The varint that fills `[at, stop)` exactly; -1 when there is none or it is no exact number. */
function varintBetween(bytes: Uint8Array, at: number, stop: number): number {
  if (at >= stop || stop - at > MAX_VARINT_BYTES) return -1
  let value = bytes[stop - 1]!
  if (value > 0x7f) return -1
  for (let i = stop - 2; i >= at; i--) {
    const byte = bytes[i]!
    if (byte < 0x80) return -1
    value = value * 128 + (byte & 0x7f)
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1
}

const word = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

/** Where a varint of at most three bytes ends; -1 when it is longer or cut short. */
function shortEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at < end && bytes[at]! < 0x80) return at + 1
  if (at + 1 < end && bytes[at + 1]! < 0x80) return at + 2
  if (at + 2 < end && bytes[at + 2]! < 0x80) return at + 3
  return -1
}

/** The value of a varint whose end {@link shortEnd} has found. */
function shortValue(bytes: Uint8Array, at: number, stop: number): number {
  const first = bytes[at]!
  if (stop === at + 1) return first
  const second = (first & 0x7f) | ((bytes[at + 1]! & 0x7f) << 7)
  return stop === at + 2 ? second : second | (bytes[at + 2]! << 14)
}

/**
 * Decodes a payload into `frame`; false when it is not of the shape above, and then the frame is to be disregarded.
 * Texts are not checked to be UTF-8 until they are read.
 */
export function decodeFast(bytes: Uint8Array, frame: Frame): boolean {
  const end = bytes.length
  if (!LITTLE_ENDIAN || end > MAX_PAYLOAD_BYTES) return false
  let at = 0
  let count = 0
  frame.timestamp = -1
  frame.seq = -1
  if (end > TIME_BYTES && bytes[0] === TAG_TIMESTAMP) {
    frame.timestamp = timeAt(bytes, 1)
    if (frame.timestamp < 0) return false
    at = 1 + TIME_BYTES
  }
  while (at < end && bytes[at] === TAG_METRIC) {
    const start = shortEnd(bytes, at + 1, end)
    if (start < 0 || count === frame.capacity) return false
    const stop = start + shortValue(bytes, at + 1, start)
    if (stop > end || !decodeMetric(bytes, start, stop, frame, count)) return false
    count++
    at = stop
  }
  if (at < end && bytes[at] === TAG_SEQ) {
    frame.seq = varintBetween(bytes, at + 1, end)
    if (frame.seq < 0) return false
    at = end
  }
  frame.count = count
  return at === end
}

/** One metric: alias, time, marks and value in this order, filling `[at, stop)` exactly. */
function decodeMetric(bytes: Uint8Array, at: number, stop: number, frame: Frame, index: number): boolean {
  if (at >= stop || bytes[at] !== METRIC_ALIAS) return false
  const aliasEnd = shortEnd(bytes, at + 1, stop)
  if (aliasEnd < 0) return false
  frame.aliases[index] = shortValue(bytes, at + 1, aliasEnd)
  at = aliasEnd
  let flags = 0
  if (stop - at > TIME_BYTES && bytes[at] === METRIC_TIMESTAMP) {
    const time = timeAt(bytes, at + 1)
    if (time < 0) return false
    frame.timestamps[index] = time
    flags = FLAG_TIMED
    at += 1 + TIME_BYTES
  }
  // The commonest value of all: a double, and nothing marked.
  if (stop - at === 9 && bytes[at] === METRIC_DOUBLE) {
    words[0] = word(bytes, at + 1)
    words[1] = word(bytes, at + 5)
    frame.values[index] = doubles[0]!
    frame.flags[index] = flags | FIELD_DOUBLE
    return true
  }
  if (stop - at >= 2 && bytes[at] === METRIC_HISTORICAL) {
    if (bytes[at + 1]! > 1) return false
    if (bytes[at + 1] === 1) flags |= FLAG_HISTORICAL
    at += 2
  }
  if (stop - at >= 2 && bytes[at] === METRIC_NULL) {
    if (bytes[at + 1]! > 1) return false
    if (bytes[at + 1] === 1) flags |= FLAG_NULL
    at += 2
  }
  if (at < stop) {
    const kind = (flags & FLAG_NULL) === 0 ? decodeValue(bytes, at, stop, frame, index) : FIELD_NONE
    if (kind === FIELD_NONE) return false
    flags |= kind
  }
  frame.flags[index] = flags
  return true
}

/** The value field, which ends its metric. Answers the field's kind, or {@link FIELD_NONE} when it is not covered. */
function decodeValue(bytes: Uint8Array, at: number, stop: number, frame: Frame, index: number): number {
  switch (bytes[at]) {
    case METRIC_DOUBLE:
      if (stop - at !== 9) return FIELD_NONE
      words[0] = word(bytes, at + 1)
      words[1] = word(bytes, at + 5)
      frame.values[index] = doubles[0]!
      return FIELD_DOUBLE
    case METRIC_FLOAT:
      if (stop - at !== 5) return FIELD_NONE
      words[0] = word(bytes, at + 1)
      frame.values[index] = floats[0]!
      return FIELD_FLOAT
    case METRIC_BOOLEAN:
      if (stop - at !== 2 || bytes[at + 1]! > 1) return FIELD_NONE
      frame.values[index] = bytes[at + 1]!
      return FIELD_BOOLEAN
    case METRIC_INT:
      return decodeInteger(bytes, at + 1, stop, frame, index, TWO_32) ? FIELD_INT : FIELD_NONE
    case METRIC_LONG:
      return decodeInteger(bytes, at + 1, stop, frame, index, Number.MAX_SAFE_INTEGER) ? FIELD_LONG : FIELD_NONE
    case METRIC_STRING:
      return decodeSpan(bytes, at + 1, stop, frame, index) ? FIELD_STRING : FIELD_NONE
    case METRIC_BYTES:
      if (bytes[at + 1] !== METRIC_BYTES_2) return FIELD_NONE
      return decodeSpan(bytes, at + 2, stop, frame, index) ? FIELD_BYTES : FIELD_NONE
    default:
      return FIELD_NONE
  }
}

/** Integers of 2^32 and more in the 32-bit field, and inexact ones, are left to the general decoder. */
function decodeInteger(bytes: Uint8Array, at: number, stop: number, frame: Frame, index: number, below: number) {
  const value = varintBetween(bytes, at, stop)
  if (value < 0 || value >= below) return false
  frame.values[index] = value
  return true
}

function decodeSpan(bytes: Uint8Array, at: number, stop: number, frame: Frame, index: number): boolean {
  const start = shortEnd(bytes, at, stop)
  if (start < 0 || start + shortValue(bytes, at, start) !== stop) return false
  frame.starts[index] = start
  frame.values[index] = stop - start
  return true
}
