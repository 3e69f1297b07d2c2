import { InvariantError } from '@minewarden/protocol/errors.ts'
import { HardwareError } from '../errors.ts'
import { readHeader } from './header.ts'
import type { MiniSeedRecord, RecordHeader, Samples } from './record.ts'
import { decodeSteim } from './steim-decode.ts'

/** Room that a caller of {@link decodeIntegers} must leave behind the samples. */
export const DECODE_SLACK = 8

/** True when the record's samples are integers: counts of a digitiser. */
export const isInteger = ({ encoding }: RecordHeader): boolean => encoding !== 'float32' && encoding !== 'float64'

/**
 * Decodes the samples of an integer record whose header was read at `at` and of which all bytes are at hand.
 * `out` needs `DECODE_SLACK` more places than samples.
 * @returns null, or what is wrong with the data
 */
export function decodeIntegers(
  bytes: Uint8Array,
  at: number,
  header: RecordHeader,
  out: Int32Array,
  to: number,
): string | null {
  const { encoding, sampleCount: count, dataOffset, recordLength } = header
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, recordLength)
  const little = header.byteOrder === 'little'
  const room = recordLength - dataOffset
  if (encoding === 'steim1' || encoding === 'steim2') {
    const result = decodeSteim(encoding === 'steim1' ? 1 : 2, view, dataOffset, room, little, out, to, count)
    return result === 'ok' ? null : `Steim: ${result}`
  }
  if (count * (encoding === 'int16' ? 2 : 4) > room) return 'samples missing'
  if (encoding === 'int16') for (let i = 0; i < count; i++) out[to + i] = view.getInt16(dataOffset + 2 * i, little)
  else if (encoding === 'int32') for (let i = 0; i < count; i++) out[to + i] = view.getInt32(dataOffset + 4 * i, little)
  else throw new InvariantError(`${encoding} is not an integer encoding`)
  return null
}

/** The samples of a floating-point record, or what is wrong with them. */
export function decodeFloats(
  bytes: Uint8Array,
  at: number,
  header: RecordHeader,
): Float32Array | Float64Array | string {
  const { sampleCount: count, dataOffset, recordLength } = header
  const width = header.encoding === 'float32' ? 4 : 8
  if (count * width > recordLength - dataOffset) return 'samples missing'
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + dataOffset, count * width)
  const little = header.byteOrder === 'little'
  if (width === 4) return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, little))
  return Float64Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, little))
}

/**
 * Decodes the one record that begins at `offset`; the next one begins `recordLength` bytes further.
 * @throws HardwareError `miniseed-malformed` when there is no whole, sound record
 */
export function decodeRecord(bytes: Uint8Array, offset = 0): MiniSeedRecord {
  const result = readHeader(bytes, offset, bytes.length)
  if (result.kind === 'bad') throw malformed(offset, result.reason)
  if (result.kind === 'more' || offset + result.header.recordLength > bytes.length) throw malformed(offset, 'truncated')
  const samples = decodeSamples(bytes, offset, result.header)
  if (typeof samples === 'string') throw malformed(offset, samples)
  return { ...result.header, samples }
}

function decodeSamples(bytes: Uint8Array, at: number, header: RecordHeader): Samples | string {
  if (!isInteger(header)) return decodeFloats(bytes, at, header)
  const out = new Int32Array(header.sampleCount + DECODE_SLACK)
  return decodeIntegers(bytes, at, header, out, 0) ?? out.subarray(0, header.sampleCount)
}

const malformed = (offset: number, reason: string) =>
  new HardwareError('miniseed-malformed', `miniSEED record at byte ${offset}: ${reason}`)
