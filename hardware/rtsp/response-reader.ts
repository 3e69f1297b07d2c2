/**
 * RTSP responses out of a stream of bytes, in any chunks. Bounded; what cannot be a response is dropped up to the next
 * `RTSP/`. Frames of media (`$`) that a server sends unasked are skipped.
 * @see RFC 2326 sections 7 and 10.12
 */
export interface RtspResponse {
  readonly status: number
  /** `null`: the server left it out. */
  readonly cseq: number | null
  /** Names in lower case; a name that came several times has several values. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: Uint8Array
}

export const MAX_HEAD_BYTES = 16_384
export const MAX_BODY_BYTES = 65_536
const MAX_HEADERS = 64
const START = /^RTSP\/[12]\.\d (\d{3})(?: [^\r\n]*)?$/
const HEADER = /^([\w!#$%&'*+.^`|~-]{1,64})[ \t]*:[ \t]*(.*)$/
const LATIN = new TextDecoder('latin1')
const DOLLAR = 0x24
const R = 0x52
const MAGIC = new TextEncoder().encode('RTSP/#.# ###')
const HASH = 0x23

export class RtspResponseReader {
  #held: Uint8Array = new Uint8Array(0)
  /** Up to here in what is held no head ends: it is not searched again. */
  #searched = 0
  /** Bytes dropped because they were no response. */
  discardedBytes = 0

  /** The responses that these bytes complete. Never throws; never holds more than a head, a body and a chunk. */
  push(bytes: Uint8Array): RtspResponse[] {
    this.#held = this.#held.length === 0 ? bytes.slice() : joined(this.#held, bytes)
    const found: RtspResponse[] = []
    for (;;) {
      const step = this.#step()
      if (step === 'more') break
      if (step !== 'again') found.push(step)
    }
    // The steps only look at a part: what is left is copied once, so that nothing of a large chunk is kept.
    this.#held = this.#held.slice()
    return found
  }

  #step(): RtspResponse | 'more' | 'again' {
    const held = this.#held
    if (held.length === 0) return 'more'
    if (held[0] === DOLLAR) return this.#skipMedia()
    if (!couldBegin(held)) return this.#resynchronise()
    const headEnd = endOfHead(held, this.#searched)
    if (headEnd === null) {
      this.#searched = Math.max(0, Math.min(held.length, MAX_HEAD_BYTES) - 2)
      return held.length > MAX_HEAD_BYTES ? this.#resynchronise() : 'more'
    }
    const head = headEnd.at > MAX_HEAD_BYTES ? null : parseHead(LATIN.decode(held.subarray(0, headEnd.at)))
    if (!head) return this.#resynchronise()
    const end = headEnd.next + head.length
    if (held.length < end) return 'more'
    this.#drop(end)
    return { status: head.status, cseq: head.cseq, headers: head.headers, body: held.slice(headEnd.next, end) }
  }

  #drop(count: number): void {
    this.#held = this.#held.subarray(count)
    this.#searched = Math.max(0, this.#searched - count)
  }

  #skipMedia(): 'more' | 'again' {
    if (this.#held.length < 4) return 'more'
    const end = 4 + (this.#held[2]! << 8) + this.#held[3]!
    if (this.#held.length < end) return 'more'
    this.#drop(end)
    return 'again'
  }

  /** Drops at least one byte, up to where a response may begin. */
  #resynchronise(): 'again' {
    let at = 1
    while (at < this.#held.length && !(this.#held[at] === R && couldBegin(this.#held.subarray(at)))) at += 1
    this.discardedBytes += at
    this.#drop(at)
    return 'again'
  }
}

/** `#` stands for a digit. */
const couldBegin = (bytes: Uint8Array): boolean =>
  MAGIC.every((byte, i) => i >= bytes.length || (byte === HASH ? isDigit(bytes[i]!) : bytes[i] === byte))
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** Where the head's last line ends and where the body begins; `null`: not there yet. */
function endOfHead(bytes: Uint8Array, from: number): { readonly at: number; readonly next: number } | null {
  const limit = Math.min(bytes.length, MAX_HEAD_BYTES + 4)
  for (let i = from; i < limit; i++) {
    if (bytes[i] !== 10) continue
    if (bytes[i + 1] === 10) return { at: i, next: i + 2 }
    if (bytes[i + 1] === 13 && bytes[i + 2] === 10) return { at: i, next: i + 3 }
  }
  return null
}

interface Head extends Pick<RtspResponse, 'status' | 'cseq' | 'headers'> {
  readonly length: number
}

function parseHead(text: string): Head | null {
  const [start = '', ...lines] = text.split(/\r?\n/)
  const status = START.exec(start.trimEnd())?.[1]
  if (status === undefined || lines.length > MAX_HEADERS) return null
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line.trimEnd()) ?? []
    if (name === undefined || value === undefined) {
      if (line.trim() === '') continue
      return null
    }
    const key = name.toLowerCase()
    const values = headers.get(key)
    if (values) values.push(value.trim())
    else headers.set(key, [value.trim()])
  }
  const length = numberOf(headers, 'content-length', MAX_BODY_BYTES) ?? 0
  if (headers.has('content-length') && numberOf(headers, 'content-length', MAX_BODY_BYTES) === null) return null
  return { status: Number(status), cseq: numberOf(headers, 'cseq', 0xffff_ffff), headers, length }
}

function numberOf(headers: ReadonlyMap<string, readonly string[]>, name: string, most: number): number | null {
  const [text = ''] = headers.get(name) ?? []
  return /^\d{1,10}$/.test(text) && Number(text) <= most ? Number(text) : null
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length)
  all.set(one)
  all.set(other, one.length)
  return all
}
