/**
 * One question and its answer over HTTP, each on a connection of its own: the cheap web servers of cameras keep connections
 * badly, and there are a handful of questions a minute. Bounded in time and bytes; no redirection is followed.
 */
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'

export interface HttpQuestion {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** The whole of it, from the connection to the answer's last byte. */
  readonly limitMs: Millis
  readonly limitBytes: number
}

export interface HttpAnswer {
  readonly status: number
  /** Values of `WWW-Authenticate`, one a header line. */
  readonly challenges: readonly string[]
  readonly contentType: string
  readonly body: Uint8Array
}

/** @throws HardwareError `camera-unreachable`, `-refused`, `-hung`, `-lost`, `-garbled`; the signal's reason */
export type HttpExchange = (question: HttpQuestion, signal: AbortSignal) => Promise<HttpAnswer>

const MAX_HEADER_BYTES = 16_384
/** Most answers are shorter. */
const FIRST_BYTES = 8_192

/** @param ca certificates of the authority that `https` is checked against; `null`: not checked */
export function createHttpExchange(clock: Clock, ca: string | null): HttpExchange {
  return async (question, signal) => {
    signal.throwIfAborted()
    const timer = new AbortController()
    const outcome = Promise.withResolvers<HttpAnswer>()
    const request = open(question, ca)
    let isConnected = false
    request.once('socket', (socket) =>
      socket.once('connect', () => {
        isConnected = true
      }),
    )
    request.on('error', (error) => outcome.reject(fault(question, error)))
    request.on('response', (response) => collect(question, response, outcome))
    const cancel = () => outcome.reject(signal.reason)
    signal.addEventListener('abort', cancel, { once: true })
    clock.sleep(question.limitMs, timer.signal).then(
      () => outcome.reject(tooLate(question, isConnected)),
      () => undefined,
    )
    try {
      request.end(question.body)
      return await outcome.promise
    } finally {
      signal.removeEventListener('abort', cancel)
      timer.abort()
      // What still arrives or fails after this is nobody's: the listener of errors stays.
      request.destroy()
    }
  }
}

function open({ method, url, headers, body }: HttpQuestion, ca: string | null): ClientRequest {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const options = {
    method,
    agent: false as const,
    headers: { ...headers, ...length, connection: 'close' },
    maxHeaderSize: MAX_HEADER_BYTES,
  }
  if (url.protocol !== 'https:') return requestHttp(url, options)
  return requestHttps(url, { ...options, ...(ca === null ? { rejectUnauthorized: false } : { ca }) })
}

function collect(question: HttpQuestion, response: IncomingMessage, outcome: PromiseWithResolvers<HttpAnswer>): void {
  const name = nameOf(question)
  const tooLong = () =>
    outcome.reject(new HardwareError('camera-garbled', `${name}: an answer of more than ${question.limitBytes} bytes`))
  if (Number(response.headers['content-length'] ?? 0) > question.limitBytes) {
    tooLong()
    return
  }
  let held = new Uint8Array(0)
  let bytes = 0
  response.on('data', (chunk: Uint8Array) => {
    const end = bytes + chunk.length
    if (end > question.limitBytes) {
      held = new Uint8Array(0)
      response.destroy()
      tooLong()
      return
    }
    // Copied together at once: an answer in chunks of one byte each would be held as millions of objects.
    if (end > held.length) held = grown(held, Math.min(question.limitBytes, Math.max(FIRST_BYTES, 2 * end)))
    held.set(chunk, bytes)
    bytes = end
  })
  response.on('error', (error) => outcome.reject(fault(question, error)))
  response.on('close', () => {
    if (response.complete) return
    outcome.reject(new HardwareError('camera-lost', `${name}: the answer broke off after ${bytes} bytes`))
  })
  response.on('end', () => {
    outcome.resolve({
      status: response.statusCode ?? 0,
      challenges: response.headersDistinct['www-authenticate'] ?? [],
      contentType: response.headers['content-type'] ?? '',
      body: held.slice(0, bytes),
    })
  })
}

function grown(held: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length)
  all.set(held)
  return all
}

/** Without the query: some cameras want keys in it. */
const nameOf = ({ url }: HttpQuestion): string => `${url.host}${url.pathname}`

function tooLate(question: HttpQuestion, isConnected: boolean): HardwareError {
  const words = `${nameOf(question)}: no ${isConnected ? 'whole answer' : 'connection'} within ${question.limitMs} ms`
  return new HardwareError(isConnected ? 'camera-hung' : 'camera-unreachable', words)
}

const UNREACHABLE = ['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT']
const LOST = ['ECONNRESET', 'EPIPE', 'ECONNABORTED']

function fault(question: HttpQuestion, error: NodeJS.ErrnoException): HardwareError {
  const { code = '' } = error
  const words = `${nameOf(question)}: ${error.message}`
  if (code === 'ECONNREFUSED') return new HardwareError('camera-refused', words, error)
  if (UNREACHABLE.includes(code)) return new HardwareError('camera-unreachable', words, error)
  return new HardwareError(LOST.includes(code) ? 'camera-lost' : 'camera-garbled', words, error)
}
