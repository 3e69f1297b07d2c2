import type { Instant } from '@minewarden/protocol/time.ts'

/** How samples are stored, with the number that blockette 1000 carries. @see SEED Manual 2.4, Appendix A, blockette 1000 */
export const ENCODINGS = { int16: 1, int32: 3, float32: 4, float64: 5, steim1: 10, steim2: 11 } as const
export type Encoding = keyof typeof ENCODINGS
export type IntegerEncoding = Exclude<Encoding, 'float32' | 'float64'>
export type ByteOrder = 'big' | 'little'

/** Record lengths that we read and write: powers of two between these, in bytes. */
export const MIN_RECORD_BYTES = 128
export const MAX_RECORD_BYTES = 65_536
/** Length of the fixed section of the data header, in bytes. */
export const FIXED_HEADER_BYTES = 48
/** Samples of one record are counted by 16 bits. */
export const MAX_SAMPLES = 65_535

/** Where a channel belongs: FDSN network, station, location and channel code, without padding blanks. */
export interface ChannelId {
  readonly network: string
  readonly station: string
  readonly location: string
  readonly channel: string
}

/** What the header of a miniSEED 2 record says. */
export interface RecordHeader extends ChannelId {
  readonly sequence: number
  /** D: quality not known, R: raw, Q: checked, M: merged. */
  readonly quality: string
  /** Time of the first sample: header time, time correction and microseconds of blockette 1001 together. */
  readonly startAt: Instant
  /** Samples a second; 0 for a record without a time series. Blockette 100 goes before factor and multiplier. */
  readonly rateHz: number
  readonly sampleCount: number
  readonly encoding: Encoding
  /** Of the samples; the header may differ. */
  readonly byteOrder: ByteOrder
  readonly recordLength: number
  /** Where the samples begin, in bytes from the record's start. */
  readonly dataOffset: number
  /** 0 to 100, from blockette 1001; `null` without one. */
  readonly timingQuality: number | null
  /** Field 13, bit 5: the clock was locked. */
  readonly clockLocked: boolean
  /** Field 14, bit 7: the time tag is questionable. */
  readonly timeQuestionable: boolean
}

export type Samples = Int32Array | Float32Array | Float64Array

/** One record, decoded. Integer encodings give `Int32Array`. */
export interface MiniSeedRecord extends RecordHeader {
  readonly samples: Samples
}
