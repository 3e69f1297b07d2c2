import { InvariantError } from '@minewarden/protocol/errors.ts'
import type { ClockQuality, Instant } from '@minewarden/protocol/time.ts'
import { clockFieldsOf, writeClockFlags } from './clock-fields.ts'
import { rateFields } from './rate-fields.ts'
import { type ChannelId, ENCODINGS, FIXED_HEADER_BYTES, type IntegerEncoding } from './record.ts'

export interface HeaderFields extends ChannelId {
  readonly sequence: number
  readonly startAt: Instant
  readonly rateHz: number
  readonly sampleCount: number
  readonly encoding: IntegerEncoding
  readonly recordLength: number
  readonly dataOffset: number
  readonly timingQuality?: number
  readonly clock?: ClockQuality
  readonly little: boolean
}

const BLOCKETTE_1000_AT = FIXED_HEADER_BYTES
const BLOCKETTE_1001_AT = BLOCKETTE_1000_AT + 8
const BLOCKETTE_100_AT = BLOCKETTE_1001_AT + 8

/** Where the samples begin: 64 bytes into the record, 128 with blockette 100 (a rate that two integers cannot say). */
export const headerBytes = (rateHz: number): number => (rateFields(rateHz).exact ? 64 : 128)

/** Writes the fixed header and blockettes 1000, 1001 and, where needed, 100 into a record's zeroed first bytes. */
export function writeHeader(view: DataView, fields: HeaderFields): void {
  const { little } = fields
  const rate = rateFields(fields.rateHz)
  writeText(view, 0, 8, `${String(fields.sequence).padStart(6, '0')}D `)
  writeText(view, 8, 5, fields.station)
  writeText(view, 13, 2, fields.location)
  writeText(view, 15, 3, fields.channel)
  writeText(view, 18, 2, fields.network)
  const microseconds = writeTime(view, fields.startAt, little)
  view.setUint16(30, fields.sampleCount, little)
  view.setInt16(32, rate.factor, little)
  view.setInt16(34, rate.multiplier, little)
  if (fields.clock) writeClockFlags(view, clockFieldsOf(fields.clock))
  view.setUint8(39, rate.exact ? 2 : 3)
  view.setUint16(44, fields.dataOffset, little)
  view.setUint16(46, BLOCKETTE_1000_AT, little)
  writeBlockette1000(view, fields)
  writeBlockette1001(view, fields, microseconds, rate.exact ? 0 : BLOCKETTE_100_AT)
  if (rate.exact) return
  view.setUint16(BLOCKETTE_100_AT, 100, little)
  view.setFloat32(BLOCKETTE_100_AT + 4, fields.rateHz, little)
}

function writeBlockette1000(view: DataView, { little, encoding, recordLength }: HeaderFields): void {
  view.setUint16(BLOCKETTE_1000_AT, 1000, little)
  view.setUint16(BLOCKETTE_1000_AT + 2, BLOCKETTE_1001_AT, little)
  view.setUint8(BLOCKETTE_1000_AT + 4, ENCODINGS[encoding])
  view.setUint8(BLOCKETTE_1000_AT + 5, little ? 0 : 1)
  view.setUint8(BLOCKETTE_1000_AT + 6, Math.log2(recordLength))
}

function writeBlockette1001(view: DataView, fields: HeaderFields, microseconds: number, next: number): void {
  const { little, encoding, recordLength, dataOffset } = fields
  const steim = encoding === 'steim1' || encoding === 'steim2'
  view.setUint16(BLOCKETTE_1001_AT, 1001, little)
  view.setUint16(BLOCKETTE_1001_AT + 2, next, little)
  view.setUint8(
    BLOCKETTE_1001_AT + 4,
    fields.timingQuality ?? (fields.clock ? clockFieldsOf(fields.clock).timingQuality : 0),
  )
  view.setInt8(BLOCKETTE_1001_AT + 5, microseconds)
  view.setUint8(BLOCKETTE_1001_AT + 7, steim ? Math.min(255, (recordLength - dataOffset) / 64) : 0)
}

/** Pads with blanks; what is too long is our bug. */
function writeText(view: DataView, at: number, length: number, text: string): void {
  if (text.length > length) throw new InvariantError(`'${text}' is longer than the ${length} characters of its field`)
  for (let i = 0; i < length; i++) view.setUint8(at + i, i < text.length ? text.charCodeAt(i) : 0x20)
}

/** Writes the start time to 0.1 ms; returns the microseconds that are left for blockette 1001, -50 to 49. */
export function writeTime(view: DataView, at: Instant, little: boolean): number {
  const micros = Math.round(at * 1000)
  const ticks = Math.round(micros / 100)
  const time = new Date(Math.floor(ticks / 10))
  const year = time.getUTCFullYear()
  view.setUint16(20, year, little)
  view.setUint16(22, 1 + Math.floor((time.getTime() - Date.UTC(year, 0, 1)) / 86_400_000), little)
  view.setUint8(24, time.getUTCHours())
  view.setUint8(25, time.getUTCMinutes())
  view.setUint8(26, time.getUTCSeconds())
  view.setUint16(28, time.getUTCMilliseconds() * 10 + (ticks - Math.floor(ticks / 10) * 10), little)
  return micros - ticks * 100
}
