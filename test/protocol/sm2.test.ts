import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBase64Url } from '@minewarden/protocol/base64url.ts'
import {
  generatePrivateKey,
  KeySet,
  PrivateKey,
  PublicKey,
  publicKeyOf,
  signDocument,
  verifyDocument,
} from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import { generateSm2, isSm2Point, isSm2Signed, SM2_IDENTITY, signSm2 } from '@minewarden/protocol/sm2.ts'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { requires } from '../support/requires.ts'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))
const text = (words: string) => new TextEncoder().encode(words)

/** GB/T 32918.5-2017, A.2: identity 1234567812345678, message `message digest`. */
const VECTOR = {
  d: '3945208F 7B2144B1 3F36E38A C6D39F95 88939369 2860B51A 42FB81EF 4DF7C5B8',
  x: '09F9DF31 1E5421A1 50DD7D16 1E4BC5C6 72179FAD 1833FC07 6BB08FF3 56F35020',
  y: 'CCEA490C E26775A5 2DC6EA71 8CC1AA60 0AED05FB F35E084A 6632F607 2DA9AD13',
  r: 'F5A03B06 48D2C463 0EEAC513 E1BB81A1 5944DA38 27D5B741 43AC7EAC EEE720B3',
  s: 'B1B6AA29 DF212FD8 763182BC 0D421CA1 BB9038FD 1F7F42D4 840B69C4 85BBC1AA',
}
const KEY = {
  x: toBase64Url(bytes(VECTOR.x)),
  y: toBase64Url(bytes(VECTOR.y)),
  d: toBase64Url(bytes(VECTOR.d)),
}
const SIGNATURE = bytes(VECTOR.r + VECTOR.s)
const MESSAGE = text('message digest')

describe('SM2 with SM3', () => {
  test('takes the signature of the standard, under the identity of GM/T 0009', () => {
    expect(SM2_IDENTITY).toBe('1234567812345678')
    expect(isSm2Point(KEY, KEY.d)).toBe(true)
    expect(isSm2Signed(MESSAGE, SIGNATURE, KEY)).toBe(true)
  })

  test('takes no other: each changed byte of message and signature is refused', () => {
    for (let i = 0; i < SIGNATURE.length; i++) {
      const changed = SIGNATURE.with(i, (SIGNATURE[i] ?? 0) ^ 1)
      expect([i, isSm2Signed(MESSAGE, changed, KEY)]).toEqual([i, false])
    }
    for (let i = 0; i < MESSAGE.length; i++)
      expect(isSm2Signed(MESSAGE.with(i, (MESSAGE[i] ?? 0) ^ 1), SIGNATURE, KEY)).toBe(false)
    expect(isSm2Signed(MESSAGE, SIGNATURE.subarray(1), KEY)).toBe(false)
    expect(isSm2Signed(MESSAGE, new Uint8Array(64), KEY)).toBe(false)
    expect(isSm2Signed(MESSAGE, new Uint8Array(64).fill(255), KEY)).toBe(false)
    expect(isSm2Signed(MESSAGE, SIGNATURE, generateSm2())).toBe(false)
  })

  test('knows a point that is not on the curve, and a private number of another', () => {
    const off = { x: KEY.x, y: toBase64Url(bytes(VECTOR.y).with(31, 0x14)) }
    expect(isSm2Point(off)).toBe(false)
    expect(isSm2Signed(MESSAGE, SIGNATURE, off)).toBe(false)
    expect(isSm2Point(KEY, generateSm2().d)).toBe(false)
    expect(PrivateKey.safeParse({ kty: 'EC', crv: 'SM2', ...KEY, d: generateSm2().d }).success).toBe(false)
    expect(PrivateKey.safeParse({ kty: 'EC', crv: 'SM2', ...KEY }).success).toBe(true)
  })

  test('signs what it takes, with new randomness each time', () => {
    for (let i = 0; i < 20; i++) {
      const key = generateSm2()
      const [one, two] = [signSm2(MESSAGE, key), signSm2(MESSAGE, key)]
      expect([one.length, isSm2Signed(MESSAGE, one, key), isSm2Signed(MESSAGE, two, key)]).toEqual([64, true, true])
      expect(Buffer.from(one)).not.toEqual(Buffer.from(two))
    }
  })
})

