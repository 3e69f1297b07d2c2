import { parseChallenges } from '@minewarden/hardware/digest/challenge.ts'
import { DigestSession } from '@minewarden/hardware/digest/digest-session.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'

const RFC_7616 = { user: 'Mufasa', password: 'Circle of Life' }
const CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
const challenge = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`

function answer(values: readonly string[], credential = RFC_7616, cnonce = CNONCE): string {
  const session = new DigestSession(credential, () => cnonce)
  expect(session.challenged(values, null)).toBe('retry')
  return session.authorisation('GET', '/dir/index.html') ?? ''
}

describe('an answer to a digest challenge', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('is that of RFC 7616 section 3.9.1 (%s)', (algorithm, response) => {
    const value = answer([challenge(algorithm)])
    expect(value).toContain(`response="${response}"`)
    expect(value).toContain('nc=00000001')
    expect(value).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"')
  })

  it('is that of RFC 2617 section 3.5, and of RFC 2069 for a server without qop', () => {
    const own = { user: 'Mufasa', password: 'Circle Of Life' }
    const asked = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    expect(answer([`${asked}, qop="auth,auth-int"`], own, '0a4f113b')).toContain('6629fae49393a05397450978507c4ef1')
    const old = answer([asked], { ...own, password: 'CircleOfLife' })
    expect(old).toContain('1949323746fe6a43ef61f9606e7febea')
    expect(old).not.toContain('nc=')
  })

  it('takes the better one of two algorithms, in whatever lines they come', () => {
    expect(answer([challenge('MD5'), challenge('SHA-256')])).toContain('algorithm=SHA-256')
    expect(answer([`Basic realm="x", ${challenge('SHA-256')}, ${challenge('MD5')}`])).toContain('algorithm=SHA-256')
  })

  it('counts the uses of a nonce, and begins anew with another', () => {
    const session = new DigestSession(RFC_7616, () => CNONCE)
    expect(session.authorisation('GET', '/')).toBeNull()
    session.challenged([challenge('MD5')], null)
    session.authorisation('GET', '/')
    expect(session.authorisation('GET', '/')).toContain('nc=00000002')
    expect(session.challenged([challenge('MD5')], 'sent')).toBe('wrong')
    expect(session.challenged([`${challenge('MD5')}, stale=TRUE`], 'sent')).toBe('retry')
    expect(session.challenged(['Digest realm="r", nonce="other"'], 'sent')).toBe('retry')
    expect(session.authorisation('GET', '/')).not.toContain('nc=')
  })

  it.each([
    ['Basic realm="x"', 'basic-only'],
    ['', 'no-challenge'],
    ['Bearer', 'no-challenge'],
    ['Digest realm="x", nonce="n", algorithm=SHA-512-256', 'unknown-algorithm'],
    ['Digest realm="x", nonce="n", qop="auth-int"', 'unknown-algorithm'],
    ['Digest realm="x"', 'unknown-algorithm'],
    ['Digest realm="x\u0007", nonce="n"', 'unknown-algorithm'],
  ])('is not given to %j', (value, verdict) => {
    const session = new DigestSession(RFC_7616, () => CNONCE)
    expect(session.challenged([value], null)).toBe(verdict)
    expect(session.authorisation('GET', '/')).toBeNull()
  })
})

describe('challenges', () => {
  it('are read with quotes, escapes and blanks as they come', () => {
    const [basic, digest] = parseChallenges(['basic Realm = "a \\"b\\", c" ,, DIGEST nonce=abc== , stale=false'])
    expect([basic?.scheme, basic?.parameters.get('realm')]).toEqual(['basic', 'a "b", c'])
    expect([digest?.scheme, digest?.parameters.get('nonce')]).toEqual(['digest', 'abc=='])
  })

  it('never throw, whatever comes, and an answer to them is one line', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'Digest ',
        'Basic ',
        'realm=',
        '"',
        '\\',
        ',',
        'nonce="n"',
        'algorithm=MD5',
        'qop="auth"',
        '\r\n',
        '=',
      ),
      fc.string({ maxLength: 12, unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 20 }), { maxLength: 10 }), (lines) => {
        const session = new DigestSession(RFC_7616, () => CNONCE)
        session.challenged(
          lines.map((line) => line.join('')),
          null,
        )
        expect(session.authorisation('GET', '/') ?? '').not.toMatch(/[\r\n]/)
      }),
      { numRuns: fuzzRuns(3_000) },
    )
  })

  it('of any length are read in time that grows with it', () => {
    const begun = performance.now()
    for (const text of ['a='.repeat(2_000), '"'.repeat(4_000), 'Digest a="'.repeat(400), ' ,'.repeat(2_000)])
      parseChallenges([text, text.repeat(100)])
    expect(performance.now() - begun).toBeLessThan(500)
  })
})
