import { InvariantError } from '@minewarden/protocol/errors.ts'
import { DECODE_SLACK, decodeFloats, decodeIntegers, isInteger } from './decode.ts'
import { looksLikeHeader, readHeader } from './header.ts'
import {
  type ChannelId,
  FIXED_HEADER_BYTES,
  MAX_RECORD_BYTES,
  MIN_RECORD_BYTES,
  type MiniSeedRecord,
  type RecordHeader,
} from './record.ts'

/** Bytes that are no record are reported in runs of at most this length, so that endless noise is heard of. */
export const MAX_DISCARDED_RUN = 65_536
/** What may wait in a decoder: one record that is not whole, and the chunk that was just pushed. */
export const MAX_CHUNK_BYTES = 4 * 1024 * 1024

export type StreamItem =
  | { readonly kind: 'record'; readonly record: MiniSeedRecord }
  | {
      readonly kind: 'discarded'
      readonly bytes: number
      readonly reason: string
      /** Whose record it was, when it had a sound header and only its samples were broken; else `null`. */
      readonly of: ChannelId | null
    }

export interface DecoderOptions {
  /** Records for which it is false are skipped without being decoded. */
  readonly wants?: (header: RecordHeader) => boolean
  /** Samples of each item are a view of one buffer, valid until the next call of `next`; faster. */
  readonly reuseSamples?: boolean
}

/**
 * Cuts a stream of bytes, in chunks of any size, into miniSEED records. Damage is a value: the decoder says how many
 * bytes it threw away and why, then finds the next record by itself. A record with a sound header and broken samples
 * is thrown away whole if another record follows it, else searched for a record that begins inside of it.
 */
export interface MiniSeedDecoder {
  /** Hands over bytes (copied). Everything pushed before must have been drawn with `next`. */
  push(chunk: Uint8Array): void
  /** No bytes will follow: what is left is judged as it is. */
  end(): void
  /** The next item; `null` when it needs more bytes, or after the end. */
  next(): StreamItem | null
}

export function createMiniSeedDecoder(options: DecoderOptions = {}): MiniSeedDecoder {
  return new Decoder(options)
}

/** Every record and every discarded run of bytes that are at hand. */
export function* decodeAll(bytes: Uint8Array, options: DecoderOptions = {}): Generator<StreamItem> {
  const decoder = new Decoder(options)
  for (let at = 0; at < bytes.length; at += MAX_CHUNK_BYTES) {
    decoder.push(bytes.subarray(at, at + MAX_CHUNK_BYTES))
    yield* drain(decoder)
  }
  decoder.end()
  yield* drain(decoder)
}

function* drain(decoder: MiniSeedDecoder): Generator<StreamItem> {
  for (let item = decoder.next(); item; item = decoder.next()) yield item
}

class Decoder implements MiniSeedDecoder {
  readonly #options: DecoderOptions
  #samples: Int32Array<ArrayBuffer> = new Int32Array(0)
  #buffer = new Uint8Array(0)
  #at = 0
  #length = 0
  #ended = false
  #discarded = 0
  #reason = ''

  constructor(options: DecoderOptions) {
    this.#options = options
  }

