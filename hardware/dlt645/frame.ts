/**
 * Frames of DL/T 645-2007 on a shared RS-485 bus. A receiver is fed chunks of any size; it checks the sum before it
 * believes anything, and after an error drops one byte and looks again. Data is handed over without the +33H of the line.
 * What it cannot see: a frame altered in two places so that the sum still fits (the sum is one byte).
 * @see DL/T 645-2007, chapter 5
 */
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { createFrameCutter, type DiscardedBytes, type Flaw, type FrameCutter } from '../framing/frame-cutter.ts'
import { ADDRESS_BYTES, type FrameAddress, readAddress, writeAddress } from './address.ts'

const START = 0x68
const END = 0x16
const WAKE = 0xfe
const MASK = 0x33
const HEAD_BYTES = 2 + ADDRESS_BYTES + 2
const TAIL_BYTES = 2
/** Meters answer a read with at most this much data. @see DL/T 645-2007, 5.2.5 */
export const MAX_DATA_BYTES = 200
const MAX_FRAME_BYTES = HEAD_BYTES + MAX_DATA_BYTES + TAIL_BYTES
/** Bytes before a frame that wake a sleeping receiver; not part of the sum. */
const WAKE_BYTES = 4

/**
 * What a master may ask. The codes that clear a meter's records (19H demand, 1AH meter, 1BH events) are left out on
 * purpose, as are those that change addresses, speed and passwords: what is not here cannot be sent. `read1997` is the
 * read of the standard's first edition, by which a meter of that age is told from a silent one.
 */
export const FUNCTIONS = { read: 0x11, readFollowing: 0x12, readAddress: 0x13, control: 0x1c, read1997: 0x01 } as const
export type FunctionName = keyof typeof FUNCTIONS

/** A frame as it came from a meter. */
export interface AnswerFrame {
  readonly kind: 'answer'
  /** Twelve characters; compare with the address that was asked. */
  readonly address: string
  /** Function code that is answered, D4 to D0. */
  readonly function: number
  readonly isAbnormal: boolean
  /** More frames follow: ask with `readFollowing`. */
  readonly hasMore: boolean
  /** The receiver owns it. */
  readonly data: Uint8Array
}
/** A frame that a master sent: an echo of our own, or another master on the bus. */
export interface RequestFrame {
  readonly kind: 'request'
  readonly address: string
  readonly function: number
  readonly data: Uint8Array
}
export type BusItem = AnswerFrame | RequestFrame | DiscardedBytes

/** The bytes of a request, with the preamble. @param data without the +33H */
export function encodeRequest(address: FrameAddress, name: FunctionName, data: Uint8Array): Uint8Array {
  return encodeFrame(address, FUNCTIONS[name], data)
}

/** The bytes of any frame, for requests and for simulated meters. @throws InvariantError for too much data */
export function encodeFrame(address: string, control: number, data: Uint8Array): Uint8Array {
  if (data.length > MAX_DATA_BYTES) throw new InvariantError(`DL/T 645: ${data.length} bytes of data in one frame`)
  const out = new Uint8Array(WAKE_BYTES + HEAD_BYTES + data.length + TAIL_BYTES).fill(WAKE, 0, WAKE_BYTES)
  const start = WAKE_BYTES
  out[start] = START
  writeAddress(out, start + 1, address as FrameAddress)
  out[start + 7] = START
  out[start + 8] = control
  out[start + 9] = data.length
  for (const [i, byte] of data.entries()) out[start + HEAD_BYTES + i] = byte + MASK
  const sumAt = start + HEAD_BYTES + data.length
  out[sumAt] = sumOf(out, start, sumAt)
  out[sumAt + 1] = END
  return out
}

function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += bytes[i]!
  return sum & 0xff
}

const FROM_METER = 0x80
const ABNORMAL = 0x40
const MORE = 0x20
const FUNCTION_BITS = 0x1f

/** Cuts a bus's bytes into frames. */
export const createFrameDecoder = (): FrameCutter<AnswerFrame | RequestFrame> =>
  createFrameCutter({ maxBytes: MAX_FRAME_BYTES, wakeByte: WAKE, judge, read: frameOf })

/** The size of a sound frame at the front, or why there is none. */
function judge(held: Uint8Array, length: number): number | 'wait' | Flaw {
  if (held[0] !== START) return 'noise'
  if (length > 7 && held[7] !== START) return 'malformed'
  if (length < HEAD_BYTES) return 'wait'
  const dataBytes = held[9]!
  if (dataBytes > MAX_DATA_BYTES) return 'malformed'
  const sumAt = HEAD_BYTES + dataBytes
  if (length < sumAt + TAIL_BYTES) return 'wait'
  if (held[sumAt + 1] !== END) return 'malformed'
  return held[sumAt] === sumOf(held, 0, sumAt) ? sumAt + TAIL_BYTES : 'checksum'
}

function frameOf(held: Uint8Array, size: number): AnswerFrame | RequestFrame {
  const data = held.slice(HEAD_BYTES, size - TAIL_BYTES)
  for (let i = 0; i < data.length; i++) data[i] = data[i]! - MASK
  const control = held[8]!
  const common = { address: readAddress(held, 1), function: control & FUNCTION_BITS, data }
  if ((control & FROM_METER) === 0) return { kind: 'request', ...common }
  return { kind: 'answer', ...common, isAbnormal: (control & ABNORMAL) !== 0, hasMore: (control & MORE) !== 0 }
}

/** Why a meter refused, as its error byte's bits say; several may be set. @see DL/T 645-2007, 5.2.6 */
const REFUSALS = [
  'other error',
  'no such data',
  'password wrong or not authorised',
  'speed cannot be changed',
  'too many season zones',
  'too many day periods',
  'too many tariffs',
] as const
export type Refusal = (typeof REFUSALS)[number]
export const refusalsOf = (error: number): Refusal[] => REFUSALS.filter((_, bit) => ((error >> bit) & 1) === 1)
