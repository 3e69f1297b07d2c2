/** Moves whole miniSEED records in time: their samples and everything else of their headers stay as they are. */
import { instant, type Millis } from '@minewarden/protocol/time.ts'
import { readHeader } from './header.ts'
import { writeTime } from './header-write.ts'

const YEAR_AT = 20
const FIRST_BLOCKETTE_AT = 46
/** More blockettes than any record has: a chain that runs in a circle ends here. */
const MAX_BLOCKETTES = 16

/** A copy of these records, each `byMs` later; bytes that are no record are copied as they are. */
export function shiftRecords(bytes: Uint8Array, byMs: Millis): Uint8Array {
  const moved = new Uint8Array(bytes)
  for (let at = 0; at < moved.length; ) {
    const result = readHeader(moved, at, moved.length)
    if (result.kind !== 'header') break
    const { startAt, recordLength } = result.header
    const view = new DataView(moved.buffer, moved.byteOffset + at, Math.min(recordLength, moved.length - at))
    const year = view.getUint16(YEAR_AT)
    const little = year < 1900 || year > 2100
    const microseconds = writeTime(view, instant(startAt + byMs), little)
    const blockette = blockette1001(view, little)
    if (blockette !== null) view.setInt8(blockette + 5, microseconds)
    at += recordLength
  }
  return moved
}

/** Where the blockette with the microseconds begins. */
function blockette1001(view: DataView, little: boolean): number | null {
  let at = view.getUint16(FIRST_BLOCKETTE_AT, little)
  for (let i = 0; i < MAX_BLOCKETTES && at > 0 && at + 8 <= view.byteLength; i++) {
    if (view.getUint16(at, little) === 1001) return at
    at = view.getUint16(at + 2, little)
  }
  return null
}