  push(chunk: Uint8Array): void {
    const waiting = this.#length - this.#at
    if (waiting > MAX_RECORD_BYTES) throw new InvariantError('miniSEED decoder: draw with next() before pushing more')
    if (chunk.length > MAX_CHUNK_BYTES)
      throw new InvariantError(`miniSEED decoder: chunk over ${MAX_CHUNK_BYTES} bytes`)
    if (this.#length + chunk.length > this.#buffer.length) this.#makeRoom(waiting, chunk.length)
    this.#buffer.set(chunk, this.#length)
    this.#length += chunk.length
  }

  /** Moves what waits to the front, of a buffer so large that this seldom happens. */
  #makeRoom(waiting: number, more: number): void {
    const enough = 2 * waiting + more <= this.#buffer.length
    const target = enough ? this.#buffer : new Uint8Array(2 * (waiting + more))
    target.set(this.#buffer.subarray(this.#at, this.#length))
    this.#buffer = target
    this.#at = 0
    this.#length = waiting
  }

  end(): void {
    this.#ended = true
  }

  next(): StreamItem | null {
    for (;;) {
      const result = readHeader(this.#buffer, this.#at, this.#length)
      if (result.kind === 'header' && this.#has(result.header.recordLength)) {
        const item = this.#take(result.header)
        if (item === 'wait') return null
        if (item) return item
      } else if (result.kind === 'bad') this.#skip(result.reason)
      else if (!this.#ended) return null
      else if (this.#at === this.#length) return this.#discarded > 0 ? this.#report() : null
      else this.#skip('truncated record')
      if (this.#discarded >= MAX_DISCARDED_RUN) return this.#report()
    }
  }

  #has(bytes: number): boolean {
    return this.#length - this.#at >= bytes
  }

  /** The record at hand, or what was discarded before it; `null` when it is not wanted or broken. */
  #take(header: RecordHeader): StreamItem | 'wait' | null {
    const wanted = this.#options.wants?.(header) ?? true
    if (this.#holdsAnother(header)) return this.#throwAway(header, 'another record begins inside of it')
    const record = wanted || !this.#isFollowed(header) ? this.#decode(header) : null
    if (typeof record === 'string') return this.#throwAway(header, record)
    if (this.#discarded > 0) return this.#report()
    this.#at += header.recordLength
    return wanted && record ? { kind: 'record', record } : null
  }

  #throwAway(header: RecordHeader, reason: string): StreamItem | 'wait' | null {
    if (!this.#ended && !this.#has(header.recordLength + FIXED_HEADER_BYTES)) return 'wait'
    if (!this.#isFollowed(header) || this.#holdsAnother(header)) {
      this.#discard(FIXED_HEADER_BYTES, reason)
      return null
    }
    if (this.#discarded > 0) return this.#report()
    this.#at += header.recordLength
    return { kind: 'discarded', bytes: header.recordLength, reason, of: header }
  }

  #decode(header: RecordHeader): MiniSeedRecord | string {
    if (!isInteger(header)) {
      const samples = decodeFloats(this.#buffer, this.#at, header)
      return typeof samples === 'string' ? samples : { ...header, samples }
    }
    const out = this.#room(header.sampleCount + DECODE_SLACK)
    const problem = decodeIntegers(this.#buffer, this.#at, header, out, 0)
    return problem ?? { ...header, samples: out.subarray(0, header.sampleCount) }
  }

  #room(samples: number): Int32Array {
    if (!this.#options.reuseSamples) return new Int32Array(samples)
    if (this.#samples.length < samples) this.#samples = new Int32Array(samples)
    return this.#samples
  }

  /** A damaged length may reach over whole records; records lie at multiples of the shortest one from each other. */
  #holdsAnother(header: RecordHeader): boolean {
    const end = this.#at + header.recordLength
    for (let at = this.#at + MIN_RECORD_BYTES; at + MIN_RECORD_BYTES <= end; at += MIN_RECORD_BYTES) {
      if (looksLikeHeader(this.#buffer, at) && readHeader(this.#buffer, at, end).kind === 'header') return true
    }
    return false
  }

  /** True when the record's length is borne out: another record, or the end, follows it. */
  #isFollowed(header: RecordHeader): boolean {
    const next = this.#at + header.recordLength
    return next + FIXED_HEADER_BYTES <= this.#length ? looksLikeHeader(this.#buffer, next) : this.#ended
  }

  /** Goes on to the next byte at which a record may begin. */
  #skip(reason: string): void {
    let next = this.#at + 1
    const known = this.#length - FIXED_HEADER_BYTES + 1
    const stop = Math.min(known, this.#at + MAX_DISCARDED_RUN - this.#discarded)
    while (next < stop && !looksLikeHeader(this.#buffer, next)) next++
    this.#discard(next - this.#at, reason)
  }

  #discard(bytes: number, reason: string): void {
    if (this.#discarded === 0) this.#reason = reason
    this.#discarded += bytes
    this.#at += bytes
  }

  #report(): StreamItem {
    const item = { kind: 'discarded', bytes: this.#discarded, reason: this.#reason, of: null } as const
    this.#discarded = 0
    return item
  }
}
