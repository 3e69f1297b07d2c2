import { MAX_PACKET_BYTES, MqttFrameGuard } from '@minewarden/cloud/core/mqtt-frame-guard.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('the frame guard', () => {
  const frame = (length: number): Uint8Array => {
    const bytes: number[] = [0x30]
    let rest = length
    do {
      bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
      rest = Math.floor(rest / 128)
    } while (rest > 0)
    return Uint8Array.from([...bytes, ...new Array<number>(length).fill(0xff)])
  }
  test('lets lawful packets pass in whatever pieces they come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 999 }),
        (lengths, size) => {
          const bytes = Uint8Array.from(lengths.flatMap((length) => [...frame(length)]))
          const guard = new MqttFrameGuard()
          for (let at = 0; at < bytes.length; at += size)
            if (!guard.allows(bytes.subarray(at, at + size), 20_000)) return false
          return true
        },
      ),
      { numRuns: 50 },
    )
  })
  test('stops a packet when its length is announced, before its body comes', () => {
    const guard = new MqttFrameGuard()
    expect(guard.allows(frame(5), MAX_PACKET_BYTES)).toBe(true)
    expect(guard.allows(Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0x7f]), MAX_PACKET_BYTES)).toBe(false)
  })
  test('stops a length that never ends', () => {
    expect(new MqttFrameGuard().allows(Uint8Array.from([0x30, 0x80, 0x80, 0x80, 0x80]), 1e9)).toBe(false)
  })
})