describe('a document signed with SM2', () => {
  const Document = z.strictObject({ said: z.string() })
  const document = { said: '停止供电' }

  test('verifies by the published key, and says its suite', async () => {
    const key = await generatePrivateKey('SM2SM3')
    const published = await publicKeyOf(key)
    expect(published).toMatchObject({ kty: 'EC', crv: 'SM2', alg: 'SM2SM3', use: 'sig' })
    const jws = await signDocument(document, DOCUMENT_TYPES.order, key)
    expect(JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'SM2SM3',
      kid: published.kid,
      typ: DOCUMENT_TYPES.order,
    })
    const keys = KeySet.parse({ keys: [await publicKeyOf(await generatePrivateKey()), published] })
    expect(await verifyDocument(jws, DOCUMENT_TYPES.order, keys, Document)).toMatchObject({ document })
    const other = { keys: [{ ...(await publicKeyOf(await generatePrivateKey('SM2SM3'))), kid: published.kid }] }
    await expect(verifyDocument(jws, DOCUMENT_TYPES.order, other, Document)).rejects.toThrow('does not verify')
    await expect(verifyDocument(jws, DOCUMENT_TYPES.answer, keys, Document)).rejects.toThrow('typ')
  })

  test('is refused under a key of the other suite, whatever its header says', async () => {
    for (const [suite, other] of [
      ['SM2SM3', 'EdDSA'],
      ['EdDSA', 'SM2SM3'],
    ] as const) {
      const key = await generatePrivateKey(suite)
      const jws = await signDocument(document, DOCUMENT_TYPES.order, key)
      const { kid } = await publicKeyOf(key)
      const wrong = PublicKey.parse({ ...(await publicKeyOf(await generatePrivateKey(other))), kid })
      await expect(verifyDocument(jws, DOCUMENT_TYPES.order, { keys: [wrong] }, Document)).rejects.toThrow(
        `the key is of ${other}`,
      )
      const [, payload, signature] = jws.split('.')
      const header = toBase64Url(text(JSON.stringify({ alg: other, kid, typ: DOCUMENT_TYPES.order })))
      const relabelled = `${header}.${payload}.${signature}`
      const keys = { keys: [await publicKeyOf(key)] }
      await expect(verifyDocument(relabelled, DOCUMENT_TYPES.order, keys, Document)).rejects.toThrow(`of ${suite}`)
    }
    const none = toBase64Url(text(JSON.stringify({ alg: 'none', kid: 'x', typ: DOCUMENT_TYPES.order })))
    await expect(verifyDocument(`${none}.e30.AA`, DOCUMENT_TYPES.order, { keys: [] }, Document)).rejects.toThrow('alg')
  })
})

/** SubjectPublicKeyInfo of a point of the curve 1.2.156.10197.1.301. */
const SPKI_PREFIX = '3059301306072a8648ce3d020106082a811ccf5501822d03420004'
const integer = (number: Uint8Array) => {
  let start = 0
  while (start < number.length - 1 && number[start] === 0) start++
  const body = Buffer.from(number.subarray(start))
  const padded = (body[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), body]) : body
  return Buffer.concat([Buffer.of(2, padded.length), padded])
}
const toDer = (raw: Uint8Array) => {
  const numbers = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))])
  return Buffer.concat([Buffer.of(0x30, numbers.length), numbers])
}
const fromDer = (der: Buffer) => {
  const numbers: Buffer[] = []
  for (let at = 2; at < der.length; at += 2 + (der[at + 1] ?? 0)) {
    const number = der.subarray(at + 2, at + 2 + (der[at + 1] ?? 0))
    numbers.push(Buffer.concat([Buffer.alloc(32), number]).subarray(-32))
  }
  return Uint8Array.from(Buffer.concat(numbers))
}

describe.runIf(requires('openssl'))('SM2 beside the openssl command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'minewarden-sm2-'))
  const file = (name: string) => join(folder, name)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const how = ['-rawin', '-digest', 'sm3', '-pkeyopt', `distid:${SM2_IDENTITY}`]

  test('openssl takes what we sign, and not what was changed', () => {
    const key = generateSm2()
    const point = [key.x, key.y].map((one) => Buffer.from(one, 'base64url').toString('hex')).join('')
    writeFileSync(file('pub.der'), Buffer.from(SPKI_PREFIX + point, 'hex'))
    writeFileSync(file('signature'), toDer(signSm2(MESSAGE, key)))
    const verify = (message: Uint8Array) => {
      writeFileSync(file('message'), message)
      const inputs = ['-in', file('message'), '-sigfile', file('signature')]
      return spawnSync('openssl', [
        'pkeyutl',
        '-verify',
        '-pubin',
        '-keyform',
        'DER',
        '-inkey',
        file('pub.der'),
        ...inputs,
        ...how,
      ]).status
    }
    expect(verify(MESSAGE)).toBe(0)
    expect(verify(text('message digesu'))).not.toBe(0)
  }, 60_000)

  test('we take what openssl signs, and not what was changed', () => {
    execFileSync('openssl', [
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:SM2',
      '-out',
      file('key.pem'),
    ])
    const spki = execFileSync('openssl', ['pkey', '-in', file('key.pem'), '-pubout', '-outform', 'DER'])
    writeFileSync(file('message'), MESSAGE)
    execFileSync('openssl', [
      'pkeyutl',
      '-sign',
      '-inkey',
      file('key.pem'),
      '-in',
      file('message'),
      '-out',
      file('made'),
      ...how,
    ])
    const point = spki.subarray(-64)
    const key = { x: point.subarray(0, 32).toString('base64url'), y: point.subarray(32).toString('base64url') }
    const signature = fromDer(readFileSync(file('made')))
    expect(isSm2Signed(MESSAGE, signature, key)).toBe(true)
    expect(isSm2Signed(text('message digesu'), signature, key)).toBe(false)
  }, 60_000)
})
