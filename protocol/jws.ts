import * as jose from 'jose'
import { z } from 'zod'
import { canonicalJson, sha256Hex } from './canonical-json.ts'
import { check, describeProblems, ProtocolError } from './errors.ts'
import { type DocumentType, MAX_JWS_CHARS } from './order.ts'

/**
 * Documents signed as compact JWS with Ed25519. One algorithm, one spelling: whatever could be read two ways is refused.
 * @see RFC 7515 (JWS), RFC 8037 (EdDSA in JOSE), RFC 8725 (what goes wrong with them), RFC 7638 (thumbprints)
 */
const ALGORITHM = 'EdDSA'
/** More keys than this in a published set are refused: a rotation needs two. */
const MAX_KEYS = 16

const Coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes as base64url')
const base = { kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: Coordinate }

/** A public key as published. Members that we do not use are left out. */
export const PublicKey = z.object({ ...base, kid: z.string().min(1).max(128), use: z.literal('sig').optional() })
export type PublicKey = z.infer<typeof PublicKey>
/** A key set as published. Keys of other kinds in it are somebody else's and are skipped. */
export const KeySet = z
  .object({ keys: z.array(z.unknown()).max(MAX_KEYS) })
  .transform(({ keys }) => ({ keys: keys.flatMap((key) => PublicKey.safeParse(key).data ?? []) }))
export type KeySet = { readonly keys: readonly PublicKey[] }
/** A private key as kept in a file. Never logged, never sent. */
export const PrivateKey = z.object({ ...base, d: Coordinate })
export type PrivateKey = z.infer<typeof PrivateKey>

/** A signed document that verified. */
export interface Verified<T> {
  readonly document: T
  readonly kid: string
  /** Of the very bytes that were signed, hexadecimal. */
  readonly payloadSha256: string
}

/** Makes an Ed25519 key. */
export async function generatePrivateKey(): Promise<PrivateKey> {
  const { privateKey } = await jose.generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true })
  return PrivateKey.parse(await jose.exportJWK(privateKey))
}

/** What may be published of a key; `kid` is its RFC 7638 thumbprint. */
export async function publicKeyOf({ kty, crv, x }: PrivateKey): Promise<PublicKey> {
  return { kty, crv, x, kid: await jose.calculateJwkThumbprint({ kty, crv, x }), use: 'sig' }
}

/** Signs the canonical JSON of a document. The same document and key give the same text: Ed25519 has no randomness. */
export async function signDocument(document: unknown, type: DocumentType, key: PrivateKey): Promise<string> {
  const { kid } = await publicKeyOf(key)
  const signer = new jose.CompactSign(new TextEncoder().encode(canonicalJson(document)))
  return signer.setProtectedHeader({ alg: ALGORITHM, kid, typ: type }).sign(await jose.importJWK(key, ALGORITHM))
}

const Header = z.strictObject({ alg: z.literal(ALGORITHM), kid: z.string().min(1).max(128), typ: z.string() })

/**
 * The `kid` that a JWS claims, to fetch keys by. Nothing is verified yet.
 * @throws ProtocolError `signature-invalid` when the text is not a compact JWS of ours
 */
export function claimedKeyId(jws: string): string {
  return readHeader(splitCompact(jws)[0]).kid
}

/** The `typ` that a JWS claims, to know what to verify it as. Nothing is verified yet. @throws ProtocolError `signature-invalid` */
export function claimedType(jws: string): string {
  return readHeader(splitCompact(jws)[0]).typ
}

/**
 * Verifies the signature, the header and the document.
 * @throws ProtocolError `signature-invalid` (form, header, key, signature) or `document-invalid` (payload; names fields)
 */
export async function verifyDocument<T>(
  jws: string,
  type: DocumentType,
  keys: KeySet,
  schema: z.ZodType<T>,
): Promise<Verified<T>> {
  const header = readHeader(splitCompact(jws)[0])
  if (header.typ !== type) throw untrusted(`header typ: expected '${type}'`)
  const key = keys.keys.find((candidate) => candidate.kid === header.kid)
  if (!key) throw untrusted('header kid: not among the published keys')
  const payload = await verifySignature(jws, key)
  const checked = check(schema, parseJson(payload))
  if (!checked.ok) throw new ProtocolError('document-invalid', describeProblems(checked.problems))
  return { document: checked.value, kid: header.kid, payloadSha256: await sha256Hex(payload) }
}

async function verifySignature(jws: string, { kty, crv, x }: PublicKey): Promise<Uint8Array> {
  try {
    const imported = await jose.importJWK({ kty, crv, x }, ALGORITHM)
    return (await jose.compactVerify(jws, imported, { algorithms: [ALGORITHM] })).payload
  } catch (error) {
    throw untrusted('the signature does not verify', error)
  }
}

/** Three parts, each in the only base64url spelling of its bytes: otherwise one signature would have many texts. */
function splitCompact(jws: string): [string, string, string] {
  if (jws.length > MAX_JWS_CHARS) throw untrusted(`longer than ${MAX_JWS_CHARS} characters`)
  const parts = jws.split('.')
  if (parts.length !== 3) throw untrusted('not a compact JWS of three parts')
  for (const part of parts) {
    if (!isCanonicalBase64Url(part)) throw untrusted('a part that is not base64url')
  }
  return parts as [string, string, string]
}

function isCanonicalBase64Url(part: string): boolean {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return false
  try {
    return jose.base64url.encode(jose.base64url.decode(part)) === part
  } catch {
    return false
  }
}

function readHeader(part: string): z.infer<typeof Header> {
  const checked = check(Header, parseJson(jose.base64url.decode(part), 'signature-invalid'))
  // A strict header also refuses `crit`, embedded keys (`jwk`, `x5c`) and key addresses (`jku`, `x5u`).
  if (!checked.ok) throw untrusted(`header ${describeProblems(checked.problems)}`)
  return checked.value
}

function parseJson(bytes: Uint8Array, code: 'document-invalid' | 'signature-invalid' = 'document-invalid'): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new ProtocolError(code, 'not JSON', error)
  }
}

const untrusted = (why: string, cause?: unknown) => new ProtocolError('signature-invalid', why, cause)
