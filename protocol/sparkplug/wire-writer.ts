/** Writes protocol buffer fields into one growing buffer. */
import { InvariantError } from '../errors.ts'
import type { Integer } from './payload.ts'
import { TWO_32, WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from './wire.ts'

const TWO_28 = 2 ** 28
/** Up to this many characters a loop over them beats the encoder's call. */
const SHORT_TEXT = 48
const utf8Encoder = new TextEncoder()

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

  /** Numbers from 2^32 on: four bytes of seven bits, and what is above them. */
  #safe(value: number): void {
    this.reserve(10)
    const high = Math.floor(value / TWO_28)
    const low = value - high * TWO_28
    const { bytes, at } = this
    bytes[at] = (low & 0x7f) | 0x80
    bytes[at + 1] = ((low >>> 7) & 0x7f) | 0x80
    bytes[at + 2] = ((low >>> 14) & 0x7f) | 0x80
    bytes[at + 3] = (low >>> 21) | 0x80
    this.at = at + 4
    this.varint32(high)
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
    if (value.length > SHORT_TEXT || !this.#ascii(value))
      this.at += utf8Encoder.encodeInto(value, this.bytes.subarray(this.at)).written
    this.end(start)
  }

  /** Names are short and plain: a loop over them beats the encoder's call. False, and nothing written, for others. */
  #ascii(value: string): boolean {
    const { bytes, at } = this
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[at + i] = code
    }
    this.at = at + value.length
    return true
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
