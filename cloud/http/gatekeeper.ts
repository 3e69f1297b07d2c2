import type { Instant } from '@minewarden/protocol/time.ts'
import { isApprover, type Sessions, type User } from '../core/ports.ts'
import { CloudError } from '../errors.ts'
import type { WebReply, WebRequest } from './web.ts'

const COOKIE = 'minewarden-session'
/** A secret longer than this is none of ours. */
const MAX_SECRET_LENGTH = 512

/** Who a request comes from and what it may do. */
export interface Gatekeeper {
  /** The signed-in person; `null` without a living session. */
  userOf(request: WebRequest): Promise<User | null>
  /** @throws CloudError `not-signed-in`, unless reading is public */
  reader(request: WebRequest): Promise<User | null>
  /** A signed-in person who reads what is not public anywhere. @throws CloudError `not-signed-in` */
  person(request: WebRequest): Promise<User>
  /** A signed-in person who asks for something to be done. @throws CloudError `cross-site`, `not-signed-in` */
  member(request: WebRequest): Promise<User>
  /** A person who may record something. @throws CloudError `cross-site`, `not-signed-in`, `not-allowed` */
  recorder(request: WebRequest): Promise<User>
  /** A person who may change something. @throws CloudError `cross-site`, `not-signed-in`, `not-allowed` */
  officer(request: WebRequest): Promise<User>
  secretOf(request: WebRequest): string | null
  setSession(request: WebRequest, reply: WebReply, secret: string, expiresAt: Instant): void
  clearSession(request: WebRequest, reply: WebReply): void
}

export function createGatekeeper(deps: { readonly sessions: Sessions; readonly publicReading: boolean }): Gatekeeper {
  const userOf = async (request: WebRequest) => {
    const secret = secretOf(request)
    return secret === null ? null : deps.sessions.userOf(secret)
  }
  const signedIn = async (request: WebRequest): Promise<User> => {
    const user = await userOf(request)
    if (user === null) throw new CloudError('not-signed-in', 'Sign in first: open the link that was given to you')
    return user
  }
  const member = async (request: WebRequest): Promise<User> => {
    demandSameOrigin(request)
    return signedIn(request)
  }
  return {
    userOf,
    secretOf,
    person: signedIn,
    member,
    reader: async (request) => (deps.publicReading ? userOf(request) : signedIn(request)),
    async recorder(request) {
      const user = await member(request)
      if (user.role === 'viewer') throw new CloudError('not-allowed', 'A viewer reads; recording needs another role')
      return user
    },
    async officer(request) {
      const user = await member(request)
      if (!isApprover(user.role)) throw new CloudError('not-allowed', `A ${user.role} may not; this needs an officer`)
      return user
    },
    setSession(request, reply, secret, expiresAt) {
      reply.setCookie(COOKIE, secret, { ...cookieOptions(request), expires: new Date(expiresAt) })
    },
    clearSession(request, reply) {
      reply.clearCookie(COOKIE, cookieOptions(request))
    },
  }
}

function secretOf(request: WebRequest): string | null {
  const secret = request.cookies[COOKIE]
  return secret && secret.length <= MAX_SECRET_LENGTH ? secret : null
}

const cookieOptions = (request: WebRequest) => ({
  path: '/',
  httpOnly: true,
  sameSite: 'strict' as const,
  secure: request.protocol === 'https',
})

/**
 * Refuses a request that changes something and does not say that it comes from our own pages. A browser always says so
 * (`Sec-Fetch-Site`, `Origin`) and lets no page forge it; any other client sends `Origin` itself.
 * @throws CloudError `cross-site`
 */
export function demandSameOrigin(request: WebRequest): void {
  const site = request.headers['sec-fetch-site']
  const origin = request.headers.origin
  const ownSite = site === undefined || site === 'same-origin'
  const ownOrigin = origin === undefined || hostOf(origin) === request.host
  if (ownSite && ownOrigin && (site !== undefined || origin !== undefined)) return
  throw new CloudError('cross-site', 'The headers Origin and Sec-Fetch-Site must name this server')
}

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null)
