import { createHash, randomBytes } from 'node:crypto'
import type { UserId } from '@minewarden/protocol/ids.ts'
import { type Clock, type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { Sessions } from '../core/ports.ts'
import type { Records } from './records/database.ts'
import { recordFact } from './records/orders-repository.ts'
import {
  deleteExpiredSessions,
  deleteSession,
  findSession,
  findUser,
  openSession,
} from './records/people-repository.ts'

/** A sign-in link's token as configured: only its hash is known to us. */
export interface SignInToken {
  readonly sha256: string
  readonly user: UserId
  readonly expiresAt: Instant
}

export interface SessionsDeps {
  readonly records: Records
  readonly clock: Clock
  readonly tokens: readonly SignInToken[]
  /** How long a session lasts; default 12 hours: a shift. */
  readonly lifetimeMs?: Millis
}

const DEFAULT_LIFETIME_MS: Millis = 12 * 3_600_000
const SECRET_BYTES = 32
/** Longer texts are no token or secret of ours, and are not hashed. */
const MAX_SECRET_CHARS = 256

/** SHA-256, hexadecimal: how tokens stand in the configuration and secrets in the records. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret, 'utf8').digest('hex')

/** Sessions opened by one-time tokens. Neither a token nor a session secret is ever stored or logged as it is. */
export function createSessions({ records, clock, tokens, lifetimeMs = DEFAULT_LIFETIME_MS }: SessionsDeps): Sessions {
  const known = new Map(tokens.map((token) => [token.sha256, token]))
  const audit = (actor: string, action: string, detail: Record<string, unknown> = {}) =>
    recordFact(records, { at: clock.now(), actor, action, subject: actor, detail })

  return {
    async redeem(token) {
      const now = clock.now()
      const tokenSha256 = token.length > MAX_SECRET_CHARS ? '' : hashSecret(token)
      const grant = known.get(tokenSha256)
      // An unknown token is no fact about anybody: it is not recorded, or a guesser could fill the audit log.
      if (!grant) return null
      const user = await findUser(records, grant.user)
      if (!user || now >= grant.expiresAt) {
        await audit(grant.user, 'sign-in.refused', { reason: user ? 'token expired' : 'no such user' })
        return null
      }
      const secret = randomBytes(SECRET_BYTES).toString('base64url')
      const expiresAt = instant(now + lifetimeMs)
      await deleteExpiredSessions(records, now)
      const opened = await openSession(records, {
        tokenSha256,
        secretSha256: hashSecret(secret),
        user: user.id,
        now,
        expiresAt,
      })
      await audit(user.id, opened ? 'sign-in' : 'sign-in.refused', opened ? {} : { reason: 'token used before' })
      return opened ? { secret, user, expiresAt } : null
    },
    async userOf(secret) {
      if (secret.length === 0 || secret.length > MAX_SECRET_CHARS) return null
      return await findSession(records, hashSecret(secret), clock.now())
    },
    async end(secret) {
      if (secret.length > MAX_SECRET_CHARS) return
      const user = await deleteSession(records, hashSecret(secret))
      if (user !== null) await audit(user, 'sign-out')
    },
  }
}
