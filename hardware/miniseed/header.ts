import { type Instant, instant } from '@minewarden/protocol/time.ts'
import {
  type ByteOrder,
  ENCODINGS,
  type Encoding,
  FIXED_HEADER_BYTES,
  MAX_RECORD_BYTES,
  MIN_RECORD_BYTES,
  type RecordHeader,
} from './record.ts'

/**
 * Reads the header of a miniSEED 2 record: the fixed section of 48 bytes and blockettes 100, 1000 and 1001.
 * Every byte may come from an attacker: offsets are checked before they are followed, and the chain of blockettes
 * must move forward. A record without blockette 1000 has no length and is refused.
 * @see SEED Manual 2.4, chapter 8
 */
export type HeaderResult =
  | { readonly kind: 'header'; readonly header: RecordHeader }
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly reason: string }

const MORE: HeaderResult = { kind: 'more' }
const bad = (reason: string): HeaderResult => ({ kind: 'bad', reason })

const ENCODING_OF = new Map<number, Encoding>(
  (Object.keys(ENCODINGS) as Encoding[]).map((name) => [ENCODINGS[name], name]),
)

const digit = (byte: number) => (byte >= 0x30 && byte <= 0x39) || byte === 0x20 || byte === 0

/** A cheap test whether a record may begin at `at`; at least 48 bytes must be there. */
export function looksLikeHeader(bytes: Uint8Array, at: number): boolean {
  const quality = bytes[at + 6]!
  if (quality !== 0x44 && quality !== 0x52 && quality !== 0x51 && quality !== 0x4d) return false
  const reserved = bytes[at + 7]!
  if (reserved !== 0x20 && reserved !== 0) return false
  for (let i = 0; i < 6; i++) if (!digit(bytes[at + i]!)) return false
  for (let i = 8; i < 20; i++) if (bytes[at + i]! > 0x7e || (bytes[at + i]! < 0x20 && bytes[at + i] !== 0)) return false
  return bytes[at + 24]! < 24 && bytes[at + 25]! < 60 && bytes[at + 26]! <= 60
}

/**
 * Reads the header of the record at `at`, of which the bytes up to `end` are at hand.
 * `more`: it is sound as far as it goes, but longer than what is there.
 */
export function readHeader(bytes: Uint8Array, at: number, end: number): HeaderResult {
  if (end - at < FIXED_HEADER_BYTES) return MORE
  if (!looksLikeHeader(bytes, at)) return bad('no record header')
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, end - at)
  const little = headerIsLittle(view)
  if (little === null) return bad('start time out of range')
  const blockettes = readBlockettes(view, little)
  return typeof blockettes === 'object' ? assemble(bytes, at, view, little, blockettes) : asResult(blockettes)
}

const asResult = (problem: string): HeaderResult => (problem === 'more' ? MORE : bad(problem))

/** The year and day tell the byte order; `null` when neither order gives a date between 1900 and 2100. */
function headerIsLittle(view: DataView): boolean | null {
  const valid = (little: boolean) => {
    const year = view.getUint16(20, little)
    const day = view.getUint16(22, little)
    return year >= 1900 && year <= 2100 && day >= 1 && day <= 366
  }
  if (valid(false)) return false
  return valid(true) ? true : null
}

interface Blockettes {
  encoding: number
  byteOrder: ByteOrder
  recordLength: number
  rateHz: number | null
  timingQuality: number | null
  microseconds: number
}

const BLOCKETTE_BYTES = new Map([
  [100, 12],
  [1000, 8],
  [1001, 8],
])

/** Follows the chain; a word says what is wrong with it, or `more`. */
function readBlockettes(view: DataView, little: boolean): Blockettes | string {
  const found: Blockettes = {
    encoding: -1,
    byteOrder: 'big',
    recordLength: 0,
    rateHz: null,
    timingQuality: null,
    microseconds: 0,
  }
  let next = view.getUint16(46, little)
  let least = FIXED_HEADER_BYTES
  while (next !== 0) {
    if (next < least) return 'blockettes run backwards'
    if (next + 4 > view.byteLength) return 'more'
    const type = view.getUint16(next, little)
    const length = BLOCKETTE_BYTES.get(type) ?? 4
    if (next + length > view.byteLength) return 'more'
    readBlockette(view, next, type, little, found)
    least = next + length
    next = view.getUint16(next + 2, little)
    if (found.recordLength > 0 && least > found.recordLength) return 'blockettes longer than the record'
  }
  return found.recordLength === 0 ? 'no blockette 1000' : found
}

