/** Records of the ring: all of one length, each judged by itself, so that damage costs what it touches. */
import { DECODE_SLACK, decodeIntegers, isInteger } from '@minewarden/hardware/miniseed/decode.ts'
import { readHeader } from '@minewarden/hardware/miniseed/header.ts'
import { MAX_SAMPLES } from '@minewarden/hardware/miniseed/record.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'

/** Large records carry little header: 1.5 % at 4096 bytes, which is also the page that a disk writes whole. */
export const RECORD_BYTES = 4096

export interface RingRecord {
  readonly startAt: Instant
  /** Just after the last sample. */
  readonly endAt: Instant
  /** Nobody had set the clock yet. */
  readonly questionable: boolean
  /** Two records with the same key are the same record, found twice. */
  readonly key: string
  readonly bytes: Uint8Array
}

/** Whole records by their headers, as they were just made; what has no sound header is passed over. */
export function cutRecords(bytes: Uint8Array): RingRecord[] {
  const records: RingRecord[] = []
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const record = cutRecord(bytes, at)
    if (record) records.push(record)
  }
  return records
}

function cutRecord(bytes: Uint8Array, at: number): RingRecord | null {
  const result = readHeader(bytes, at, at + RECORD_BYTES)
  if (result.kind !== 'header' || result.header.recordLength !== RECORD_BYTES) return null
  const { startAt, sampleCount, rateHz, sequence, timeQuestionable } = result.header
  if (sampleCount === 0 || rateHz <= 0) return null
  return {
    startAt,
    endAt: instant(startAt + (sampleCount * 1000) / rateHz),
    questionable: timeQuestionable,
    key: `${startAt} ${sequence} ${sampleCount}`,
    bytes: bytes.subarray(at, at + RECORD_BYTES),
  }
}

/** Room for the samples of any record, for {@link isSound}. */
export const sampleRoom = (): Int32Array => new Int32Array(MAX_SAMPLES + DECODE_SLACK)

/**
 * Whether the samples can be read: a power cut may leave a header before samples that never reached the disk. Steim's
 * own check, the last sample in the first frame, is part of it.
 */
export function isSound({ bytes }: RingRecord, room: Int32Array): boolean {
  const result = readHeader(bytes, 0, bytes.length)
  if (result.kind !== 'header' || !isInteger(result.header)) return false
  return decodeIntegers(bytes, 0, result.header, room, 0) === null
}
