import { FLASH_BYTES, parseIntelHex } from '@minewarden/hardware/sim/avr/intel-hex.ts'
import { describe, expect, it } from 'vitest'

const END = ':00000001FF'

describe('Firmware in Intel HEX', () => {
  it('fills the flash where it says, and leaves the rest erased', () => {
    const flash = parseIntelHex(
      `:020010000C94${((0x100 - (0x02 + 0x10 + 0x0c + 0x94)) & 0xff).toString(16).padStart(2, '0')}\r\n${END}\n`,
    )
    expect(flash).toHaveLength(FLASH_BYTES)
    expect([...flash.subarray(0x0f, 0x13)]).toEqual([0xff, 0x0c, 0x94, 0xff])
  })

  it.each([
    ['no record', 'hello', /line 1 .*not a record/],
    ['a wrong checksum', `:0100000001FF\n${END}`, /line 1 .*checksum/],
    ['a wrong length', `:0200000001FD\n${END}`, /line 1 .*length/],
    ['data beyond the flash', `:0180000000${(0x100 - 0x81).toString(16)}\n${END}`, /line 1 .*beyond/],
    ['a base address of a bigger chip', `:020000021000EC\n${END}`, /line 1 .*type 2/],
    ['no end', ':0100000000FF', /without its last record/],
  ])('is refused with the line when it has %s', (_what, text, message) => {
    expect(() => parseIntelHex(text)).toThrow(
      expect.objectContaining({ code: 'firmware-unreadable', message: expect.stringMatching(message) }),
    )
  })
})
