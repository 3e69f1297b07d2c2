import type { ApprovalProof, PasskeyProof, RelyingParty } from '@minewarden/protocol/approval-proof.ts'
import { toBase64Url } from '@minewarden/protocol/base64url.ts'
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers'
import { z } from 'zod'

/**
 * The only file that knows the WebAuthn library. What it makes of a browser's answer is checked once more by our own
 * `passkeyProofProblem` before it is kept: what is in the records must verify without the library.
 * @see https://www.w3.org/TR/webauthn-3/
 */
export interface Passkey {
  readonly id: string
  /** SubjectPublicKeyInfo, base64url. */
  readonly spki: string
  /** COSE, base64url. */
  readonly cose: string
  readonly algorithm: PasskeyProof['algorithm']
  readonly counter: number
}

export interface NewPasskey extends Passkey {
  /** Kept by a device that copies it to others of its owner. */
  readonly backedUp: boolean
}

const RP_NAME = 'Minewarden'
/** EdDSA, ES256, RS256. */
const ALGORITHMS = [-8, -7, -257]
/** The person has this long at the authenticator; the question itself lives longer. */
const TIMEOUT_MS = 120_000
const MAX_ANSWER_CHARS = 12_000

const Answer = z.looseObject({
  id: z.string().max(1400),
  rawId: z.string().max(1400),
  type: z.literal('public-key'),
  response: z.looseObject({ clientDataJSON: z.string().max(5600) }),
  clientExtensionResults: z.looseObject({}).default({}),
})

/** Options for `navigator.credentials.create`. */
export async function registrationOptions(
  { rpId }: RelyingParty,
  user: { readonly id: string; readonly name: string },
  known: readonly string[],
): Promise<{ options: object; challenge: string }> {
  const options = await generateRegistrationOptions({
    rpName: RP_NAME,
    rpID: rpId,
    userID: new TextEncoder().encode(user.id) as Uint8Array<ArrayBuffer>,
    userName: user.id,
    userDisplayName: user.name,
    timeout: TIMEOUT_MS,
    attestationType: 'none',
    excludeCredentials: known.map((id) => ({ id })),
    authenticatorSelection: { userVerification: 'required', residentKey: 'preferred' },
    supportedAlgorithmIDs: ALGORITHMS,
  })
  return { options, challenge: options.challenge }
}

/** Rejects with the reason when the answer is not one to this challenge. */
export async function readRegistration(
  answer: unknown,
  challenge: string,
  { rpId, origins }: RelyingParty,
): Promise<NewPasskey> {
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: parse(answer) as unknown as RegistrationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: [...origins],
    expectedRPID: rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  })
  if (!verified) throw new Error('the registration does not verify')
  const { id, publicKey, counter } = registrationInfo.credential
  const { spki, algorithm } = await readPublicKey(publicKey)
  return {
    id,
    spki,
    cose: toBase64Url(publicKey),
    algorithm,
    counter,
    backedUp: registrationInfo.credentialBackedUp,
  }
}

/** Options for `navigator.credentials.get`. */
export const authenticationOptions = async (
  { rpId }: RelyingParty,
  challenge: string,
  passkeys: readonly string[],
): Promise<object> =>
  generateAuthenticationOptions({
    rpID: rpId,
    challenge: Uint8Array.from(Buffer.from(challenge, 'base64url')),
    allowCredentials: passkeys.map((id) => ({ id })),
    userVerification: 'required',
    timeout: TIMEOUT_MS,
  })

/** Which passkey an answer says it comes from; rejects when it is none. */
export const credentialOf = (answer: unknown): string => parse(answer).id

/** The proof to keep, and the counter as the authenticator tells it. Rejects with the reason. */
export async function readAssertion(
  answer: unknown,
  challenge: string,
  passkey: Passkey,
  { rpId, origins }: RelyingParty,
): Promise<{ proof: Extract<ApprovalProof, { kind: 'passkey' }>; counter: number }> {
  const response = parse(answer) as unknown as AuthenticationResponseJSON
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: [...origins],
    expectedRPID: rpId,
    requireUserVerification: true,
    credential: {
      id: passkey.id,
      publicKey: Uint8Array.from(Buffer.from(passkey.cose, 'base64url')),
      counter: passkey.counter,
    },
  })
  if (!verified) throw new Error('the signature does not verify')
  return {
    counter: authenticationInfo.newCounter,
    proof: {
      kind: 'passkey',
      credentialId: passkey.id,
      publicKey: passkey.spki,
      algorithm: passkey.algorithm,
      rpId,
      authenticatorData: response.response.authenticatorData,
      clientDataJson: response.response.clientDataJSON,
      signature: response.response.signature,
    },
  }
}

function parse(answer: unknown): z.infer<typeof Answer> {
  if (JSON.stringify(answer ?? null).length > MAX_ANSWER_CHARS) throw new Error('the answer is too long')
  const read = Answer.safeParse(answer)
  if (!read.success) throw new Error('not the answer of an authenticator')
  return read.data
}

/** A COSE key as the SubjectPublicKeyInfo that anybody's tools read. */
async function readPublicKey(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ spki: string; algorithm: PasskeyProof['algorithm'] }> {
  const key = decodeCredentialPublicKey(bytes)
  const text = (part: Uint8Array | undefined) => toBase64Url(part ?? new Uint8Array())
  const { jwk, use, algorithm } = ((): {
    jwk: JsonWebKey
    use: EcKeyImportParams | RsaHashedImportParams | { name: 'Ed25519' }
    algorithm: PasskeyProof['algorithm']
  } => {
    if (cose.isCOSEPublicKeyEC2(key)) {
      const jwk = { kty: 'EC', crv: 'P-256', x: text(key.get(cose.COSEKEYS.x)), y: text(key.get(cose.COSEKEYS.y)) }
      return { jwk, use: { name: 'ECDSA', namedCurve: 'P-256' }, algorithm: -7 }
    }
    if (cose.isCOSEPublicKeyOKP(key)) {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: text(key.get(cose.COSEKEYS.x)) }
      return { jwk, use: { name: 'Ed25519' }, algorithm: -8 }
    }
    if (cose.isCOSEPublicKeyRSA(key)) {
      const jwk = { kty: 'RSA', n: text(key.get(cose.COSEKEYS.n)), e: text(key.get(cose.COSEKEYS.e)) }
      return { jwk, use: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, algorithm: -257 }
    }
    throw new Error('a kind of key that is not taken')
  })()
  const imported = await crypto.subtle.importKey('jwk', jwk, use, true, ['verify'])
  return { spki: toBase64Url(new Uint8Array(await crypto.subtle.exportKey('spki', imported))), algorithm }
}
