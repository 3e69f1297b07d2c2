import { execFileSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'
import {
  claimedKeyId,
  generatePrivateKey,
  KeySet,
  type PrivateKey,
  publicKeyOf,
  signDocument,
  verifyDocument,
} from '@minewarden/protocol/jws.ts'
import { CutOffOrder, DOCUMENT_TYPES, MAX_JWS_CHARS } from '@minewarden/protocol/order.ts'
import { beforeAll, expect, test } from 'vitest'
import { NOW } from '../support/cut-off/fixtures.ts'
import { makeContent, makeOrder, signOrder } from '../support/cut-off/signed.ts'
import { findProgram, requires } from '../support/requires.ts'

let key: PrivateKey
let keys: KeySet
let order: CutOffOrder
let jws: string
beforeAll(async () => {
  key = await generatePrivateKey()
  keys = { keys: [await publicKeyOf(key)] }
  order = await makeOrder(makeContent(NOW), NOW)
  jws = await signOrder(order, key)
})

const verifyOrder = (text: string, published = keys) =>
  verifyDocument(text, DOCUMENT_TYPES.order, published, CutOffOrder)
const refused = async (text: string, published = keys) =>
  await expect(verifyOrder(text, published)).rejects.toMatchObject({ code: 'signature-invalid' })
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
/** A JWS with another header, properly signed: only the header can be at fault. */
async function withHeader(header: object): Promise<string> {
  const { createPrivateKey, sign } = await import('node:crypto')
  const signed = `${encode(header)}.${encode(canonicalJson(order))}`
  const secret = createPrivateKey({ key: key as never, format: 'jwk' })
  return `${signed}.${sign(null, Buffer.from(signed), secret).toString('base64url')}`
}

test('a signed order verifies and reads back as it was written', async () => {
  const { document, kid } = await verifyOrder(jws)
  expect(document).toEqual(order)
  expect(kid).toBe(keys.keys[0]?.kid)
  expect(claimedKeyId(jws)).toBe(kid)
})

test('signing the same order twice gives the same text', async () => expect(await signOrder(order, key)).toBe(jws))

test('the payload is the canonical JSON of the order', () => {
  expect(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()).toBe(canonicalJson(order))
})

test('Node verifies the signature without our code', () => {
  const [header, payload, signature] = jws.split('.') as [string, string, string]
  const publicKey = createPublicKey({ key: keys.keys[0] as never, format: 'jwk' })
  expect(verify(null, Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
})

test.runIf(requires('openssl'))('OpenSSL verifies the signature without our code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'minewarden-jws-'))
  try {
    const [header, payload, signature] = jws.split('.') as [string, string, string]
    const file = (name: string, data: string | Buffer) => {
      writeFileSync(join(folder, name), data)
      return join(folder, name)
    }
    const pem = createPublicKey({ key: keys.keys[0] as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    const said = execFileSync(findProgram('openssl') ?? '', [
      ...['pkeyutl', '-verify', '-pubin', '-rawin'],
      ...['-inkey', file('key.pem', pem)],
      ...['-in', file('signed', `${header}.${payload}`)],
      ...['-sigfile', file('signature', Buffer.from(signature, 'base64url'))],
    ])
    expect(said.toString()).toContain('Signature Verified Successfully')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('an order with any one character changed is refused', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const [header = '', payload = ''] = jws.split('.')
  const signatureAt = header.length + payload.length + 2
  for (let i = 0; i < jws.length; i++) {
    // Every character of header and signature, and of the payload one in seven with both its ends.
    if (i > header.length + 8 && i < signatureAt - 9 && i % 7 !== 0) continue
    const other = jws[i] === '.' ? 'A' : alphabet[(alphabet.indexOf(jws[i] as string) + 1) % 64]
    await refused(jws.slice(0, i) + other + jws.slice(i + 1))
  }
})

test('the unused bits at the end of the signature cannot be set: one signature has one text', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(jws.at(-1) as string)
  for (let bits = 1; bits < 16; bits++) await refused(jws.slice(0, -1) + alphabet[last ^ bits])
})

test('an order cut short, lengthened or spelled otherwise is refused', async () => {
  for (let length = 0; length < jws.length; length += 41) await refused(jws.slice(0, length))
  for (const text of [`${jws}A`, `${jws}=`, `${jws}.`, `.${jws}`, ` ${jws}`, `${jws}\n`, jws.replaceAll('.', '..')]) {
    await refused(text)
  }
  await refused(`${jws}${'A'.repeat(MAX_JWS_CHARS)}`)
})

test('a part taken from another signed order is refused', async () => {
  const other = (await signOrder({ ...order, issuedAt: '2026-03-03T15:00:01.000Z' }, key)).split('.')
  const own = jws.split('.')
  await refused([own[0], other[1], own[2]].join('.'))
  await refused([own[0], own[1], other[2]].join('.'))
})

test.each([
  ['no algorithm', { alg: 'none' }],
  ['HMAC with the public key', { alg: 'HS256' }],
  ['another signature algorithm', { alg: 'ES256' }],
  ['the other name of EdDSA', { alg: 'Ed25519' }],
  ['a critical header', { crit: ['exp'], exp: 1 }],
  ['unencoded payload', { crit: ['b64'], b64: false }],
  ['a key of its own', { jwk: { kty: 'OKP' } }],
  ['the address of a key', { jku: 'https://evil.example/jwks' }],
  ['a certificate chain', { x5c: ['MIIB'] }],
  ['the type of an answer', { typ: DOCUMENT_TYPES.answer }],
  ['the type of a web token', { typ: 'JWT' }],
  ['no type', { typ: undefined }],
  ['no key id', { kid: undefined }],
  ['an unknown key id', { kid: 'other' }],
])('a header with %s is refused, though the signature fits', async (_name, change) => {
  const header = { alg: 'EdDSA', kid: keys.keys[0]?.kid, typ: DOCUMENT_TYPES.order }
  await expect(verifyOrder(await withHeader(header))).resolves.toBeDefined()
  await refused(await withHeader({ ...header, ...change }))
})

test('an order signed with a key that is not published is refused, under any key id', async () => {
  const stranger = await generatePrivateKey()
  await refused(await signOrder(order, stranger))
  const forged = [{ ...(await publicKeyOf(stranger)), kid: keys.keys[0]?.kid as string }]
  await refused(jws, { keys: forged })
})

test('an answer never passes as an order, nor an order as an answer', async () => {
  const asAnswer = await signDocument(order, DOCUMENT_TYPES.answer, key)
  await refused(asAnswer)
})

test('during a rotation documents of both keys verify', async () => {
  const next = await generatePrivateKey()
  const both: KeySet = { keys: [await publicKeyOf(next), ...keys.keys] }
  await expect(verifyOrder(jws, both)).resolves.toBeDefined()
  await expect(verifyOrder(await signOrder(order, next), both)).resolves.toBeDefined()
})

test('a signed document that is no order is refused, and the message names every field', async () => {
  const { issuedAt: _gone, ...rest } = order
  const broken = { ...rest, order: { ...order.order, drill: true, extra: 1 } }
  const text = await signDocument(broken, DOCUMENT_TYPES.order, key)
  const error = await verifyOrder(text).catch((thrown) => thrown)
  expect(error.code).toBe('document-invalid')
  expect(error.message).toContain('order.drill')
  expect(error.message).toContain('issuedAt')
  expect(error.message).toContain('extra')
})

test('keys of other kinds in a published set are skipped, and a set without end is refused', async () => {
  const foreign = { kty: 'EC', crv: 'P-256', x: 'a', y: 'b', kid: 'c' }
  expect(KeySet.parse({ keys: [foreign, ...keys.keys], extra: 1 })).toEqual(keys)
  expect(KeySet.safeParse({ keys: Array.from({ length: 17 }, () => foreign) }).success).toBe(false)
})

test('the key id is the thumbprint of RFC 8037 appendix A.3', async () => {
  const published = await publicKeyOf({
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  })
  expect(published.kid).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  expect(Object.keys(published)).not.toContain('d')
})