function readBlockette(view: DataView, at: number, type: number, little: boolean, found: Blockettes): void {
  if (type === 100) found.rateHz = view.getFloat32(at + 4, little)
  if (type === 1001) {
    found.timingQuality = view.getUint8(at + 4)
    found.microseconds = view.getInt8(at + 5)
  }
  if (type === 1000) {
    found.encoding = view.getUint8(at + 4)
    found.byteOrder = view.getUint8(at + 5) === 0 ? 'little' : 'big'
    found.recordLength = 2 ** view.getUint8(at + 6)
  }
}

function assemble(
  bytes: Uint8Array,
  at: number,
  view: DataView,
  little: boolean,
  blockettes: Blockettes,
): HeaderResult {
  const { recordLength } = blockettes
  if (recordLength < MIN_RECORD_BYTES || recordLength > MAX_RECORD_BYTES) return bad(`record length ${recordLength}`)
  const encoding = ENCODING_OF.get(blockettes.encoding)
  if (!encoding) return bad(`encoding ${blockettes.encoding} not supported`)
  const sampleCount = view.getUint16(30, little)
  const dataOffset = view.getUint16(44, little)
  if (sampleCount > 0 && (dataOffset < FIXED_HEADER_BYTES || dataOffset >= recordLength)) return bad('data offset')
  const rateHz = blockettes.rateHz ?? rateOf(view.getInt16(32, little), view.getInt16(34, little))
  if (!Number.isFinite(rateHz) || rateHz < 0) return bad('sample rate')
  const header: RecordHeader = {
    sequence: Number.parseInt(text(bytes, at, 6), 10) || 0,
    quality: String.fromCharCode(bytes[at + 6]!),
    station: text(bytes, at + 8, 5),
    location: text(bytes, at + 13, 2),
    channel: text(bytes, at + 15, 3),
    network: text(bytes, at + 18, 2),
    startAt: startOf(view, little, blockettes.microseconds),
    rateHz,
    sampleCount,
    encoding,
    byteOrder: blockettes.byteOrder,
    recordLength,
    dataOffset,
    timingQuality: blockettes.timingQuality,
    clockLocked: (view.getUint8(37) & 0x20) !== 0,
    timeQuestionable: (view.getUint8(38) & 0x80) !== 0,
  }
  return { kind: 'header', header }
}

/** Characters without padding blanks and nulls. */
function text(bytes: Uint8Array, at: number, length: number): string {
  let out = ''
  for (let i = at; i < at + length; i++) {
    const byte = bytes[i]!
    if (byte > 0x20) out += String.fromCharCode(byte)
  }
  return out
}

/** Factor and multiplier: positive is samples a second (or times), negative is seconds a sample (or divided by). */
function rateOf(factor: number, multiplier: number): number {
  if (factor === 0 || multiplier === 0) return 0
  const base = factor > 0 ? factor : -1 / factor
  return multiplier > 0 ? base * multiplier : -base / multiplier
}

/** Field 16 counts 0.0001 s and is already in the time when bit 1 of the activity flags is set. */
function startOf(view: DataView, little: boolean, microseconds: number): Instant {
  const seconds = Date.UTC(
    view.getUint16(20, little),
    0,
    view.getUint16(22, little),
    view.getUint8(24),
    view.getUint8(25),
    view.getUint8(26),
  )
  const corrected = (view.getUint8(36) & 0x02) !== 0
  const ticks = view.getUint16(28, little) + (corrected ? 0 : view.getInt32(40, little))
  return instant(seconds + (ticks * 100 + microseconds) / 1000)
}
