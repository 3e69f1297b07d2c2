import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { Secret, TOTP } from 'otpauth'

/**
 * Time-based one-time passwords: six digits, each 30 s, as every authenticator app makes them. Secrets stand in the
 * records only sealed: a copy of the database alone makes nobody's codes.
 * @see RFC 6238; RFC 4226 7.3 (a code is taken once, attempts are few)
 */
const ISSUER = 'Minewarden'
const PERIOD_S = 30
/** A telephone's clock may be one step off. */
const WINDOW_STEPS = 1
const SECRET_BYTES = 20
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Length of the key that seals secrets. */
export const SEALING_KEY_BYTES = 32

const passwordOf = (secret: string, label = '') =>
  new TOTP({ issuer: ISSUER, label, algorithm: 'SHA1', digits: 6, period: PERIOD_S, secret: Secret.fromBase32(secret) })

/** A new secret (base32), and the address that an app reads from a QR code. */
export function newSecret(user: string): { secret: string; uri: string } {
  const secret = new Secret({ size: SECRET_BYTES }).base32
  return { secret, uri: passwordOf(secret, user).toString() }
}

/** The number of the step whose code this is; `null` when it is none of about now. */
export function stepOf(secret: string, code: string, now: Instant): number | null {
  if (!/^\d{6}$/.test(code)) return null
  const delta = passwordOf(secret).validate({ token: code, timestamp: now, window: WINDOW_STEPS })
  return delta === null ? null : Math.floor(now / (PERIOD_S * 1000)) + delta
}

/** The code of a moment: for those who test. */
export const codeAt = (secret: string, at: number): string => passwordOf(secret).generate({ timestamp: instant(at) })

/** AES-256-GCM; bound to its user, so that a row moved to another's name opens nothing. */
export function seal(secret: string, user: string, key: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(user))
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** `null` when it was sealed with another key, for another user, or changed. */
export function unseal(text: string, user: string, key: Uint8Array): string | null {
  const bytes = Buffer.from(text, 'base64url')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(user))
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}
