import { encodeState, parseState } from '@minewarden/protocol/sparkplug/state.ts'
import { describe, expect, it } from 'vitest'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a STATE message', () => {
  it.each([true, false])('comes back as it was: online %s', (online) => {
    const state = { online, timestamp: 1_764_000_000_000 }
    expect(parseState(encodeState(state))).toEqual(state)
  })

  it('is exactly the JSON that the specification shows', () => {
    expect(new TextDecoder().decode(encodeState({ online: true, timestamp: 5 }))).toBe('{"online":true,"timestamp":5}')
  })

  it('may hold keys of a newer specification', () => {
    expect(parseState(bytes('{"online":true,"timestamp":5,"x":1}'))).toEqual({ online: true, timestamp: 5 })
  })

  it.each([
    ['not JSON', 'OFFLINE', 'not JSON'],
    ['not UTF-8', '\u{dc00}', 'JSON'],
    ['empty', '', 'not JSON'],
    ['no object', '[]', 'expected object'],
    ['online as text', '{"online":"true","timestamp":5}', 'online'],
    ['no timestamp', '{"online":true}', 'timestamp'],
    ['a fraction of a millisecond', '{"online":true,"timestamp":5.5}', 'timestamp'],
    ['a negative time', '{"online":true,"timestamp":-5}', 'timestamp'],
    ['longer than any STATE', `{"online":true,"timestamp":5,"x":"${'x'.repeat(2000)}"}`, 'bytes'],
  ])('that is %s is refused, naming what is wrong', (_, text, word) => {
    expect(() => parseState(bytes(text))).toThrow(expect.objectContaining({ code: 'document-invalid' }))
    expect(() => parseState(bytes(text))).toThrow(word)
  })
})
