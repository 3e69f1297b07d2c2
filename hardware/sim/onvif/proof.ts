/** How a simulated camera checks a password: by HTTP digest and by UsernameToken, written from the standards without the client's code. */
import { createHash } from 'node:crypto'

export interface Account {
  readonly user: string
  readonly password: string
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** The challenge that a camera sends. */
export const challengeOf = (realm: string, nonce: string): string =>
  `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5, qop="auth", opaque="0000"`

/** Whether an `Authorization` value proves the password for this nonce. */
export function provesByDigest(value: string, method: string, nonce: string, { user, password }: Account): boolean {
  if (!value.startsWith('Digest ')) return false
  const say = (name: string) => new RegExp(`(?:^|[ ,])${name}="?([^",]*)"?`).exec(value.slice(6))?.[1] ?? ''
  if (say('username') !== user || say('nonce') !== nonce) return false
  const own = md5(`${user}:${say('realm')}:${password}`)
  const asked = md5(`${method}:${say('uri')}`)
  const expected = md5(`${own}:${nonce}:${say('nc')}:${say('cnonce')}:${say('qop')}:${asked}`)
  return say('qop') === 'auth' && say('response') === expected
}

/** A token older or younger than this is refused, as real cameras do. */
const TOKEN_AGE_MS = 30_000

/** Whether an envelope's UsernameToken proves the password at the camera's time. */
export function provesByToken(envelope: string, cameraMs: number, { user, password }: Account): boolean {
  const text = (name: string) => new RegExp(`<(?:\\w+:)?${name}(?: [^>]*)?>([^<]*)<`).exec(envelope)?.[1] ?? ''
  const created = text('Created')
  if (text('Username') !== user || !(Math.abs(Date.parse(created) - cameraMs) <= TOKEN_AGE_MS)) return false
  const nonce = Buffer.from(text('Nonce'), 'base64')
  const digest = createHash('sha1')
    .update(Buffer.concat([nonce, Buffer.from(created + password)]))
    .digest('base64')
  return nonce.length >= 8 && text('Password') === digest
}
