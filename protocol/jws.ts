import * as jose from 'jose'
import { z } from 'zod'
import { canonicalJson, sha256Hex } from './canonical-json.ts'
import { check, describeProblems, ProtocolError } from './errors.ts'
import { type DocumentType, MAX_JWS_CHARS } from './order.ts'
import { generateSm2, isSm2Point, isSm2Signed, signSm2 } from './sm2.ts'

/**
 * Documents signed as compact JWS, with one of two suites: Ed25519 (`EdDSA`), or SM2 with SM3 (`SM2SM3`, a name of ours:
 * none is registered with IANA) for whoever must use it. A key is of one suite, and its documents of no other; whatever
 * could be read two ways is refused.
 * @see RFC 7515 (JWS), RFC 8037 (EdDSA in JOSE), RFC 8725 (what goes wrong with them), RFC 7638 (thumbprints)
 */
const EDDSA = 'EdDSA'
const SM2SM3 = 'SM2SM3'
export const SUITES = [EDDSA, SM2SM3] as const
export type Suite = (typeof SUITES)[number]
/** More keys than this in a published set are refused: a rotation needs two. */
const MAX_KEYS = 16

const Number32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes as base64url')
const ed25519 = { kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: Number32 }
const sm2 = { kty: z.literal('EC'), crv: z.literal('SM2'), x: Number32, y: Number32 }
const published = { kid: z.string().min(1).max(128), use: z.literal('sig').optional() }

/** A public key as published. Members that we do not use are left out. */
export const PublicKey = z.discriminatedUnion('kty', [
  z.object({ ...ed25519, ...published }),
  z.object({ ...sm2, ...published, alg: z.literal(SM2SM3).optional() }),
])
export type PublicKey = z.infer<typeof PublicKey>
/** A key set as published. Keys of other kinds in it are somebody else's and are skipped. */
export const KeySet = z
  .object({ keys: z.array(z.unknown()).max(MAX_KEYS) })
  .transform(({ keys }) => ({ keys: keys.flatMap((key) => PublicKey.safeParse(key).data ?? []) }))
export type KeySet = { readonly keys: readonly PublicKey[] }
/** A private key as kept in a file. Never logged, never sent. */
export const PrivateKey = z.discriminatedUnion('kty', [
  z.object({ ...ed25519, d: Number32 }),
  z
    .object({ ...sm2, d: Number32 })
    .refine(({ d, ...point }) => isSm2Point(point, d), 'the numbers of this SM2 key do not belong together'),
])
export type PrivateKey = z.infer<typeof PrivateKey>

/** The suite that a key signs with, and no other. */
export const suiteOf = ({ kty }: Pick<PublicKey, 'kty'>): Suite => (kty === 'OKP' ? EDDSA : SM2SM3)

/** A signed document that verified. */
export interface Verified<T> {
  readonly document: T
  readonly kid: string
  /** Of the very bytes that were signed, hexadecimal. */
  readonly payloadSha256: string
}

/** Makes a key. */
export async function generatePrivateKey(suite: Suite = EDDSA): Promise<PrivateKey> {
  if (suite === SM2SM3) return PrivateKey.parse({ kty: 'EC', crv: 'SM2', ...generateSm2() })
  const { privateKey } = await jose.generateKeyPair(EDDSA, { crv: 'Ed25519', extractable: true })
  return PrivateKey.parse(await jose.exportJWK(privateKey))
}

/** What may be published of a key; `kid` is its RFC 7638 thumbprint. */
export async function publicKeyOf(key: PrivateKey): Promise<PublicKey> {
  if (key.kty === 'OKP') {
    const { kty, crv, x } = key
    return { kty, crv, x, kid: await jose.calculateJwkThumbprint({ kty, crv, x }), use: 'sig' }
  }
  const { kty, crv, x, y } = key
  return { kty, crv, x, y, kid: await jose.calculateJwkThumbprint({ kty, crv, x, y }), use: 'sig', alg: SM2SM3 }
}

/**
 * Signs the canonical JSON of a document. With Ed25519 the same document and key give the same text; SM2 has randomness,
 * and each signature is another.
 */
export async function signDocument(document: unknown, type: DocumentType, key: PrivateKey): Promise<string> {
  const { kid } = await publicKeyOf(key)
  const payload = new TextEncoder().encode(canonicalJson(document))
  if (key.kty === 'OKP') {
    const signer = new jose.CompactSign(payload).setProtectedHeader({ alg: EDDSA, kid, typ: type })
    return signer.sign(await jose.importJWK(key, EDDSA))
  }
  const header = new TextEncoder().encode(JSON.stringify({ alg: SM2SM3, kid, typ: type }))
  const signed = `${jose.base64url.encode(header)}.${jose.base64url.encode(payload)}`
  return `${signed}.${jose.base64url.encode(signSm2(new TextEncoder().encode(signed), key))}`
}

const Header = z.strictObject({ alg: z.enum(SUITES), kid: z.string().min(1).max(128), typ: z.string() })

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
  // The key says which suite is to be used; a header that names another is refused, however well it is signed.
  if (header.alg !== suiteOf(key)) throw untrusted(`header alg: the key is of ${suiteOf(key)}`)
  const payload = await verifySignature(jws, key)
  const checked = check(schema, parseJson(payload))
  if (!checked.ok) throw new ProtocolError('document-invalid', describeProblems(checked.problems))
  return { document: checked.value, kid: header.kid, payloadSha256: await sha256Hex(payload) }
}

async function verifySignature(jws: string, key: PublicKey): Promise<Uint8Array> {
  if (key.kty === 'EC') return verifySm2(jws, key)
  const { kty, crv, x } = key
  try {
    const imported = await jose.importJWK({ kty, crv, x }, EDDSA)
    return (await jose.compactVerify(jws, imported, { algorithms: [EDDSA] })).payload
  } catch (error) {
    throw untrusted('the signature does not verify', error)
  }
}

function verifySm2(jws: string, key: Extract<PublicKey, { kty: 'EC' }>): Uint8Array {
  const [header, payload, signature] = splitCompact(jws)
  const signed = new TextEncoder().encode(`${header}.${payload}`)
  if (!isSm2Signed(signed, jose.base64url.decode(signature), key)) throw untrusted('the signature does not verify')
  return jose.base64url.decode(payload)
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
