/**
 * What one client keeps of one server's digest authentication: the last challenge, so that it is not asked for at each
 * request, and the count of its uses. The password never goes out in clear: `Basic` is not answered.
 * @see RFC 7616 section 3.4, RFC 2069 for servers without `qop`
 */
import { createHash } from 'node:crypto'
import { parseChallenges } from './challenge.ts'

export interface Credential {
  readonly user: string
  readonly password: string
}

/** `retry`: ask again with {@link DigestSession.authorisation}; otherwise why that is of no use. */
export type ChallengeVerdict = 'retry' | 'wrong' | 'basic-only' | 'no-challenge' | 'unknown-algorithm'

interface Held {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | null
  /** As the server wrote it; `null`: it wrote none, which is MD5. */
  readonly algorithm: string | null
  readonly hash: 'md5' | 'sha256'
  readonly isSession: boolean
  readonly hasQop: boolean
}

/** Best first. */
const ALGORITHMS: readonly { readonly name: string; readonly hash: Held['hash'] }[] = [
  { name: 'sha-256', hash: 'sha256' },
  { name: 'sha-256-sess', hash: 'sha256' },
  { name: 'md5', hash: 'md5' },
  { name: 'md5-sess', hash: 'md5' },
]

export class DigestSession {
  readonly #credential: Credential
  readonly #cnonce: () => string
  #held: Held | null = null
  #uses = 0

  /** @param cnonce an unpredictable word for each answer */
  constructor(credential: Credential, cnonce: () => string) {
    this.#credential = credential
    this.#cnonce = cnonce
  }

  /**
   * Takes the challenges of an answer 401.
   * @param sent the value of `Authorization` that was refused; `null`: none was sent
   */
  challenged(values: readonly string[], sent: string | null): ChallengeVerdict {
    const former = this.#held
    const challenges = parseChallenges(values)
    const digests = challenges.filter(({ scheme }) => scheme === 'digest')
    if (digests.length === 0) return challenges.some(({ scheme }) => scheme === 'basic') ? 'basic-only' : 'no-challenge'
    const best = ALGORITHMS.flatMap(({ name, hash }) =>
      digests.flatMap(({ parameters }) => hold(parameters, name, hash)),
    )[0]
    if (!best) return 'unknown-algorithm'
    this.#held = best
    this.#uses = 0
    const isStale = digests.some(({ parameters }) => parameters.get('stale')?.toLowerCase() === 'true')
    // A nonce that another one follows has run out, though many servers do not say so.
    return sent === null || isStale || former?.nonce !== best.nonce ? 'retry' : 'wrong'
  }

  /** The value of `Authorization`; `null`: nothing was asked for yet. */
  authorisation(method: string, uri: string): string | null {
    const held = this.#held
    if (!held) return null
    this.#uses += 1
    const { user, password } = this.#credential
    const count = this.#uses.toString(16).padStart(8, '0')
    const cnonce = this.#cnonce()
    const hash = (text: string) => createHash(held.hash).update(text, 'utf8').digest('hex')
    const own = hash(`${user}:${held.realm}:${password}`)
    const secret = held.isSession ? hash(`${own}:${held.nonce}:${cnonce}`) : own
    const asked = hash(`${method}:${uri}`)
    const response = hash(
      held.hasQop ? `${secret}:${held.nonce}:${count}:${cnonce}:auth:${asked}` : `${secret}:${held.nonce}:${asked}`,
    )
    const quoted = { username: user, realm: held.realm, nonce: held.nonce, uri, response }
    const parts = Object.entries(quoted).map(([name, value]) => `${name}="${quotable(value)}"`)
    if (held.algorithm !== null) parts.push(`algorithm=${held.algorithm}`)
    if (held.opaque !== null) parts.push(`opaque="${quotable(held.opaque)}"`)
    if (held.hasQop) parts.push(`qop=auth, nc=${count}, cnonce="${cnonce}"`)
    else if (held.isSession) parts.push(`cnonce="${cnonce}"`)
    return `Digest ${parts.join(', ')}`
  }
}

/** Nothing when the challenge is of another algorithm, or of none that can be answered. */
function hold(parameters: ReadonlyMap<string, string>, name: string, hash: Held['hash']): Held[] {
  const algorithm = parameters.get('algorithm') ?? null
  const nonce = parameters.get('nonce') ?? ''
  const realm = parameters.get('realm') ?? ''
  if ((algorithm ?? 'md5').toLowerCase() !== name || nonce === '') return []
  const qop = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/)
  if (qop && !qop.includes('auth')) return []
  const opaque = parameters.get('opaque') ?? null
  // What goes back into a header must not carry a line end into it.
  if ([realm, nonce, opaque ?? '', algorithm ?? ''].some((value) => /[^\x20-\x7e\x80-\u{10ffff}]/u.test(value)))
    return []
  return [{ realm, nonce, opaque, algorithm, hash, isSession: name.endsWith('-sess'), hasQop: qop !== undefined }]
}

const quotable = (text: string): string => text.replace(/["\\]/g, '\\$&')
