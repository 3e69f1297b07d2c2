/**
 * SIP messages out of a stream of bytes. What is damaged is dropped up to the next start line, wherever that stands: in
 * noise, in a head, or inside a body whose length was damaged (bodies of GB/T 28181 never hold one).
 * @see RFC 3261 section 18.3
 */
import { contentLength, MAX_BODY_BYTES, MAX_HEAD_BYTES, parseHead, type SipParsed } from './message.ts'

const START = /(?:[A-Z]{3,20} sips?:[^\s<>"]{1,256} SIP\/2\.0|SIP\/2\.0 [1-6]\d\d [^\r\n]{0,128})\r\n/g
/** No start line is longer: so much is looked at again when more bytes arrive. */
const LONGEST_START = 320

/** One connection's bytes. Holds at most a head, a body and the chunk that is being taken in. */
export class SipStream {
  /** A character a byte. */
  #waiting = ''
  /** Up to here nobody needs to look for a start line again. */
  #searched = 1

  #startAfter(from: number): number | null {
    START.lastIndex = from
    return START.exec(this.#waiting)?.index ?? null
  }

  /** Any chunking. Never throws. */
  *accept(bytes: Uint8Array): Generator<SipParsed> {
    this.#waiting += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    for (;;) {
      const blank = /^[\r\n]+/.exec(this.#waiting)
      // A line end may be the beginning of the next one: what is dropped here is never part of a message.
      if (blank) {
        this.#drop(blank[0].length)
        yield { kind: 'ping' }
      }
      const item = this.#next()
      if (!item) return
      yield item
    }
  }

  #next(): SipParsed | null {
    const end = this.#waiting.indexOf('\r\n\r\n')
    if (end < 0) {
      if (this.#waiting.length <= MAX_HEAD_BYTES) return null
      return this.#resynchronise(this.#waiting.length - LONGEST_START, 'the head does not end')
    }
    const head = parseHead(this.#waiting.slice(0, end))
    if (typeof head === 'string') return this.#resynchronise(end + 4, head)
    const length = contentLength(head.headers)
    if (length === null || length === 'bad' || length > MAX_BODY_BYTES)
      return this.#resynchronise(end + 4, 'Content-Length is missing, none or too large')
    const whole = end + 4 + length
    const inside = this.#startAfter(Math.max(end + 4, this.#searched))
    if (inside !== null && inside < whole) return this.#dropTo(inside, 'a message begins inside a body')
    if (this.#waiting.length < whole) {
      this.#searched = Math.max(1, this.#waiting.length - LONGEST_START)
      return null
    }
    const body = new Uint8Array(Buffer.from(this.#waiting.slice(end + 4, whole), 'latin1'))
    this.#drop(whole)
    return { kind: 'message', message: { ...head, body } }
  }

  /** Goes on at the next start line, or else after what is certainly damaged. */
  #resynchronise(damaged: number, reason: string): SipParsed {
    const next = this.#startAfter(1)
    return this.#dropTo(next ?? damaged, reason)
  }

  #dropTo(at: number, reason: string): SipParsed {
    this.#drop(at)
    return { kind: 'bad', reason }
  }

  #drop(characters: number): void {
    this.#waiting = this.#waiting.slice(characters)
    this.#searched = 1
  }
}
