import { FIXED_HEADER_BYTES } from '../miniseed/record.ts'

/** One log record of an answer to `INFO`: a piece of XML, or (`ERR`) that the server does not answer that. */
export interface LogRecord {
  readonly text: string
  readonly refused: boolean
}

/**
 * Reads a miniSEED log record: text in place of samples (encoding 0), as many characters as the header counts samples.
 * The decoder of samples refuses such records, hence this.
 * @returns null for bytes that are not one
 * @see SEED Manual 2.4, chapter 8; channel `INF` or `ERR` as SeisComP and ringserver write them
 */
export function readLogRecord(record: Uint8Array): LogRecord | null {
  if (record.length < FIXED_HEADER_BYTES) return null
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
  const year = view.getUint16(20)
  const little = year < 1900 || year > 2100
  const characters = view.getUint16(30, little)
  const offset = view.getUint16(44, little)
  if (offset < FIXED_HEADER_BYTES || offset + characters > record.length) return null
  const channel = String.fromCharCode(record[15]!, record[16]!, record[17]!)
  const text = new TextDecoder().decode(record.subarray(offset, offset + characters))
  return { text: text.replaceAll('\0', ''), refused: channel === 'ERR' }
}
