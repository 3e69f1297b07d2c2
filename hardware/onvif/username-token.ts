import { createHash } from 'node:crypto'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { Credential } from '../digest/digest-session.ts'
import { escapeXml } from './soap.ts'

const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss'

/**
 * The SOAP header that proves the password without showing it. Cameras refuse one whose time is not theirs within seconds,
 * so it is made for the time that the camera's clock shows.
 * @param nonce 16 unpredictable bytes, never used before
 * @see OASIS WS-Security UsernameToken Profile 1.1 section 3.1: Base64(SHA-1(nonce + created + password))
 */
export function writeUsernameToken({ user, password }: Credential, created: Instant, nonce: Uint8Array): string {
  // Whole seconds, as the standard's own example has them: some cameras read no fraction.
  const time = isoTime(created).replace(/\.\d+Z$/, 'Z')
  const digest = createHash('sha1').update(nonce).update(time, 'utf8').update(password, 'utf8').digest('base64')
  const nonceText = Buffer.from(nonce).toString('base64')
  return (
    `<w:Security s:mustUnderstand="1" xmlns:w="${WSSE}-wssecurity-secext-1.0.xsd" xmlns:u="${WSSE}-wssecurity-utility-1.0.xsd">` +
    `<w:UsernameToken><w:Username>${escapeXml(user)}</w:Username>` +
    `<w:Password Type="${WSSE}-username-token-profile-1.0#PasswordDigest">${digest}</w:Password>` +
    `<w:Nonce EncodingType="${WSSE}-soap-message-security-1.0#Base64Binary">${nonceText}</w:Nonce>` +
    `<u:Created>${time}</u:Created></w:UsernameToken></w:Security>`
  )
}
