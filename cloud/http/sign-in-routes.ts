import { z } from 'zod'
import { CloudError } from '../errors.ts'
import { createAttemptCounter } from './attempts.ts'
import type { ServerDeps } from './deps.ts'
import type { Documents, MeDocument } from './documents.ts'
import { demandSameOrigin, type Gatekeeper } from './gatekeeper.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

/** Tokens are long and random; the limit keeps guessing and noise in the log down. */
const ATTEMPTS_PER_MINUTE = 10
export const SignIn = z.strictObject({ token: z.string().min(16).max(512) })

/** `POST /api/v1/sign-in {token}`, `POST /api/v1/sign-out`, `GET /api/v1/me` (always 200: `user` may be null). */
export function signInRoutes(deps: ServerDeps, documents: Documents, gatekeeper: Gatekeeper): Routes {
  const attempts = createAttemptCounter({
    limit: ATTEMPTS_PER_MINUTE,
    windowMs: 60_000,
    monotonic: () => deps.clock.monotonic(),
  })
  return async (app) => {
    app.post('/api/v1/sign-in', async (request, reply): Promise<MeDocument> => {
      demandSameOrigin(request)
      if (!attempts.allow(request.ip)) throw new CloudError('too-many-attempts', 'Too many attempts; wait a minute')
      const { token } = read(SignIn, 'body', request.body)
      const session = await deps.sessions.redeem(token)
      if (session === null) {
        deps.logger.warn({ from: request.ip }, 'a sign-in link was refused')
        throw new CloudError('not-signed-in', 'This sign-in link is used, unknown or expired')
      }
      await endSession(deps, gatekeeper.secretOf(request))
      gatekeeper.setSession(request, reply, session.secret, session.expiresAt)
      return { user: documents.user(session.user), publicReading: deps.publicReading }
    })
    app.post('/api/v1/sign-out', async (request, reply) => {
      demandSameOrigin(request)
      await endSession(deps, gatekeeper.secretOf(request))
      gatekeeper.clearSession(request, reply)
      return reply.code(204).send()
    })
    app.get('/api/v1/me', async (request): Promise<MeDocument> => {
      const user = await gatekeeper.userOf(request)
      return { user: user && documents.user(user), publicReading: deps.publicReading }
    })
  }
}

async function endSession(deps: ServerDeps, secret: string | null): Promise<void> {
  if (secret !== null) await deps.sessions.end(secret)
}
