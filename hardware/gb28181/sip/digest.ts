/**
 * Digest access authentication with MD5, as GB/T 28181 has it. Nonces are not stored: each carries its number, its age and
 * a seal over both, the device and its address, so that a flood of challenges takes no memory. Numbers that a device has
 * used only grow: nothing that was once accepted is accepted again.
 * @see RFC 2617 section 3.2; GB/T 28181-2016 section 8.3
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Millis } from '@minewarden/protocol/time.ts'

const NONCE = /^([0-9a-f]{12})-([0-9a-f]{12})-([0-9a-f]{32})$/
/** A camera answers a challenge within a second; slow lines and retransmissions get more. */
export const NONCE_MS: Millis = 60_000

const md5 = (text: string) => createHash('md5').update(text, 'latin1').digest('hex')

/** What stands for a password: of use in this realm only. */
export const hashedPassword = (user: string, realm: string, password: string): string =>
  createHash('md5').update(`${user}:${realm}:${password}`, 'utf8').digest('hex')

/** What a client answers to a challenge: with `qop`, when it chose to use it. */
export function digestResponse(hashed: string, method: string, parameters: ReadonlyMap<string, string>): string {
  const say = (name: string) => parameters.get(name) ?? ''
  const request = md5(`${method}:${say('uri')}`)
  if (!parameters.has('qop')) return md5(`${hashed}:${say('nonce')}:${request}`)
  return md5(`${hashed}:${say('nonce')}:${say('nc')}:${say('cnonce')}:${say('qop')}:${request}`)
}

export type DigestVerdict = 'accepted' | 'wrong' | 'stale' | 'replayed' | 'malformed'

export interface Credentials {
  readonly device: string
  readonly hashed: string
  /** From where the request came. */
  readonly host: string
  readonly method: string
  readonly parameters: ReadonlyMap<string, string>
}

export class DigestGuard {
  readonly #realm: string
  readonly #secret: Uint8Array
  #issued = 0
  /** The number of the last nonce that each device used: as many as devices are configured. */
  readonly #used = new Map<string, number>()

  /** `secret`: made anew at each start, so that nothing of before a restart is accepted. */
  constructor(realm: string, secret: Uint8Array) {
    this.#realm = realm
    this.#secret = secret
  }

  /** The value of `WWW-Authenticate`. */
  challenge(device: string, host: string, isStale: boolean, now: Millis): string {
    this.#issued += 1
    const number = hex(this.#issued)
    const age = hex(Math.floor(now))
    const nonce = `${number}-${age}-${this.#seal(number, age, device, host)}`
    return `Digest realm="${this.#realm}", nonce="${nonce}", algorithm=MD5, qop="auth"${isStale ? ', stale=true' : ''}`
  }

  /** The device is one that is configured: only such may use a nonce up. */
  check({ device, hashed, host, method, parameters }: Credentials, now: Millis): DigestVerdict {
    if (parameters.get('username') !== device || parameters.get('realm') !== this.#realm) return 'wrong'
    const qop = parameters.get('qop')
    if ((qop !== undefined && qop !== 'auth') || (parameters.get('algorithm') ?? 'MD5').toUpperCase() !== 'MD5')
      return 'malformed'
    const expected = Buffer.from(digestResponse(hashed, method, parameters))
    const given = Buffer.from((parameters.get('response') ?? '').toLowerCase())
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'wrong'
    const nonce = NONCE.exec(parameters.get('nonce') ?? '')
    if (!nonce || this.#seal(nonce[1]!, nonce[2]!, device, host) !== nonce[3]) return 'stale'
    if (now - Number.parseInt(nonce[2]!, 16) > NONCE_MS) return 'stale'
    const number = Number.parseInt(nonce[1]!, 16)
    if (number <= (this.#used.get(device) ?? 0)) return 'replayed'
    this.#used.set(device, number)
    return 'accepted'
  }

  #seal(number: string, age: string, device: string, host: string): string {
    return createHmac('sha256', this.#secret).update(`${number} ${age} ${device} ${host}`).digest('hex').slice(0, 32)
  }
}

const hex = (number: number) => number.toString(16).padStart(12, '0').slice(-12)
