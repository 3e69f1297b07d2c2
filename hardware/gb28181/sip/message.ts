/**
 * SIP messages as bytes and back: the part of RFC 3261 that a registrar without media needs. Folded headers and compact
 * names are understood, CRLF is demanded, and everything has a ceiling: each byte may come from an attacker.
 * @see RFC 3261 sections 7, 20 and 25
 */
interface SipCommon {
  /** Names in lower case and in full (`v` is `via`), in the order of the message. */
  readonly headers: readonly SipHeader[]
  readonly body: Uint8Array
}
export type SipHeader = readonly [name: string, value: string]
export interface SipRequest extends SipCommon {
  readonly kind: 'request'
  readonly method: string
  readonly uri: string
}
export interface SipResponse extends SipCommon {
  readonly kind: 'response'
  readonly status: number
  readonly reason: string
}
export type SipMessage = SipRequest | SipResponse

export type SipParsed =
  | { readonly kind: 'message'; readonly message: SipMessage }
  /** Only line ends: a client keeps its binding open. */
  | { readonly kind: 'ping' }
  | { readonly kind: 'bad'; readonly reason: string }

/** Start line and headers; a real one has under 1 KiB. */
export const MAX_HEAD_BYTES = 8_192
/** A catalogue of a hundred channels has some 40 KiB. */
export const MAX_BODY_BYTES = 65_536
const MAX_HEADERS = 64
export const NO_BODY = new Uint8Array(0)

const REQUEST_LINE = /^([A-Z]{3,20}) (sips?:[^\s<>"]{1,256}) SIP\/2\.0$/
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d) ([^\r\n]{0,128})$/
const HEADER = /^([A-Za-z0-9!%*_+`'~.-]{1,64})[ \t]*:[ \t]*(.*?)[ \t]*$/
// Control characters have no place in a header; a tab has.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/
const COMPACT: { readonly [letter: string]: string } = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
  e: 'content-encoding',
  s: 'subject',
  k: 'supported',
}

/** The head as text (latin1: a character a byte), without the empty line. A string says what is wrong with it. */
export function parseHead(head: string): Omit<SipRequest, 'body'> | Omit<SipResponse, 'body'> | string {
  if (head.length > MAX_HEAD_BYTES) return 'the head is too long'
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  if (lines.length - 1 > MAX_HEADERS) return 'too many headers'
  const headers: SipHeader[] = []
  for (const line of lines.slice(1)) {
    const match = HEADER.exec(line)
    if (!match || CONTROL.test(line)) return 'a line that is no header'
    const name = match[1]!.toLowerCase()
    headers.push([COMPACT[name] ?? name, match[2]!])
  }
  const request = REQUEST_LINE.exec(lines[0]!)
  if (request) return { kind: 'request', method: request[1]!, uri: request[2]!, headers }
  const status = STATUS_LINE.exec(lines[0]!)
  if (status) return { kind: 'response', status: Number(status[1]), reason: status[2]!, headers }
  return 'no SIP start line'
}

/** What `Content-Length` says; `null`: nothing. Two that differ, or none of digits, are `bad`. */
export function contentLength(headers: readonly SipHeader[]): number | null | 'bad' {
  const values = new Set(headers.filter(([name]) => name === 'content-length').map(([, value]) => value))
  if (values.size === 0) return null
  const [value] = values
  return values.size === 1 && /^\d{1,7}$/.test(value!) ? Number(value) : 'bad'
}

/** Reads a datagram: exactly one message. Never throws. */
export function parseDatagram(bytes: Uint8Array): SipParsed {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', 0, MAX_HEAD_BYTES + 4)
  if (/^[\r\n\0]*$/.test(text)) return { kind: 'ping' }
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return { kind: 'bad', reason: 'the head does not end' }
  const head = parseHead(text.slice(0, end))
  if (typeof head === 'string') return { kind: 'bad', reason: head }
  const length = contentLength(head.headers)
  const body = bytes.subarray(end + 4)
  if (length === 'bad') return { kind: 'bad', reason: 'Content-Length is none' }
  if (body.length > MAX_BODY_BYTES) return { kind: 'bad', reason: 'the body is too long' }
  if (length !== null && length > body.length) return { kind: 'bad', reason: 'the body is cut off' }
  return { kind: 'message', message: { ...head, body: length === null ? body : body.subarray(0, length) } }
}

/** The message as bytes, with the `Content-Length` that it has. */
export function serialise(message: SipMessage): Uint8Array {
  const first =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`
  const lines = message.headers
    .filter(([name]) => name !== 'content-length')
    // What comes from others and is sent back never carries a line end: the parser refuses it.
    .map(([name, value]) => `${written(name)}: ${value}`)
  const head = [first, ...lines, `Content-Length: ${message.body.length}`].join('\r\n')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), message.body])
}

const SPELLED: { readonly [name: string]: string } = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'www-authenticate': 'WWW-Authenticate',
}
const written = (name: string) => SPELLED[name] ?? name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

/** The first header of that name (in lower case, in full). */
export const header = ({ headers }: SipCommon, name: string): string | undefined =>
  headers.find(([each]) => each === name)?.[1]
