/** Reads protocol buffer fields that anyone may have sent: never past the end, never without a bound. */
import type { Integer } from './payload.ts'
import {
  decodeText,
  MAX_DEPTH,
  MAX_ITEMS,
  MAX_PAYLOAD_BYTES,
  malformed,
  unsigned64,
  WIRE_BYTES,
  WIRE_END_GROUP,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_GROUP,
  WIRE_VARINT,
} from './wire.ts'

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
