import { Agent, request } from 'undici'

/** HTTPS to a power company: one certificate authority, no redirects, bounded time and size. */
export interface HttpsReply {
  readonly status: number
  /** Media type without parameters, lower case. */
  readonly mediaType: string
  readonly body: string
}
export interface HttpsClient extends AsyncDisposable {
  get(url: string, signal?: AbortSignal): Promise<HttpsReply>
  post(
    url: string,
    mediaType: string,
    body: string,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<HttpsReply>
}

/** A reply beyond this is cut off with an error: it is no receipt and no key set. */
const MAX_REPLY_BYTES = 1_048_576
const TIMEOUT_MS = 10_000

/** `ca` in PEM; without it the machine's own authorities are trusted. Requests reject on any failure to get a reply. */
export function createHttpsClient(ca: string | undefined, timeoutMs = TIMEOUT_MS): HttpsClient {
  const agent = new Agent({
    connect: { ...(ca === undefined ? {} : { ca }), timeout: timeoutMs, minVersion: 'TLSv1.2' },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_REPLY_BYTES,
    connections: 4,
  })
  const ask = async (url: string, options: Omit<NonNullable<Parameters<typeof request>[1]>, 'dispatcher'>) => {
    const limit = AbortSignal.timeout(timeoutMs)
    const signal = options.signal ? AbortSignal.any([options.signal as AbortSignal, limit]) : limit
    const { statusCode, headers, body } = await request(url, { ...options, signal, dispatcher: agent })
    const type = String(headers['content-type'] ?? '')
    return { status: statusCode, mediaType: (type.split(';')[0] ?? '').trim().toLowerCase(), body: await body.text() }
  }
  return {
    get: (url, signal) => ask(url, { method: 'GET', ...(signal ? { signal } : {}) }),
    post: (url, mediaType, body, headers, signal) =>
      ask(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': mediaType },
        body,
        ...(signal ? { signal } : {}),
      }),
    // Destroy, not close: a reply that never comes must not hold up the end of the process.
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}
