/**
 * Protocol Buffers on the wire: what reader and writer share, and the bounds of what is read.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
import { ProtocolError } from '../errors.ts'
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
export const WIRE_GROUP = 3
export const WIRE_END_GROUP = 4
export const WIRE_FIXED32 = 5

export const TWO_32 = 4_294_967_296
/** High words below this leave a 64-bit integer within the 53 bits that a number holds exactly. */
const SAFE_HIGH = 0x20_0000
/** Up to this many bytes a loop over characters beats the decoder's call. */
const SHORT_TEXT = 8

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

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
