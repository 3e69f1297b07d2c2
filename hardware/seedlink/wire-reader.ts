import { looksLikeHeader, readHeader } from '../miniseed/header.ts'
import { FIXED_HEADER_BYTES } from '../miniseed/record.ts'

/**
 * Cuts what a SeedLink 3 server sends into replies (lines of text, while the handshake runs) and packets: `SL` and six
 * hexadecimal digits before a miniSEED record, `SLINFO *` (more follows) or `SLINFO  ` (last) before a log record.
 * Every byte may be wrong: what is no packet is thrown away, counted, up to where the next one begins; a packet in
 * which another one begins was cut off. The protocol has no check sum beside TCP's, so samples are judged by their
 * decoder.
 * @see SeisComP documentation, application seedlink, "Data Transfer"
 */

export const HEADER_BYTES = 8
/** What the protocol says a record has. */
export const RECORD_BYTES = 512
/** What a server that says `SLPROTO:3.1` may send beside it. */
const MIN_EXTENDED_BYTES = 256
const MAX_EXTENDED_BYTES = 4096
/** A reply is a word, a greeting or a description; longer is not one. */
export const MAX_LINE_BYTES = 1024
/** Bytes that are no packet are reported in runs of at most this length, so that endless noise is heard of. */
const MAX_DISCARDED_RUN = 16_384
/** What may be pushed at once; more than a socket hands over. */
export const MAX_CHUNK_BYTES = 1_048_576

export type WireItem =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'data'; readonly sequence: number; readonly record: Uint8Array }
  | { readonly kind: 'info'; readonly record: Uint8Array; readonly last: boolean }
  /** The server has sent all it has (dial-up mode), or gives up. */
  | { readonly kind: 'end' }
  | { readonly kind: 'error' }
  | { readonly kind: 'discarded'; readonly bytes: number; readonly reason: string }

export interface WireReader {
  /** Hands over bytes (copied). Everything pushed before must have been drawn. At most `MAX_CHUNK_BYTES`. */
  push(chunk: Uint8Array): void
  /**
   * The next item; `null` when it needs more bytes. Records are views, valid until the next `push`.
   * @param expects `reply`: the handshake runs, text is lines; `packets`: text is damage
   */
  next(expects: 'reply' | 'packets'): WireItem | null
}

export interface WireReaderOptions {
  /** Records of other lengths than 512 bytes are taken: the server said `SLPROTO:3.1`. */
  readonly extended: () => boolean
}

const S = 0x53
const L = 0x4c
const LF = 0x0a
const END = [0x45, 0x4e, 0x44]
const ERROR = [0x45, 0x52, 0x52, 0x4f, 0x52]
const INFO = [0x49, 0x4e, 0x46, 0x4f, 0x20]

const isHex = (byte: number) => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46)

export function createWireReader(options: WireReaderOptions): WireReader {
  return new Reader(options)
}

class Reader implements WireReader {
  readonly #options: WireReaderOptions
  #bytes = new Uint8Array(0)
  #at = 0
  #discarded = 0
  #reason = ''
  /** The last thing drawn was sound: only then can the bytes at hand be a word of the server. */
  #inStep = true

  constructor(options: WireReaderOptions) {
    this.#options = options
  }

