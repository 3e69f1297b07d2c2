/** The way of lines to a time-series database: `POST /write`, one request at a time on a connection that is kept. */
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { CloudError } from '../errors.ts'

/** Who we are at the database, and where it is. */
export interface DatabaseAccess {
  readonly url: string
  readonly username: string | null
  readonly password: string | null
  /** PEM; `null`: the machine's own authorities. */
  readonly ca: string | null
}

export interface LinePost {
  /** What was answered. @throws CloudError `history-unreachable` when nothing was */
  post(
    body: string,
    query: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: string }>
  close(): void
}

const TIMEOUT_MS = 30_000
/** Of an answer, so much is read: the rest of a long list of errors tells no more. */
const MAX_ANSWER_BYTES = 16_384
const CONNECTIONS = 2

export function createLinePost(access: DatabaseAccess, signal: AbortSignal, timeoutMs = TIMEOUT_MS): LinePost {
  const isTls = access.url.startsWith('https:')
  const agent = isTls
    ? new HttpsAgent({
        keepAlive: true,
        maxSockets: CONNECTIONS,
        minVersion: 'TLSv1.2',
        ...(access.ca ? { ca: access.ca } : {}),
      })
    : new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const auth = access.username === null ? {} : { authorization: basic(access.username, access.password ?? '') }
  const open = (path: string, length: number): ClientRequest => {
    const options = {
      method: 'POST',
      agent,
      timeout: timeoutMs,
      signal,
      headers: { ...auth, 'content-type': 'text/plain; charset=utf-8', 'content-length': length },
    }
    const url = new URL(path, access.url)
    return isTls ? httpsRequest(url, options) : httpRequest(url, options)
  }
  return {
    async post(body, query) {
      const bytes = Buffer.from(body)
      const request = open(`/write?${new URLSearchParams(query)}`, bytes.length)
      try {
        return await answerOf(request, bytes)
      } catch (error) {
        // Without its cause: a request carries our password in its headers, and a log takes whatever it is given.
        const { code, message } = error as NodeJS.ErrnoException
        throw new CloudError('history-unreachable', `${access.url}: ${code ?? message}`)
      }
    },
    close: () => agent.destroy(),
  }
}

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

function answerOf(request: ClientRequest, body: Uint8Array): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('response', (response) => {
      textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text }), reject)
    })
    request.end(body)
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    if (length < MAX_ANSWER_BYTES) chunks.push(chunk)
    length += chunk.length
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8')
}
