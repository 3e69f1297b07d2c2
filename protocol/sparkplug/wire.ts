/**
 * Protocol Buffers on the wire: varints, fixed fields, length-delimited fields. Reads what anyone may have sent, hence
 * never past the end, never without a bound; writes into one growing buffer.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
import { InvariantError, ProtocolError } from '../errors.ts'
import type { Integer } from './payload.ts'

/** Longer payloads are refused unread: a row carries at most 64 KiB of waveform, a birth a few hundred metrics. */
export const MAX_PAYLOAD_BYTES = 1_048_576
/** Templates and property sets nest; deeper than this is an attack on the stack. */
export const MAX_DEPTH = 16
/** Metrics, properties, data set cells and array items of one payload: bounds memory to about 100 times the bytes read. */
export const MAX_ITEMS = 100_000

export const WIRE_VARINT = 0
export const WIRE_FIXED64 = 1
export const WIRE_BYTES = 2
const WIRE_GROUP = 3
const WIRE_END_GROUP = 4
export const WIRE_FIXED32 = 5

const TWO_32 = 4_294_967_296
/** High words below this leave a 64-bit integer within the 53 bits that a number holds exactly. */
const SAFE_HIGH = 0x20_0000
/** Below this many bytes a loop over characters beats the decoder's call. */
const SHORT_TEXT = 48

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf8Encoder = new TextEncoder()

/** Says what is wrong with a payload and at which byte. */
export const malformed = (what: string, offset: number, cause?: unknown): ProtocolError =>
  new ProtocolError('payload-malformed', `${what} at byte ${offset}`, cause)

/** UTF-8 of `bytes[start, end)`. @throws ProtocolError `payload-malformed` when it is not UTF-8. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_TEXT) {
    let text = ''
    let i = start
    for (; i < end && bytes[i]! < 0x80; i++) text += String.fromCharCode(bytes[i]!)
    if (i === end) return text
  }
  try {
    return utf8.decode(bytes.subarray(start, end))
  } catch (cause) {
    throw malformed('text that is not UTF-8', start, cause)
  }
}

/** An unsigned 64-bit integer of two words: a number where that is exact, else a bigint. */
export const unsigned64 = (low: number, high: number): Integer =>
  high < SAFE_HIGH ? high * TWO_32 + low : (BigInt(high) << 32n) | BigInt(low)

/** The same two words in two's complement. */
export function signed64(low: number, high: number): Integer {
  if (high < 0x8000_0000) return unsigned64(low, high)
  const value = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low))
  return value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value
}

/** A cursor over one payload. `low` and `high` hold the two words of the varint read last. */
export class WireReader {
  readonly bytes: Uint8Array
  readonly view: DataView
  at = 0
  low = 0
  high = 0
  /** Field number and wire type of the tag read last. */
  field = 0
  wire = 0
  #items = 0
  #depth = 0

  constructor(bytes: Uint8Array) {
    if (bytes.length > MAX_PAYLOAD_BYTES) throw malformed(`longer than ${MAX_PAYLOAD_BYTES} bytes`, MAX_PAYLOAD_BYTES)
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Counts what will be kept in memory. */
  countItems(count: number): void {
    this.#items += count
    if (this.#items > MAX_ITEMS) throw malformed(`more than ${MAX_ITEMS} items`, this.at)
  }

  /** Reads a message nested in this one with `read`, within the allowed depth. */
  nested<T>(end: number, read: (reader: WireReader, end: number) => T): T {
    const stop = this.span(end)
    if (++this.#depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`, this.at)
    const value = read(this, stop)
    this.#depth--
    return value
  }

  /** Reads a tag; false at `end`. */
  next(end: number): boolean {
    if (this.at >= end) return false
    const start = this.at
    this.varint(end)
    this.field = this.low >>> 3
    this.wire = this.low & 7
    if (this.high !== 0 || this.field === 0) throw malformed('bad field tag', start)
    return true
  }

  /** Insists on the wire type of the field just met. */
  expect(wire: number): void {
    if (this.wire !== wire) throw malformed(`field ${this.field} with wire type ${this.wire}`, this.at)
  }

  /** Reads a varint of at most 64 bits into `low` and `high`. */
  varint(end: number): void {
    const { bytes } = this
    const start = this.at
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) throw malformed('a number cut short', this.at)
      const byte = bytes[this.at++]!
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) throw malformed('a number beyond 64 bits', start)
        this.low = low >>> 0
        this.high = high >>> 0
        return
      }
    }
    throw malformed('a number beyond 64 bits', start)
  }

  /** uint32: protobuf keeps the low word of whatever was sent. */
  uint32(end: number): number {
    this.expect(WIRE_VARINT)
    this.varint(end)
    return this.low
  }

  boolean(end: number): boolean {
    this.expect(WIRE_VARINT)
    this.varint(end)
    return this.low !== 0 || this.high !== 0
  }

  uint64(end: number): Integer {
    this.expect(WIRE_VARINT)
    this.varint(end)
    return unsigned64(this.low, this.high)
  }

  /** uint64 where nothing beyond 2^53 makes sense: times, aliases, `seq`. */
  safe(end: number): number {
    const start = this.at
    const value = this.uint64(end)
    if (typeof value === 'bigint') throw malformed(`field ${this.field} beyond 2^53`, start)
    return value
  }

  float(end: number): number {
    this.expect(WIRE_FIXED32)
    return this.view.getFloat32(this.fixed(4, end), true)
  }

  double(end: number): number {
    this.expect(WIRE_FIXED64)
    return this.view.getFloat64(this.fixed(8, end), true)
  }

  text(end: number): string {
    const stop = this.span(end)
    const start = this.at
    this.at = stop
    return decodeText(this.bytes, start, stop)
  }

  /** A copy: what it is read from may be the socket's buffer. */
  blob(end: number): Uint8Array {
    const stop = this.span(end)
    const start = this.at
    this.at = stop
    return new Uint8Array(this.bytes.subarray(start, stop))
  }

  /** Reads a length and returns where what follows ends. */
  span(end: number): number {
    this.expect(WIRE_BYTES)
    const start = this.at
    this.varint(end)
    if (this.high !== 0 || this.low > end - this.at) throw malformed(`field ${this.field} runs past its end`, start)
    return this.at + this.low
  }

  /** Passes over the field just met, whatever it is. */
  skip(end: number): void {
    if (this.wire === WIRE_VARINT) this.varint(end)
    else if (this.wire === WIRE_FIXED64) this.fixed(8, end)
    else if (this.wire === WIRE_FIXED32) this.fixed(4, end)
    else if (this.wire === WIRE_BYTES) this.at = this.span(end)
    else if (this.wire === WIRE_GROUP) this.#skipGroup(end)
    else throw malformed(`wire type ${this.wire}`, this.at)
  }

  #skipGroup(end: number): void {
    const group = this.field
    if (++this.#depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`, this.at)
    for (;;) {
      if (!this.next(end)) throw malformed('a group without an end', this.at)
      if (this.wire === WIRE_END_GROUP) break
      this.skip(end)
    }
    if (this.field !== group) throw malformed('a group that another ends', this.at)
    this.#depth--
  }

  /** Passes over `length` bytes and returns where they begin. */
  fixed(length: number, end: number): number {
    const start = this.at
    if (length > end - start) throw malformed('a number cut short', start)
    this.at = start + length
    return start
  }
}

