/**
 * Frames of DL/T 698.45 on a serial bus: length, address and header sum, then the application's bytes and a sum over all.
 * A receiver is fed chunks of any size and believes nothing before both sums fit; after an error it drops one byte and
 * looks again. Segmented frames are told, not joined: what we read fits into one.
 * @see DL/T 698.45-2017, chapter 6
 */
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { createFrameCutter, type DiscardedBytes, type Flaw, type FrameCutter } from '../framing/frame-cutter.ts'

const START = 0x68
const END = 0x16
/** Start, length, control, address flags, the shortest address, client, header sum. */
const MIN_BYTES = 1 + 2 + 1 + 1 + 1 + 1 + 2 + 2 + 1
/** A read of ours is answered in far less; larger lengths are damage. */
export const MAX_FRAME_BYTES = 1024
const WAKE = 0xfe
const WAKE_BYTES = 4
const LENGTH_MASK = 0x3fff
/** From the client, started by it, user data. */
const CLIENT_REQUEST = 0x43
const FROM_SERVER = 0x80
const SEGMENTED = 0x20

/** CRC-16/X-25. @see ISO/IEC 13239 */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let i = 0; i < 8; i++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0x8408 : crc >> 1
  return crc
})
function crcOf(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff
  for (let i = from; i < to; i++) crc = (crc >> 8) ^ TABLE[(crc ^ bytes[i]!) & 0xff]!
  return crc ^ 0xffff
}

export interface MeterFrame {
  readonly kind: 'frame'
  /** From the meter, not from a master. */
  readonly isAnswer: boolean
  /** Digits, most significant first. */
  readonly address: string
  readonly isSegmented: boolean
  /** The receiver owns it. */
  readonly apdu: Uint8Array
}
export type FrameItem = MeterFrame | DiscardedBytes

/** Whoever hears it answers: for a bus with one meter of unknown address. */
export const WILDCARD = 'AAAAAAAAAAAA'

export interface FrameHead {
  /** Even number of digits, most significant first. */
  readonly address: string
  /** The client's address, 0: not told. */
  readonly client: number
  readonly control?: number
}

/** The bytes of a frame, with the preamble. */
export function encodeFrame({ address, client, control = CLIENT_REQUEST }: FrameHead, apdu: Uint8Array): Uint8Array {
  const addressBytes = address.length / 2
  const size = MIN_BYTES - 1 + addressBytes + apdu.length
  if (size > MAX_FRAME_BYTES || !Number.isInteger(addressBytes))
    throw new InvariantError(`DL/T 698.45: a frame of ${size} bytes for ${address}`)
  const out = new Uint8Array(WAKE_BYTES + size).fill(WAKE, 0, WAKE_BYTES)
  const frame = out.subarray(WAKE_BYTES)
  frame[0] = START
  put16(frame, 1, size - 2)
  frame[3] = control
  frame[4] = addressBytes - 1
  for (let i = 0; i < addressBytes; i++)
    frame[5 + i] = Number.parseInt(address.slice(address.length - 2 * i - 2, address.length - 2 * i), 16)
  const clientAt = 5 + addressBytes
  frame[clientAt] = client
  put16(frame, clientAt + 1, crcOf(frame, 1, clientAt + 1))
  frame.set(apdu, clientAt + 3)
  put16(frame, size - 3, crcOf(frame, 1, size - 3))
  frame[size - 1] = END
  return out
}

const put16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value & 0xff
  bytes[at + 1] = value >> 8
}
const get16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8)

/** Cuts a bus's bytes into frames. */
export const createFrameDecoder = (): FrameCutter<MeterFrame> =>
  createFrameCutter({ maxBytes: MAX_FRAME_BYTES, wakeByte: WAKE, judge, read: frameOf })

/** The size of a sound frame at the front, or why there is none. */
function judge(held: Uint8Array, length: number): number | 'wait' | Flaw {
  if (held[0] !== START) return 'noise'
  if (length < 5) return 'wait'
  const size = (get16(held, 1) & LENGTH_MASK) + 2
  const clientAt = 5 + addressBytesOf(held)
  if (size > MAX_FRAME_BYTES || size < clientAt + 6) return 'malformed'
  if (length < clientAt + 3) return 'wait'
  if (get16(held, clientAt + 1) !== crcOf(held, 1, clientAt + 1)) return 'checksum'
  if (length < size) return 'wait'
  if (held[size - 1] !== END) return 'malformed'
  return get16(held, size - 3) === crcOf(held, 1, size - 3) ? size : 'checksum'
}

const addressBytesOf = (held: Uint8Array): number => (held[4]! & 0x0f) + 1

function frameOf(held: Uint8Array, size: number): MeterFrame {
  const clientAt = 5 + addressBytesOf(held)
  let address = ''
  for (let i = clientAt - 1; i >= 5; i--) address += held[i]!.toString(16).padStart(2, '0')
  return {
    kind: 'frame',
    isAnswer: (held[3]! & FROM_SERVER) !== 0,
    address: address.toUpperCase(),
    isSegmented: (held[3]! & SEGMENTED) !== 0,
    apdu: held.slice(clientAt + 3, size - 3),
  }
}
