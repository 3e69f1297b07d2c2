/**
 * Whether a camera's stream is there: `OPTIONS`, then `DESCRIBE` with what proves the password, then the connection is
 * closed. No picture is asked for.
 * @see RFC 2326 sections 10.1, 10.2
 */
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { DENIAL_WORDS } from '../digest/denial-words.ts'
import type { DigestSession } from '../digest/digest-session.ts'
import { HardwareError, type HardwareErrorCode } from '../errors.ts'
import type { ByteLine, LineOpener } from '../line/contract.ts'
import { closeWithin, openWithin } from '../line/open-within.ts'
import { type RtspResponse, RtspResponseReader } from './response-reader.ts'
import { parseSdp, type SdpMedia } from './sdp.ts'

export interface StreamOptions {
  readonly open: LineOpener
  /** Without user and password. */
  readonly url: string
  readonly session: DigestSession | null
  readonly clock: Clock
  /** The whole of it. */
  readonly limitMs: Millis
}

/** Bytes of one conversation, whatever they are. */
const MAX_BYTES = 262_144
const MOST_TRIES = 3
/** Some servers leave a few bytes between two answers. */
const MAX_STRAY_BYTES = 16

/** The media of the stream. @throws HardwareError `camera-…`; the signal's reason */
export async function askStream(options: StreamOptions, signal: AbortSignal): Promise<readonly SdpMedia[]> {
  const { clock, limitMs, url } = options
  const stop = new AbortController()
  const giveUp = () => stop.abort(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  const timer = new AbortController()
  const name = nameOf(url)
  clock.sleep(limitMs, timer.signal).then(
    () => stop.abort(new HardwareError('camera-hung', `${name}: no whole answer within ${limitMs} ms`)),
    () => undefined,
  )
  try {
    if (signal.aborted) giveUp()
    const line = await openWithin(options.open, limitMs, clock, stop.signal)
    const hangUp = () => void line.close()
    stop.signal.addEventListener('abort', hangUp, { once: true })
    try {
      return await converse(new Conversation(line, options), options)
    } finally {
      await closeWithin(line, clock)
    }
  } catch (error) {
    if (stop.signal.aborted) throw stop.signal.reason
    throw cameraFault(error)
  } finally {
    signal.removeEventListener('abort', giveUp)
    timer.abort()
  }
}

async function converse(conversation: Conversation, { url, session }: StreamOptions): Promise<readonly SdpMedia[]> {
  const name = nameOf(url)
  await conversation.ask('OPTIONS', {})
  for (let tries = 1; ; tries++) {
    const authorisation = session?.authorisation('DESCRIBE', url) ?? null
    const headers = { Accept: 'application/sdp', ...(authorisation !== null && { Authorization: authorisation }) }
    const answer = await conversation.ask('DESCRIBE', headers)
    if (answer.status !== 401) return mediaOf(answer, name)
    const verdict = session?.challenged(answer.headers.get('www-authenticate') ?? [], authorisation) ?? 'no-credential'
    if (tries < MOST_TRIES && verdict === 'retry') continue
    throw new HardwareError('camera-denied', `${name}: ${DENIAL_WORDS[verdict]}`)
  }
}

function mediaOf({ status, body }: RtspResponse, name: string): readonly SdpMedia[] {
  if (status === 403) throw new HardwareError('camera-denied', `${name}: RTSP ${status}`)
  if (status === 453 || status === 503) throw new HardwareError('camera-busy', `${name}: RTSP ${status}`)
  if (status !== 200) throw new HardwareError('camera-faulted', `${name}: no such stream (RTSP ${status})`)
  const description = parseSdp(new TextDecoder().decode(body))
  if (description.kind === 'bad') throw new HardwareError('camera-garbled', `${name}: ${description.reason}`)
  const { media } = description
  if (!media.some(({ type }) => type === 'video'))
    throw new HardwareError('camera-faulted', `${name}: a stream without video`)
  return media
}

class Conversation {
  readonly #line: ByteLine
  readonly #url: string
  readonly #reader = new RtspResponseReader()
  readonly #responses: RtspResponse[] = []
  #cseq = 0
  #bytes = 0

  constructor(line: ByteLine, { url }: StreamOptions) {
    this.#line = line
    this.#url = url
  }

  async ask(method: string, headers: Readonly<Record<string, string>>): Promise<RtspResponse> {
    this.#cseq += 1
    const lines = Object.entries({ CSeq: String(this.#cseq), 'User-Agent': 'minewarden', ...headers })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    await this.#line.write(new TextEncoder().encode(`${method} ${this.#url} RTSP/1.0\r\n${head}\r\n`))
    for (;;) {
      const response = await this.#next()
      // An answer to an earlier question, or one on the way to the true one (1xx), is passed over.
      if (response.status >= 200 && (response.cseq === null || response.cseq === this.#cseq)) return response
    }
  }

  async #next(): Promise<RtspResponse> {
    const waiting = this.#responses.shift()
    if (waiting) return waiting
    for await (const { bytes } of this.#line.read()) {
      this.#bytes += bytes.length
      this.#responses.push(...this.#reader.push(bytes))
      const response = this.#responses.shift()
      if (response) return response
      if (this.#bytes > MAX_BYTES || this.#reader.discardedBytes > MAX_STRAY_BYTES)
        throw new HardwareError('camera-garbled', `${this.#line.name} does not answer by RTSP`)
    }
    const spoke = this.#bytes > 0
    const words = spoke ? 'does not answer by RTSP' : 'ended the connection without an answer'
    throw new HardwareError(spoke ? 'camera-garbled' : 'camera-lost', `${this.#line.name} ${words}`)
  }
}

const FAULTS: { readonly [C in HardwareErrorCode]?: HardwareErrorCode } = {
  'line-absent': 'camera-unreachable',
  'line-unopened': 'camera-unreachable',
  'line-refused': 'camera-refused',
  'line-lost': 'camera-lost',
}

function cameraFault(error: unknown): unknown {
  const code = error instanceof HardwareError ? FAULTS[error.code] : undefined
  return error instanceof HardwareError && code ? new HardwareError(code, error.message, error) : error
}

/** Without the path and its query: some cameras want keys in them. */
const nameOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'stream')