/** Writes fields into a buffer that grows; `finish` copies the result out, after which the writer may be used again. */
export class WireWriter {
  bytes: Uint8Array
  view: DataView
  at = 0

  constructor(capacity = 512) {
    this.bytes = new Uint8Array(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    const needed = this.at + more
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  finish(): Uint8Array {
    const result = this.bytes.slice(0, this.at)
    this.at = 0
    return result
  }

  tag(field: number, wire: number): void {
    this.varint32((field << 3) | wire)
  }

  varint32(value: number): void {
    this.reserve(5)
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.at++] = rest
  }

  /** An integer as 64 bits, negative ones in two's complement. */
  varint64(value: Integer): void {
    if (typeof value !== 'number' || value < 0 || value > Number.MAX_SAFE_INTEGER) this.#wide(BigInt(value))
    else if (value < TWO_32) this.varint32(value)
    else this.#safe(value)
  }

  #wide(value: bigint): void {
    this.reserve(10)
    let rest = BigInt.asUintN(64, value)
    while (rest > 0x7fn) {
      this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.bytes[this.at++] = Number(rest)
  }

  #safe(value: number): void {
    this.reserve(10)
    let high = Math.floor(value / 128)
    this.bytes[this.at++] = (value % 128) | 0x80
    while (high > 0x7f) {
      this.bytes[this.at++] = (high % 128) | 0x80
      high = Math.floor(high / 128)
    }
    this.bytes[this.at++] = high
  }

  uint32(field: number, value: number): void {
    this.tag(field, WIRE_VARINT)
    this.varint32(value)
  }

  uint64(field: number, value: Integer): void {
    this.tag(field, WIRE_VARINT)
    this.varint64(value)
  }

  boolean(field: number, value: boolean): void {
    this.uint32(field, value ? 1 : 0)
  }

  float(field: number, value: number): void {
    this.tag(field, WIRE_FIXED32)
    this.reserve(4)
    this.view.setFloat32(this.at, value, true)
    this.at += 4
  }

  double(field: number, value: number): void {
    this.tag(field, WIRE_FIXED64)
    this.reserve(8)
    this.view.setFloat64(this.at, value, true)
    this.at += 8
  }

  /** Text as UTF-8; half a surrogate pair becomes U+FFFD. */
  text(field: number, value: string): void {
    this.tag(field, WIRE_BYTES)
    // A UTF-16 unit takes at most three bytes of UTF-8.
    this.reserve(value.length * 3 + 5)
    const start = this.begin()
    this.at += utf8Encoder.encodeInto(value, this.bytes.subarray(this.at)).written
    this.end(start)
  }

  blob(field: number, value: Uint8Array): void {
    this.tag(field, WIRE_BYTES)
    this.varint32(value.length)
    this.reserve(value.length)
    this.bytes.set(value, this.at)
    this.at += value.length
  }

  /** A message within this one. */
  nested<T>(field: number, value: T, write: (writer: WireWriter, value: T) => void): void {
    this.tag(field, WIRE_BYTES)
    const start = this.begin()
    write(this, value)
    this.end(start)
  }

  /** Leaves one byte for a length that is not known yet; hand what it returns to {@link end}. */
  begin(): number {
    this.reserve(1)
    return this.at++
  }

  /** Writes the length of what came since {@link begin}, moving it when the length needs more than the byte left for it. */
  end(start: number): void {
    const length = this.at - start - 1
    if (length < 0) throw new InvariantError('the length of a message that never began')
    if (length < 0x80) {
      this.bytes[start] = length
      return
    }
    const more = length < 0x4000 ? 1 : length < 0x20_0000 ? 2 : 3
    this.reserve(more)
    this.bytes.copyWithin(start + 1 + more, start + 1, this.at)
    this.at = start
    this.varint32(length)
    this.at += length
  }
}