  push(chunk: Uint8Array): void {
    const waiting = this.#bytes.length - this.#at
    const bytes = new Uint8Array(waiting + chunk.length)
    bytes.set(this.#bytes.subarray(this.#at))
    bytes.set(chunk, waiting)
    this.#bytes = bytes
    this.#at = 0
  }

  next(expects: 'reply' | 'packets'): WireItem | null {
    for (;;) {
      const found = this.#find(expects)
      if (found === 'more') return this.#discarded >= MAX_DISCARDED_RUN ? this.#report() : null
      if (found === 'nothing') {
        this.#skip()
        if (this.#discarded >= MAX_DISCARDED_RUN) return this.#report()
        continue
      }
      if (this.#discarded > 0) return this.#report()
      this.#at += found.length
      this.#inStep = true
      return found.item
    }
  }

  #find(expects: 'reply' | 'packets'): { item: WireItem; length: number } | 'more' | 'nothing' {
    const waiting = this.#bytes.length - this.#at
    if (waiting === 0) return 'more'
    if (this.#startsPacket(this.#at) === 'yes') return this.#packet()
    const unsure = this.#startsPacket(this.#at) === 'perhaps'
    if (expects === 'reply') return unsure && waiting < HEADER_BYTES ? 'more' : this.#line()
    const word = this.#word(waiting)
    if (word) return word
    return unsure ? 'more' : 'nothing'
  }

  /** Whether a packet's header stands there; `perhaps`: as far as the bytes go. */
  #startsPacket(at: number): 'yes' | 'no' | 'perhaps' {
    const bytes = this.#bytes
    if (bytes[at] !== S) return 'no'
    if (at + 1 >= bytes.length) return 'perhaps'
    if (bytes[at + 1] !== L) return 'no'
    let data = true
    let info = true
    const end = Math.min(HEADER_BYTES, bytes.length - at)
    for (let i = 2; i < end; i++) {
      const byte = bytes[at + i]!
      data = data && isHex(byte)
      info = info && (i < 7 ? byte === INFO[i - 2] : byte === 0x20 || byte === 0x2a)
    }
    if (!data && !info) return 'no'
    return end < HEADER_BYTES ? 'perhaps' : 'yes'
  }

  #packet(): { item: WireItem; length: number } | 'more' | 'nothing' {
    const from = this.#at + HEADER_BYTES
    const isInfo = this.#bytes[this.#at + 2] === INFO[0]
    const length = isInfo ? RECORD_BYTES : this.#recordLength(from)
    if (length === null) return 'more'
    const end = from + length
    const other = this.#packetInside(from, Math.min(end, this.#bytes.length))
    if (other !== null) {
      this.#throwAway(other - this.#at, 'packet cut off')
      return this.#find('packets')
    }
    if (end > this.#bytes.length) return 'more'
    const record = this.#bytes.subarray(from, end)
    if (isInfo) {
      return { item: { kind: 'info', record, last: this.#bytes[from - 1] === 0x20 }, length: end - this.#at }
    }
    if (!looksLikeHeader(this.#bytes, from)) return 'nothing'
    const digits = this.#bytes.subarray(this.#at + 2, from)
    const sequence = Number.parseInt(String.fromCharCode(...digits), 16)
    return { item: { kind: 'data', sequence, record }, length: end - this.#at }
  }

  /** 512, unless the server may send others and the record itself says so; `null`: not known yet. */
  #recordLength(from: number): number | null {
    if (!this.#options.extended()) return RECORD_BYTES
    const result = readHeader(this.#bytes, from, Math.min(this.#bytes.length, from + MAX_EXTENDED_BYTES))
    if (result.kind === 'more') return this.#bytes.length - from >= RECORD_BYTES ? RECORD_BYTES : null
    if (result.kind === 'bad') return RECORD_BYTES
    const { recordLength } = result.header
    return recordLength >= MIN_EXTENDED_BYTES && recordLength <= MAX_EXTENDED_BYTES ? recordLength : RECORD_BYTES
  }

  /** Where another packet begins inside this one, with a record's header behind it; else `null`. */
  #packetInside(from: number, end: number): number | null {
    for (let at = this.#bytes.indexOf(S, from); at >= 0 && at < end; at = this.#bytes.indexOf(S, at + 1)) {
      if (this.#startsPacket(at) !== 'yes' || this.#bytes.length < at + HEADER_BYTES + FIXED_HEADER_BYTES) continue
      if (looksLikeHeader(this.#bytes, at + HEADER_BYTES)) return at
    }
    return null
  }

  /** `END` and `ERROR` can stand where a packet could; inside of noise they are noise. */
  #word(waiting: number): { item: WireItem; length: number } | 'more' | null {
    if (!this.#inStep || this.#discarded > 0) return null
    const has = (word: readonly number[]) => word.every((byte, i) => i >= waiting || this.#bytes[this.#at + i] === byte)
    for (const [word, kind] of [[END, 'end'] as const, [ERROR, 'error'] as const]) {
      if (!has(word)) continue
      if (waiting < word.length) return 'more'
      const rest = this.#bytes.subarray(this.#at + word.length, this.#at + word.length + 2)
      const lineEnd = rest[0] === 0x0d && rest[1] === LF ? 2 : 0
      return { item: { kind }, length: word.length + lineEnd }
    }
    return null
  }

  #line(): { item: WireItem; length: number } | 'more' | 'nothing' {
    const end = this.#bytes.indexOf(LF, this.#at)
    if (end < 0 && this.#bytes.length - this.#at <= MAX_LINE_BYTES) return 'more'
    if (end < 0 || end - this.#at > MAX_LINE_BYTES) {
      const length = end < 0 ? this.#bytes.length - this.#at : end + 1 - this.#at
      this.#throwAway(length, 'a line without end')
      return this.#at < this.#bytes.length ? this.#line() : 'more'
    }
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, end)).replace(/\r$/, '')
    return { item: { kind: 'line', text }, length: end + 1 - this.#at }
  }

  /** Goes on to the next byte at which a packet may begin. */
  #skip(): void {
    const next = this.#bytes.indexOf(S, this.#at + 1)
    const to = next < 0 ? this.#bytes.length : next
    this.#throwAway(Math.min(to - this.#at, MAX_DISCARDED_RUN), 'no packet')
  }

  #throwAway(bytes: number, reason: string): void {
    if (this.#discarded === 0) this.#reason = reason
    this.#discarded += bytes
    this.#at += bytes
    this.#inStep = false
  }

  #report(): WireItem {
    const item = { kind: 'discarded', bytes: this.#discarded, reason: this.#reason } as const
    this.#discarded = 0
    return item
  }
}
