import { Agent, request } from 'undici'

/** HTTPS to the county: one certificate authority, no redirects, bounded time and size. */
export interface HttpsClient extends AsyncDisposable {
  /** The body of a 200. Rejects on anything else. */
  getJson(url: string): Promise<unknown>
  /** Rejects when there is no reply. */
  post(url: string, mediaType: string, body: string, signal: AbortSignal): Promise<HttpsReply>
}

export interface HttpsReply {
  readonly status: number
  /** Without parameters, lower case. */
  readonly mediaType: string
  readonly body: string
}

const TIMEOUT_MS = 10_000
const MAX_REPLY_BYTES = 1_048_576

/** `ca` in PEM; without it the machine's own authorities are trusted. */
export function createHttpsClient(ca: string | undefined): HttpsClient {
  const agent = new Agent({
    connect: { ...(ca === undefined ? {} : { ca }), timeout: TIMEOUT_MS, minVersion: 'TLSv1.2' },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: MAX_REPLY_BYTES,
    connections: 4,
  })
  return {
    async getJson(url) {
      const { statusCode, body } = await request(url, { dispatcher: agent, signal: AbortSignal.timeout(TIMEOUT_MS) })
      const text = await body.text()
      if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`)
      return JSON.parse(text)
    },
    async post(url, mediaType, body, signal) {
      const reply = await request(url, {
        method: 'POST',
        headers: { 'content-type': mediaType },
        body,
        dispatcher: agent,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      const type = reply.headers['content-type']
      const plain = (Array.isArray(type) ? type[0] : type)?.split(';')[0]?.trim().toLowerCase() ?? ''
      return { status: reply.statusCode, mediaType: plain, body: await reply.body.text() }
    },
    // Destroy, not close: a reply that never comes must not hold up the end of the process.
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}
