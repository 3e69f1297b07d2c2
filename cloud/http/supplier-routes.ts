import { ProtocolError } from '@minewarden/protocol/errors.ts'
import { SupplierId } from '@minewarden/protocol/ids.ts'
import { JOSE_MEDIA_TYPE, MAX_JWS_CHARS } from '@minewarden/protocol/order.ts'
import { z } from 'zod'
import { CloudError } from '../errors.ts'
import { createAttemptCounter } from './attempts.ts'
import type { ServerDeps } from './deps.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

/** Each answer costs a signature check, and its sender is not known before it. */
const ANSWERS_PER_MINUTE = 600
const JWKS_MAX_AGE_S = 60

const AnswerPath = z.strictObject({ supplier: SupplierId })
export const CompactJws = z.string().regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, 'not a compact JWS')

/**
 * What power companies call: `GET /.well-known/jwks.json`, `POST /api/v1/suppliers/:supplier/answers`. The reply to a
 * selection is a signed permission or refusal (`application/jose`), to any other answer the order's state as JSON.
 */
export function supplierRoutes(deps: Pick<ServerDeps, 'orders' | 'clock'>): Routes {
  const attempts = createAttemptCounter({
    limit: ANSWERS_PER_MINUTE,
    windowMs: 60_000,
    monotonic: () => deps.clock.monotonic(),
  })
  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      JOSE_MEDIA_TYPE,
      { parseAs: 'string', bodyLimit: MAX_JWS_CHARS },
      async (_request: unknown, body: string | Buffer) => String(body).trim(),
    )
    app.get('/.well-known/jwks.json', async (_request, reply) =>
      reply.header('cache-control', `public, max-age=${JWKS_MAX_AGE_S}`).send(deps.orders.jwks()),
    )
    app.post('/api/v1/suppliers/:supplier/answers', { bodyLimit: MAX_JWS_CHARS }, async (request, reply) => {
      if (!attempts.allow(request.ip)) throw new CloudError('too-many-attempts', 'Too many answers; wait a minute')
      const { supplier } = read(AnswerPath, 'path', request.params)
      const jws = read(CompactJws, 'body', request.body)
      const { order, permission } = await deps.orders.answer(supplier, jws).catch(refuse)
      if (permission !== null) return reply.type(JOSE_MEDIA_TYPE).send(permission)
      return { id: order.id, state: order.state }
    })
  }
}

/** What does not verify is the sender's fault and is told to it. */
function refuse(thrown: unknown): never {
  if (thrown instanceof ProtocolError) throw new CloudError('answer-untrusted', thrown.message, thrown)
  throw thrown
}
