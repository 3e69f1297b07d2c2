import { createHash } from 'node:crypto'
import { canonicalJson, documentSha256, sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

/** @see RFC 8785 3.2.2, 3.2.3 and appendix B */
test('the sample of RFC 8785 section 3.2.2 is written as section 3.2.4 shows it', () => {
  const sample = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '€$\u000F\nA\'B"\\\\"/',
    literals: [null, true, false],
  }
  expect(canonicalJson(sample)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('members are sorted by UTF-16 code units, as in RFC 8785 section 3.2.3', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
  const written = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])))
  expect(Object.keys(JSON.parse(written))).toEqual(['1', '\r', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'])
})

test.each([
  [0, '0'],
  [-0, '0'],
  [5e-324, '5e-324'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [9007199254740992, '9007199254740992'],
  [295147905179352830000, '295147905179352830000'],
  [1e21, '1e+21'],
  [333333333.33333343, '333333333.33333343'],
  [0.000001, '0.000001'],
  [1e-7, '1e-7'],
])('the number %d is written %s', (value, text) => expect(canonicalJson(value)).toBe(text))

test.each([
  ['NaN', { a: Number.NaN }, 'a: NaN'],
  ['infinity', [Number.POSITIVE_INFINITY], '.0: Infinity'],
  ['half a surrogate pair', { a: { b: '\ud800' } }, 'a.b: text with half a surrogate pair'],
  ['undefined in a list', [undefined], '.0: undefined'],
  ['a function', { f() {} }, 'f: function'],
  ['a date', { at: new Date(0) }, 'at: not a plain object'],
  ['a big integer', { n: 1n }, 'n: bigint'],
])('%s has no canonical form, and the message names the place', (_name, value, message) => {
  expect(() => canonicalJson(value)).toThrow(message)
})

test('a document made to exhaust the stack is refused', () => {
  let deep: unknown = 0
  for (let i = 0; i < 100_000; i++) deep = [deep]
  expect(() => canonicalJson(deep)).toThrow('nested deeper')
})

test('the order of members does not matter, and what is read back is what was written', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      let text: string
      try {
        text = canonicalJson(value)
      } catch {
        return
      }
      expect(canonicalJson(shuffled(JSON.parse(text)))).toBe(text)
    }),
    { numRuns: 300 },
  )
})

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, shuffled(member)]),
  )
}

test('hashes agree with another implementation of SHA-256', async () => {
  const text = '停止供电 €'
  expect(await sha256Hex(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'))
  expect(await documentSha256({ b: 1, a: text })).toBe(
    createHash('sha256').update(`{"a":"${text}","b":1}`, 'utf8').digest('hex'),
  )
})
