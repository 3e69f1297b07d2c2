import { InvariantError } from '@minewarden/protocol/errors.ts'
import { type ClockQuality, type Instant, instant } from '@minewarden/protocol/time.ts'
import { headerBytes, writeHeader } from './header-write.ts'
import {
  type ByteOrder,
  type ChannelId,
  type IntegerEncoding,
  MAX_RECORD_BYTES,
  MAX_SAMPLES,
  MIN_RECORD_BYTES,
} from './record.ts'
import { FRAME_BYTES } from './steim-decode.ts'
import { packSteim } from './steim-encode.ts'

/** How records are written. Defaults: 512 bytes, Steim 2, big-endian, quality D. */
export interface RecordFormat extends ChannelId {
  readonly rateHz: number
  /** A power of two, 128 to 65536 bytes. */
  readonly recordLength?: number
  readonly encoding?: IntegerEncoding
  readonly byteOrder?: ByteOrder
  /** 0 to 100, what blockette 1001 says of the clock; by default what `clock` stands for. */
  readonly timingQuality?: number
  /** Sets the flags of the clock too. */
  readonly clock?: ClockQuality
}

export interface Stretch extends RecordFormat {
  /** Time of `samples[0]`. */
  readonly startAt: Instant
  readonly samples: Int32Array
  /** Number of the first record, 1 to 999999; then counted up. */
  readonly sequence?: number
}

/**
 * Writes a stretch without gaps as whole miniSEED 2 records (the last one padded). None for no samples.
 * A record in which two samples differ by more than Steim 2 can hold (30 bits) is written as Int32.
 * A sample that Int16 cannot hold is our bug (`InvariantError`).
 */
export function encodeRecords(stretch: Stretch): Uint8Array {
  const length = checkedLength(stretch)
  const parts: Uint8Array[] = []
  let sequence = stretch.sequence ?? 1
  for (let from = 0; from < stretch.samples.length; ) {
    const { record, samples } = encodeRecord(stretch, length, sequence, from)
    parts.push(record)
    from += samples
    sequence = sequence >= 999_999 ? 1 : sequence + 1
  }
  const out = new Uint8Array(parts.length * length)
  parts.forEach((part, i) => {
    out.set(part, i * length)
  })
  return out
}

/** @internal for the incremental writer: the most samples that one record of this format can take. */
export function maxSamplesPerRecord(format: RecordFormat): number {
  const room = checkedLength(format) - headerBytes(format.rateHz)
  const { encoding = 'steim2' } = format
  if (encoding === 'int16') return Math.min(MAX_SAMPLES, room / 2)
  if (encoding === 'int32') return Math.min(MAX_SAMPLES, room / 4)
  const words = (room / FRAME_BYTES) * 15 - 2
  return Math.min(MAX_SAMPLES, words * (encoding === 'steim1' ? 4 : 7))
}

/** One record with as many samples from `from` on as it takes. */
export function encodeRecord(
  stretch: Stretch,
  length: number,
  sequence: number,
  from: number,
): { record: Uint8Array; samples: number } {
  const record = new Uint8Array(length)
  const dataOffset = headerBytes(stretch.rateHz)
  const data = new DataView(record.buffer, dataOffset)
  const { encoding = 'steim2' } = stretch
  let written: IntegerEncoding = encoding
  let samples = writeSamples(stretch, from, encoding, data)
  if (samples === null) {
    record.fill(0)
    written = 'int32'
    samples = writePlain(stretch, from, 4, data)
  }
  writeHeader(new DataView(record.buffer), {
    ...stretch,
    encoding: written,
    recordLength: length,
    dataOffset,
    sequence,
    sampleCount: samples,
    startAt: instant(stretch.startAt + (from * 1000) / stretch.rateHz),
    little: stretch.byteOrder === 'little',
  })
  return { record, samples }
}

/** How many samples went in; `null` when the encoding cannot hold their differences. */
function writeSamples(stretch: Stretch, from: number, encoding: IntegerEncoding, data: DataView): number | null {
  if (encoding === 'int16' || encoding === 'int32') return writePlain(stretch, from, encoding === 'int16' ? 2 : 4, data)
  const { samples } = stretch
  const packed = packSteim({
    version: encoding === 'steim1' ? 1 : 2,
    samples,
    from,
    end: Math.min(samples.length, from + MAX_SAMPLES),
    previous: from > 0 ? samples[from - 1]! : null,
    frames: data,
    little: stretch.byteOrder === 'little',
  })
  return packed.tooWide ? null : packed.samples
}

function writePlain({ samples, byteOrder }: Stretch, from: number, width: 2 | 4, data: DataView): number {
  const little = byteOrder === 'little'
  const count = Math.min(MAX_SAMPLES, data.byteLength / width, samples.length - from)
  for (let i = 0; i < count; i++) {
    const sample = samples[from + i]!
    if (width === 4) data.setInt32(4 * i, sample, little)
    else if (sample === (sample << 16) >> 16) data.setInt16(2 * i, sample, little)
    else throw new InvariantError(`sample ${sample} does not fit Int16`)
  }
  return count
}

function checkedLength({ recordLength: bytes = 512, rateHz }: RecordFormat): number {
  if (bytes < MIN_RECORD_BYTES || bytes > MAX_RECORD_BYTES || !Number.isInteger(Math.log2(bytes))) {
    throw new InvariantError(`record length ${bytes}: a power of two, ${MIN_RECORD_BYTES} to ${MAX_RECORD_BYTES}`)
  }
  if (headerBytes(rateHz) >= bytes) throw new InvariantError(`record length ${bytes} has no room for ${rateHz} Hz`)
  return bytes
}
