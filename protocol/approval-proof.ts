import { z } from 'zod'
import { fromBase64Url, toBase64Url } from './base64url.ts'
import { canonicalJson } from './canonical-json.ts'
import { Sha256 } from './document-fields.ts'

/**
 * How an approver proved to be present. A passkey's proof is the signature that the authenticator made over the hash of
 * what was approved: anybody can check it, at any time, with nothing but this document (`passkeyProofProblem`). A
 * one-time password was checked by the fleet manager when it was given and proves nothing to others afterwards; a
 * sign-in link proves only who held the session.
 * @see https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion
 */
export const PROOF_KINDS = ['passkey', 'totp', 'link'] as const
export type ProofKind = (typeof PROOF_KINDS)[number]

const Base64Url = (max: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'base64url')
    .max(max)
    .refine((text) => text.length % 4 !== 1, 'base64url: cut short')

/** COSE names of the signatures that are taken: ES256, EdDSA (Ed25519), RS256. */
export const PASSKEY_ALGORITHMS = [-7, -8, -257] as const

export const PasskeyProof = z.strictObject({
  kind: z.literal('passkey'),
  credentialId: Base64Url(1024),
  /** SubjectPublicKeyInfo (DER), as OpenSSL reads it. */
  publicKey: Base64Url(1024),
  algorithm: z.union(PASSKEY_ALGORITHMS.map((one) => z.literal(one))),
  /** The relying party's domain, whose hash the authenticator signed. */
  rpId: z.string().min(1).max(255),
  authenticatorData: Base64Url(2048),
  clientDataJson: Base64Url(4096),
  signature: Base64Url(2048),
  /** Of the legal record as it stood, the hash of `null` where there is none; absent for what is no order. */
  legalSha256: Sha256.optional(),
})
export type PasskeyProof = z.infer<typeof PasskeyProof>

export const ApprovalProof = z.discriminatedUnion('kind', [
  PasskeyProof,
  z.strictObject({
    kind: z.literal('totp'),
    /** Number of the 30 s step whose code was given: none is taken twice. */
    step: z.number().int().min(0),
    legalSha256: Sha256.optional(),
  }),
  z.strictObject({ kind: z.literal('link'), legalSha256: Sha256.optional() }),
])
export type ApprovalProof = z.infer<typeof ApprovalProof>

/**
 * What a proof is put under: hashes of what is approved, and who approves. `register`: another proof is added for this
 * person.
 */
export type Statement =
  | { readonly order: string; readonly legal: string; readonly approver: string }
  | { readonly standing: string; readonly approver: string }
  | { readonly register: string; readonly approver: string }

/** The challenge that a passkey signs: SHA-256 of the statement's canonical JSON, base64url. */
export async function challengeOf(statement: Statement): Promise<string> {
  return toBase64Url(await sha256(new TextEncoder().encode(canonicalJson(statement))))
}

/** Where approvals are given. */
export interface RelyingParty {
  readonly rpId: string
  /** Origins of the pages, such as `https://minewarden.example.gov.cn`. */
  readonly origins: readonly string[]
}

/** Flags of the authenticator's data: the person was there, and was verified (finger, face, PIN). */
const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
/** Hash of the domain (32), flags (1), counter (4). */
const MIN_AUTHENTICATOR_DATA = 37

/**
 * What is wrong with a passkey's proof of a statement; `null` when it holds. Pure: neither a registry, a clock nor the
 * network is asked. Whether the key is the approver's is for whoever keeps the register of keys.
 */
export async function passkeyProofProblem(
  proof: PasskeyProof,
  statement: Statement,
  relyingParty: RelyingParty,
): Promise<string | null> {
  const clientData = readClientData(proof.clientDataJson)
  if (clientData === null) return 'clientDataJson: not JSON'
  if (clientData.type !== 'webauthn.get') return 'clientDataJson: not the answer to an approval'
  if (clientData.challenge !== (await challengeOf(statement))) return 'challenge: another document, or another person'
  if (!relyingParty.origins.includes(String(clientData.origin))) return 'origin: given on another page'
  if (clientData.crossOrigin === true) return 'crossOrigin: given inside a page of others'
  const data = fromBase64Url(proof.authenticatorData)
  if (data.length < MIN_AUTHENTICATOR_DATA) return 'authenticatorData: too short'
  const ours = await sha256(new TextEncoder().encode(relyingParty.rpId))
  if (proof.rpId !== relyingParty.rpId || !ours.every((byte, i) => data[i] === byte)) return 'rpId: another domain'
  const flags = data[32] ?? 0
  if ((flags & USER_PRESENT) === 0) return 'flags: nobody was there'
  if ((flags & USER_VERIFIED) === 0) return 'flags: the person was not verified'
  return (await isSigned(proof, data)) ? null : 'signature: does not verify'
}

async function isSigned(proof: PasskeyProof, authenticatorData: Uint8Array): Promise<boolean> {
  const clientDataHash = await sha256(fromBase64Url(proof.clientDataJson))
  const signed = new Uint8Array([...authenticatorData, ...clientDataHash])
  const { key, use } = WEB_ALGORITHMS[proof.algorithm]
  try {
    const der = fromBase64Url(proof.publicKey)
    const publicKey = await crypto.subtle.importKey('spki', der, key, true, ['verify'])
    // DER has one writing for a key: one with, say, unused bits declared is another text of the same key.
    const written = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))
    if (toBase64Url(written) !== toBase64Url(der)) return false
    const signature = fromBase64Url(proof.signature)
    const raw = proof.algorithm === -7 ? rawEcdsa(signature) : signature
    return raw !== null && (await crypto.subtle.verify(use, publicKey, raw, signed))
  } catch {
    return false
  }
}

const WEB_ALGORITHMS = {
  [-7]: { key: { name: 'ECDSA', namedCurve: 'P-256' }, use: { name: 'ECDSA', hash: 'SHA-256' } },
  [-8]: { key: { name: 'Ed25519' }, use: { name: 'Ed25519' } },
  [-257]: { key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, use: { name: 'RSASSA-PKCS1-v1_5' } },
} as const

const COORDINATE_BYTES = 32

/** An ECDSA signature in DER (`SEQUENCE { r, s }`) as the 64 bytes that WebCrypto wants; `null` when it is none. */
function rawEcdsa(der: Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null
  const raw = new Uint8Array(2 * COORDINATE_BYTES)
  let at = 2
  for (const end of [COORDINATE_BYTES, 2 * COORDINATE_BYTES]) {
    const length = der[at + 1] ?? 0
    if (der[at] !== 0x02 || length === 0 || at + 2 + length > der.length) return null
    let number = der.subarray(at + 2, at + 2 + length)
    while (number.length > COORDINATE_BYTES && number[0] === 0) number = number.subarray(1)
    if (number.length > COORDINATE_BYTES) return null
    raw.set(number, end - number.length)
    at += 2 + length
  }
  return at === der.length ? raw : null
}

interface ClientData {
  readonly type?: unknown
  readonly challenge?: unknown
  readonly origin?: unknown
  readonly crossOrigin?: unknown
}

function readClientData(text: string): ClientData | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(fromBase64Url(text)))
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
