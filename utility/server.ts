import { JOSE_MEDIA_TYPE, MAX_JWS_CHARS } from '@minewarden/protocol/order.ts'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { Logger } from './core/ports.ts'
import { UTILITY_ERRORS, type UtilityErrorCode } from './errors.ts'
import type { OrderDesk, Reply } from './order-desk.ts'
import type { Store } from './shell/store.ts'
import { statusPage } from './status-page.ts'

export interface ServerDeps {
  readonly desk: OrderDesk
  readonly store: Store
  readonly jwks: { readonly keys: readonly object[] }
  readonly supplierName: string
  readonly statusFor: 'loopback' | 'anyone'
  readonly tls: { readonly cert: string; readonly key: string }
  readonly logger: Pick<Logger, 'error'>
}

/** Orders on the status page. */
const MAX_SHOWN = 100
const REQUEST_TIMEOUT_MS = 15_000
/** More at a time are closed at once: each may hold a body in memory, and nobody has signed anything yet. */
const MAX_CONNECTIONS = 256
const LOOPBACK = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

/** The company's HTTPS server: `POST /orders`, `GET /orders`, `GET /.well-known/jwks.json`. Not yet listening. */
export function createServer(deps: ServerDeps): FastifyInstance {
  const app = fastify({
    https: { ...deps.tls, minVersion: 'TLSv1.2' },
    bodyLimit: MAX_JWS_CHARS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Answers go out on other connections; a keep-alive of the county must not hold up our end.
    forceCloseConnections: true,
  }) as unknown as FastifyInstance
  app.server.maxConnections = MAX_CONNECTIONS
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(JOSE_MEDIA_TYPE, { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler(async (error: { statusCode?: number; message: string }, _request, reply) => {
    if (error.statusCode === 413) return fail(reply, 'body-too-large', `body: longer than ${MAX_JWS_CHARS} bytes`)
    if (error.statusCode === 415) return fail(reply, 'order-malformed', `content-type: expected ${JOSE_MEDIA_TYPE}`)
    if ((error.statusCode ?? 500) < 500) return fail(reply, 'order-malformed', 'request: cannot be read')
    // Of our insides a stranger learns nothing.
    deps.logger.error({ err: error }, 'request failed')
    return fail(reply, 'internal', 'the server failed; its log has the cause')
  })
  app.setNotFoundHandler(async (_request, reply) => fail(reply, 'not-found', 'no such page'))
  app.post('/orders', async (request, reply) => {
    const jws = typeof request.body === 'string' ? request.body.trim() : ''
    if (jws === '') return fail(reply, 'order-malformed', 'body: empty')
    return answer(reply, await deps.desk.receive(jws))
  })
  app.get('/.well-known/jwks.json', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=60').send(deps.jwks),
  )
  app.get('/orders', async (request, reply) => showStatus(deps, request, reply))
  return app
}

function answer(reply: FastifyReply, result: Reply): FastifyReply {
  if (result.kind === 'error') return fail(reply, result.code, result.message, result.answer)
  return reply
    .status(result.repeated ? 200 : 202)
    .type(JOSE_MEDIA_TYPE)
    .send(result.jws)
}

function fail(
  reply: FastifyReply,
  code: UtilityErrorCode,
  message: string,
  answer: string | null = null,
): FastifyReply {
  return reply
    .status(UTILITY_ERRORS[code][0])
    .send({ error: { code, message }, ...(answer === null ? {} : { answer }) })
}

function showStatus({ store, supplierName, statusFor }: ServerDeps, request: FastifyRequest, reply: FastifyReply) {
  if (statusFor === 'loopback' && !LOOPBACK.includes(request.ip)) return fail(reply, 'not-found', 'no such page')
  const orders = store.newest(MAX_SHOWN).map(({ id, sequence, job, error }) => ({ id, sequence, ...job, error }))
  if (!(request.headers.accept ?? '').includes('text/html')) return reply.send(orders)
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    .send(statusPage(supplierName, orders))
}
