import {
  DEVICE_MESSAGES,
  deviceCommandFilter,
  deviceTopic,
  filterCovers,
  filterMatches,
  formatTopic,
  isFilter,
  NODE_MESSAGES,
  nodeTopic,
  parseTopic,
  stateTopic,
} from '@minewarden/protocol/topics.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !/[/+#\0]/.test(text))
const malformed = expect.objectContaining({ code: 'topic-malformed' })

describe('a Sparkplug topic', () => {
  it('of a node, a device or a host reads back as what it was made of', () => {
    const topics = fc.oneof(
      fc.record({ kind: fc.constant('node' as const), type: fc.constantFrom(...NODE_MESSAGES), group: id, node: id }),
      fc.record({
        kind: fc.constant('device' as const),
        type: fc.constantFrom(...DEVICE_MESSAGES),
        group: id,
        node: id,
        device: id,
      }),
      fc.record({ kind: fc.constant('state' as const), host: id }),
    )
    fc.assert(fc.property(topics, (topic) => void expect(parseTopic(formatTopic(topic))).toEqual(topic)))
  })

  it('is built as the specification has it', () => {
    expect(nodeTopic('NBIRTH', '450324', 'gw-1')).toBe('spBv1.0/450324/NBIRTH/gw-1')
    expect(deviceTopic('DDATA', '450324', 'gw-1', 'm1')).toBe('spBv1.0/450324/DDATA/gw-1/m1')
    expect(stateTopic('county')).toBe('spBv1.0/STATE/county')
    expect(deviceCommandFilter('450324', 'gw-1')).toBe('spBv1.0/450324/DCMD/gw-1/+')
  })

  it.each([
    '',
    'spBv1.0',
    'spAv1.0/g/NDATA/n',
    'spBv1.0/g/NDATA',
    'spBv1.0/g/NDATA/n/d',
    'spBv1.0/g/DDATA/n',
    'spBv1.0/g/DDATA/n/d/e',
    'spBv1.0/g/XDATA/n',
    'spBv1.0/g/NDATA/',
    'spBv1.0//NDATA/n',
    'spBv1.0/g/NDATA/+',
    'spBv1.0/STATE/',
    'spBv1.0/STATE/h/x',
    'STATE/h',
  ])('is not "%s"', (topic) => {
    expect(() => parseTopic(topic)).toThrow(malformed)
  })

  it.each(['', 'a/b', '+', '#', 'a\0'])('holds no id "%s"', (bad) => {
    expect(() => nodeTopic('NDATA', bad, 'n')).toThrow(malformed)
    expect(() => deviceTopic('DDATA', 'g', 'n', bad)).toThrow(malformed)
    expect(() => stateTopic(bad)).toThrow(malformed)
  })
})

describe('a filter', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['#', 'a/b', true],
    ['+/+', '/a', true],
    ['+', 'a/', false],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['a/b', 'a/B', false],
  ])('%s given %s: %s', (filter, topic, expected) => {
    expect(filterMatches(filter, topic)).toBe(expected)
  })

  it.each(['', 'a/#/b', 'a#', 'a/b+', '+a', 'a\0'])('is not "%s"', (filter) => {
    expect(isFilter(filter)).toBe(false)
    expect(filterMatches(filter, filter)).toBe(false)
    expect(filterCovers('#', filter)).toBe(false)
  })

  it('that covers another is given every topic that the other is given', () => {
    const level = fc.constantFrom('a', 'b', '$s', '+')
    const filter = fc
      .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([levels, hash]) => [...levels, ...(hash ? ['#'] : [])].join('/'))
    const topic = fc
      .array(fc.constantFrom('a', 'b', '$s'), { minLength: 1, maxLength: 4 })
      .map((levels) => levels.join('/'))
    fc.assert(
      fc.property(filter, filter, topic, (outer, inner, topic) => {
        fc.pre(filterCovers(outer, inner) && filterMatches(inner, topic))
        expect(filterMatches(outer, topic)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
