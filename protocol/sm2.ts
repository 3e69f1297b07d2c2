import { sm2 } from 'sm-crypto-v2'
import { fromBase64Url, toBase64Url } from './base64url.ts'

/**
 * SM2 signatures over SM3, for power companies that must use them. The signer's identity is that of GM/T 0009, the same
 * for everybody; a signature is r and s, 32 bytes each, as JWS writes every elliptic curve's.
 * @see GB/T 32918.2 (signature), 32918.5 (curve and vectors), GB/T 32905 (SM3), GM/T 0009 10 (identity)
 */
export const SM2_IDENTITY = '1234567812345678'
const OPTIONS = { hash: true, userId: SM2_IDENTITY } as const
const NUMBER_BYTES = 32

/** Coordinates and private number, 32 bytes each as base64url. */
export interface Sm2Point {
  readonly x: string
  readonly y: string
}

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const fromHex = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
/** `04 || x || y`. */
const pointHex = ({ x, y }: Sm2Point): string => `04${toHex(fromBase64Url(x))}${toHex(fromBase64Url(y))}`

/** A new key. */
export function generateSm2(): Sm2Point & { readonly d: string } {
  const { privateKey, publicKey } = sm2.generateKeyPairHex()
  const point = fromHex(publicKey).subarray(1)
  return {
    x: toBase64Url(point.subarray(0, NUMBER_BYTES)),
    y: toBase64Url(point.subarray(NUMBER_BYTES)),
    d: toBase64Url(fromHex(privateKey.padStart(2 * NUMBER_BYTES, '0'))),
  }
}

/** Whether it is a point of the curve, and the point of this private number where one is given. */
export function isSm2Point(point: Sm2Point, d?: string): boolean {
  const hex = pointHex(point)
  try {
    // The library answers some points with false and throws at others.
    if (!sm2.verifyPublicKey(hex)) return false
    return d === undefined || sm2.getPublicKeyFromPrivateKey(toHex(fromBase64Url(d))) === hex
  } catch {
    return false
  }
}

/** 64 bytes; another signature at each call. */
export const signSm2 = (message: Uint8Array, { d, ...point }: Sm2Point & { readonly d: string }): Uint8Array =>
  fromHex(sm2.doSignature(message, toHex(fromBase64Url(d)), { ...OPTIONS, publicKey: pointHex(point) }))

export function isSm2Signed(message: Uint8Array, signature: Uint8Array, point: Sm2Point): boolean {
  if (signature.length !== 2 * NUMBER_BYTES || !isSm2Point(point)) return false
  try {
    return sm2.doVerifySignature(message, toHex(signature), pointHex(point), OPTIONS)
  } catch {
    return false
  }
}
