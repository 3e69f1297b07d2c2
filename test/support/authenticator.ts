import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/**
 * An authenticator and its browser in software: what `navigator.credentials` answers, as JSON. It obeys whoever asks:
 * tests make it lie.
 */
export interface Authenticator {
  create(options: object): object
  get(options: object, lie?: Lie): object
}

export interface Lie {
  readonly origin?: string
  readonly type?: string
  readonly challenge?: string
  readonly rpId?: string
  readonly crossOrigin?: boolean
  /** Bits of the flags; 5: present and verified. */
  readonly flags?: number
  readonly counter?: number
  /** Another one signs. */
  readonly key?: KeyObject
  readonly credential?: string
}

interface Options {
  readonly challenge: string
  readonly rp?: { readonly id: string }
  readonly rpId?: string
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()

export function createAuthenticator(
  origin: string,
  kind: 'ES256' | 'EdDSA' | 'RS256' = 'ES256',
  id = randomBytes(24).toString('base64url'),
): Authenticator & { readonly id: string; readonly key: KeyObject } {
  const { privateKey, publicKey } = makeKey(kind)
  let counter = 0
  const clientData = (type: string, challenge: string, lie: Lie) =>
    Buffer.from(
      JSON.stringify({
        type: lie.type ?? type,
        challenge: lie.challenge ?? challenge,
        origin: lie.origin ?? origin,
        crossOrigin: lie.crossOrigin ?? false,
      }),
    )
  const data = (rpId: string, flags: number, lie: Lie, ...more: Buffer[]) => {
    counter = lie.counter ?? counter + 1
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([sha256(lie.rpId ?? rpId), Buffer.of(lie.flags ?? flags), count, ...more])
  }
  return {
    id,
    key: privateKey,
    create(given) {
      const { challenge, rp } = given as Options
      const raw = Buffer.from(id, 'base64url')
      const length = Buffer.alloc(2)
      length.writeUInt16BE(raw.length)
      const authData = data(rp?.id ?? '', 0x45, {}, Buffer.alloc(16), length, raw, cose(kind, publicKey))
      const attestation = map(['fmt', text('none')], ['attStmt', map()], ['authData', octets(authData)])
      return {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, {}).toString('base64url'),
          attestationObject: attestation.toString('base64url'),
        },
      }
    },
    get(given, lie = {}) {
      const { challenge, rpId } = given as Options
      const client = clientData('webauthn.get', challenge, lie)
      const authenticatorData = data(rpId ?? '', 0x05, lie)
      const signed = Buffer.concat([authenticatorData, sha256(client)])
      const credential = lie.credential ?? id
      return {
        ...{ id: credential, rawId: credential, type: 'public-key', clientExtensionResults: {} },
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: authenticatorData.toString('base64url'),
          signature: signWith(lie.key ?? privateKey, signed).toString('base64url'),
        },
      }
    },
  }
}

function makeKey(kind: 'ES256' | 'EdDSA' | 'RS256') {
  if (kind === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return kind === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 })
}

const signWith = (key: KeyObject, data: Buffer) =>
  key.asymmetricKeyType === 'ed25519' ? sign(null, data, key) : createSign('sha256').update(data).sign(key)

/** A COSE key. @see RFC 9052 7, RFC 9053 7 */
function cose(kind: 'ES256' | 'EdDSA' | 'RS256', key: KeyObject): Buffer {
  const jwk = key.export({ format: 'jwk' })
  const part = (one: string | undefined) => octets(Buffer.from(one ?? '', 'base64url'))
  if (kind === 'ES256') return map([1, int(2)], [3, int(-7)], [-1, int(1)], [-2, part(jwk.x)], [-3, part(jwk.y)])
  if (kind === 'EdDSA') return map([1, int(1)], [3, int(-8)], [-1, int(6)], [-2, part(jwk.x)])
  return map([1, int(3)], [3, int(-257)], [-1, part(jwk.n)], [-2, part(jwk.e)])
}

/** As much CBOR as there is in the answer of an authenticator. @see RFC 8949 3 */
const head = (major: number, value: number): Buffer => {
  if (value < 24) return Buffer.of((major << 5) | value)
  return value < 256 ? Buffer.of((major << 5) | 24, value) : Buffer.of((major << 5) | 25, value >> 8, value & 255)
}
const int = (value: number) => (value < 0 ? head(1, -1 - value) : head(0, value))
const octets = (data: Buffer) => Buffer.concat([head(2, data.length), data])
const text = (words: string) => Buffer.concat([head(3, Buffer.byteLength(words)), Buffer.from(words)])
const map = (...entries: [string | number, Buffer][]) =>
  Buffer.concat([
    head(5, entries.length),
    ...entries.flatMap(([key, value]) => [typeof key === 'string' ? text(key) : int(key), value]),
  ])
