import type { ClockQuality } from '@minewarden/protocol/time.ts'
import { readHeader } from './header.ts'
import type { RecordHeader } from './record.ts'

/** What the header of a record says of its clock. */
export type ClockFields = Pick<RecordHeader, 'clockLocked' | 'timeQuestionable'> & { readonly timingQuality: number }

/**
 * The manual leaves the scale of the timing quality to the maker: 0 nobody ever set the clock, 50 it was set once,
 * 90 held by a time daemon, 100 by a satellite receiver.
 * @see SEED Manual 2.4, chapter 8: fixed section fields 13 and 14, blockette 1001 field 3
 */
const CLOCK_FIELDS: { readonly [Q in ClockQuality]: ClockFields } = {
  unsynchronised: { timingQuality: 0, clockLocked: false, timeQuestionable: true },
  holdover: { timingQuality: 50, clockLocked: false, timeQuestionable: false },
  ntp: { timingQuality: 90, clockLocked: true, timeQuestionable: false },
  gnss: { timingQuality: 100, clockLocked: true, timeQuestionable: false },
}

export const clockFieldsOf = (quality: ClockQuality): ClockFields => CLOCK_FIELDS[quality]

const IO_FLAGS_AT = 37
const QUALITY_FLAGS_AT = 38
const LOCKED = 0x20
const QUESTIONABLE = 0x80
const FIRST_BLOCKETTE_AT = 46

/** Writes the flags of the fixed section; the timing quality stands in blockette 1001. */
export function writeClockFlags(view: DataView, { clockLocked, timeQuestionable }: ClockFields): void {
  const set = (at: number, bit: number, on: boolean) =>
    view.setUint8(at, on ? view.getUint8(at) | bit : view.getUint8(at) & ~bit)
  set(IO_FLAGS_AT, LOCKED, clockLocked)
  set(QUALITY_FLAGS_AT, QUESTIONABLE, timeQuestionable)
}

/** Says in the header of one record, in place, how good its clock was; what is no record is left alone. */
export function markClock(record: Uint8Array, quality: ClockQuality): void {
  if (readHeader(record, 0, record.length).kind !== 'header') return
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
  const fields = clockFieldsOf(quality)
  writeClockFlags(view, fields)
  const little = view.getUint16(20) > 2100 || view.getUint16(20) < 1900
  // The chain was followed to its end just now, and led forward.
  for (let at = view.getUint16(FIRST_BLOCKETTE_AT, little); at > 0; at = view.getUint16(at + 2, little)) {
    if (view.getUint16(at, little) === 1001) view.setUint8(at + 4, fields.timingQuality)
  }
}
