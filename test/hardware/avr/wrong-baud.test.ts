import { receiveAt } from '@minewarden/hardware/sim/avr/wrong-baud.ts'
import { describe, expect, it } from 'vitest'

const ALL = Array.from({ length: 256 }, (_, byte) => byte)

describe('A byte read at another speed than it was sent', () => {
  it.each([57_600, 59_000, 56_300])('comes through at %d baud for 57600', (readBaud) => {
    for (const byte of ALL) expect(receiveAt(byte, 57_600, readBaud)).toEqual([{ byte, frameError: false }])
  })

  it('is another one at twice and at half the speed, mostly without its stop bit', () => {
    for (const readBaud of [28_800, 115_200]) {
      const received = ALL.map((byte) => receiveAt(byte, 57_600, readBaud))
      expect(received.filter((all, byte) => all.length === 1 && all[0]?.byte === byte).length).toBeLessThan(8)
    }
    expect(ALL.some((byte) => receiveAt(byte, 57_600, 115_200).some(({ frameError }) => frameError))).toBe(true)
  })
})
