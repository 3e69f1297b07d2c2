import { describe, expect, it } from 'vitest'
import { requires } from '../../support/requires.ts'
import { createDigitiser, u16 } from './digitiser.ts'
import { COMMAND, frameBytes } from './protocol.ts'

describe.runIf(requires('avr-gcc'))('the settings of a digitiser', () => {
  it('hold over a power failure at any moment of being stored: the old ones or the new ones, never a mixture', () => {
    const before = createDigitiser()
    before.board.runFor(150)
    before.ask(COMMAND.setSerial, [1, 1, 1, 1, 1, 1, 1, 1])
    before.ask(COMMAND.setRate, u16(1000))
    const start = Uint8Array.from(before.board.eeprom)
    const seen = new Set<string>()
    for (let afterMs = 0; afterMs < 70; afterMs += 2.3) {
      const writing = createDigitiser({ eeprom: start })
      writing.board.runFor(150)
      writing.board.serial.send(frameBytes(COMMAND.setSerial, [2, 2, 2, 2, 2, 2, 2, 2]))
      writing.board.runFor(afterMs)
      const acknowledged = writing.acks().length > 0
      const after = createDigitiser({ eeprom: writing.board.eeprom })
      after.board.runFor(150)
      const [hello] = after.hellos()
      expect(hello).toMatchObject({ rate: 1000, gains: [1, 1, 1, 1] })
      expect(['0101010101010101', '0202020202020202']).toContain(hello!.serial)
      if (acknowledged) expect(hello!.serial).toBe('0202020202020202')
      seen.add(hello!.serial)
    }
    expect(seen.size).toBe(2)
  })

  it('are the defaults when the memory holds rubbish, and can be set then', () => {
    for (const fill of [0x00, 0x55, 0xff]) {
      const digitiser = createDigitiser({ eeprom: new Uint8Array(1024).fill(fill) })
      digitiser.board.runFor(200)
      expect(digitiser.hellos()).toMatchObject([{ rate: 500, gains: [1, 1, 1, 1], serial: '0000000000000000' }])
      expect(digitiser.ask(COMMAND.setRate, u16(250))).toBe(0)
    }
  })

  it('survive any one byte of the memory going bad: at worst those before the last change come back', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(150)
    digitiser.ask(COMMAND.setRate, u16(1000))
    digitiser.ask(COMMAND.setRate, u16(250))
    for (let at = 0; at < 48; at += 3) {
      const eeprom = Uint8Array.from(digitiser.board.eeprom)
      eeprom[at]! ^= 0x10
      const after = createDigitiser({ eeprom })
      after.board.runFor(120)
      expect([1000, 250]).toContain(after.hellos()[0]!.rate)
    }
  })

  it('count the boots, one after the other, beyond the places that they go round', () => {
    const digitiser = createDigitiser()
    for (let boot = 1; boot <= 70; boot++) {
      digitiser.board.runFor(110)
      digitiser.board.reset('external')
    }
    digitiser.board.runFor(110)
    expect(digitiser.hellos().map(({ boots }) => boots)).toEqual(Array.from({ length: 71 }, (_, i) => i + 1))
  })
})
