/** Modbus RTU: finds the answer to one request among whatever arrived. @see Modbus over Serial Line V1.02, 2.5.1 */
import { type Asked, askedBy, type Flaw, type Framed } from './answer.ts'

/** Unit, function, code, check sum. */
const EXCEPTION_BYTES = 5
const HEAD_BYTES = 3
const CHECK_BYTES = 2
/** No frame of RTU is longer. */
export const FRAME_CEILING_BYTES = 256

/** What each byte does to the check sum. */
const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  return crc
})

/** The check sum of RTU, sent low byte first. @see Modbus over Serial Line V1.02, 6.2.2 */
export function crc16(bytes: Uint8Array, from = 0, to: number = bytes.length): number {
  let crc = 0xffff
  for (let i = from; i < to; i++) crc = (crc >> 8) ^ (CRC_TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number)
  return crc
}

/** The length of an answer with so many registers. */
export const answerBytes = (count: number): number => HEAD_BYTES + 2 * count + CHECK_BYTES

/** Requests and answers as they are. */
export function frameRtu(request: Uint8Array): Framed {
  const asked = askedBy(request)
  return { bytes: request, answer: (heard) => findAnswer(heard, asked), flaw: (heard) => flawOf(heard, asked) }
}

/**
 * The answer, or the meter's refusal, with a check sum that is right; `null` when there is none yet. While one that has
 * begun can still become whole, nothing inside it is taken for another.
 */
export function findAnswer(heard: Uint8Array, asked: Asked): Uint8Array | null {
  const wanted = answerBytes(asked.count)
  for (let at = 0; at + EXCEPTION_BYTES <= heard.length; at++) {
    if (heard[at] !== asked.unit) continue
    if (heard[at + 1] === asked.functionCode && heard[at + 2] === 2 * asked.count) {
      if (at + wanted > heard.length) return null
      if (isChecked(heard, at, wanted)) return heard.slice(at, at + wanted)
    } else if (heard[at + 1] === (asked.functionCode | 0x80) && isChecked(heard, at, EXCEPTION_BYTES)) {
      return heard.slice(at, at + EXCEPTION_BYTES)
    }
  }
  return null
}

function isChecked(bytes: Uint8Array, at: number, length: number): boolean {
  const end = at + length - CHECK_BYTES
  return crc16(bytes, at, end) === (bytes[end] as number) + 256 * (bytes[end + 1] as number)
}

/** What these bytes are in place of an answer. */
export function flawOf(heard: Uint8Array, asked: Asked): Flaw {
  if (heard.length === 0) return { kind: 'silent' }
  const stranger = wholeFrame(heard, asked)
  if (stranger !== null && stranger !== asked.unit) return { kind: 'other-unit', unit: stranger }
  if (stranger !== null) return { kind: 'other-answer' }
  const begins = heard.findIndex((byte, at) => byte === asked.unit && isFunction(heard[at + 1], asked))
  if (begins < 0) return { kind: 'noise', bytes: heard.length }
  const isRefusal = heard[begins + 1] !== asked.functionCode
  const wanted = isRefusal ? EXCEPTION_BYTES : answerBytes(asked.count)
  return { kind: heard.length - begins < wanted ? 'broken-off' : 'check-sum' }
}

const isFunction = (byte: number | undefined, { functionCode }: Asked): boolean =>
  byte === functionCode || byte === (functionCode | 0x80)

/** The unit of the first frame with a right check sum that may be somebody's answer; `null`: none. */
function wholeFrame(heard: Uint8Array, asked: Asked): number | null {
  for (let at = 0; at + EXCEPTION_BYTES <= heard.length; at++) {
    const code = heard[at + 1] as number
    const length = code & 0x80 ? EXCEPTION_BYTES : HEAD_BYTES + (heard[at + 2] as number) + CHECK_BYTES
    const isRead = (code & 0x7f) === 3 || (code & 0x7f) === 4
    if (!isRead || length < EXCEPTION_BYTES || at + length > heard.length) continue
    // An adapter that echoes gives our own request back; it is no answer.
    if (isChecked(heard, at, length) && !isEcho(heard, at, asked)) return heard[at] as number
  }
  return null
}

const REQUEST_BYTES = 8
const isEcho = (heard: Uint8Array, at: number, { unit, functionCode, count }: Asked): boolean =>
  heard[at] === unit &&
  heard[at + 1] === functionCode &&
  (heard[at + 4] ?? 0) * 256 + (heard[at + 5] ?? 0) === count &&
  at + REQUEST_BYTES <= heard.length &&
  isChecked(heard, at, REQUEST_BYTES)
