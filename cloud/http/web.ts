import cookie from '@fastify/cookie'
import statics from '@fastify/static'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

/** The only file that knows which HTTP server stands behind the routes. */

/** The server; `listen`, `inject` and `close` are what its owner needs. */
export type Web = FastifyInstance
export type WebRequest = FastifyRequest
export type WebReply = FastifyReply
/** One resource's routes, registered in a scope of their own. */
export type Routes = (app: Web) => Promise<void>

/** Body of a request that is no answer of a supplier: an approval, a reason, a token. */
export const MAX_BODY_BYTES = 16 * 1024
/** A request must have arrived whole within this: stops readers that trickle a header a minute. */
const REQUEST_TIMEOUT_MS = 30_000

/** More at a time are closed at once: live pages have their own, lower ceiling. */
const MAX_CONNECTIONS = 1_024

/** A server without routes, HTTPS when given key and certificate (PEM). `trustProxy` only where a reverse proxy sets `X-Forwarded-*`: else anyone may forge them. */
export async function createWeb(options: {
  readonly trustProxy: boolean
  readonly tls?: { readonly key: string; readonly cert: string }
}): Promise<Web> {
  const app = fastify({
    ...(options.tls ? { https: { ...options.tls, minVersion: 'TLSv1.2' as const } } : {}),
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: options.trustProxy,
    // A page that keeps its connection open must not keep the process alive.
    forceCloseConnections: true,
  })
  app.server.maxConnections = MAX_CONNECTIONS
  await app.register(cookie)
  return app
}

/** Makes `reply.sendFile` serve the built console; names with a content hash may be kept for a year. */
export async function serveFiles(app: Web, directory: string): Promise<void> {
  await app.register(statics, {
    root: directory,
    index: false,
    wildcard: true,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders: (reply, path) => {
      const hashed = /[\\/]assets[\\/]/.test(path)
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}
