import { describe, expect, it } from 'vitest'
import { requires } from '../../support/requires.ts'
import { createDigitiser, u16 } from './digitiser.ts'
import { COMMAND, FLAG, frameBytes } from './protocol.ts'

const STATUS = { done: 0, unknown: 1, badArgument: 2, failed: 3 } as const

describe.runIf(requires('avr-gcc'))('the digitiser obeys', () => {
  it('GET_HELLO: the answer, then who it is', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(200)
    digitiser.forget()
    expect(digitiser.ask(COMMAND.getHello)).toBe(STATUS.done)
    digitiser.board.runFor(5)
    expect(digitiser.frames.filter(({ type }) => type !== 2).map(({ type }) => type)).toEqual([4, 1])
  })

  it('SET_RATE: a new run with numbers from 0, at the ADC and in the HELLO, and no gap within either run', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(300)
    for (const rate of [1000, 250, 500]) {
      digitiser.forget()
      expect(digitiser.ask(COMMAND.setRate, u16(rate))).toBe(STATUS.done)
      digitiser.board.runFor(300)
      expect(digitiser.adc.rate).toBe(rate)
      const runs = Map.groupBy(digitiser.data(), ({ run }) => run)
      const [before, after] = [...runs.values()]
      expect(runs.size).toBe(2)
      expect(after![0]).toMatchObject({ first: 0, flags: 0, run: before![0]!.run + 1 })
      for (const frames of runs.values())
        for (const [i, frame] of frames.slice(1).entries())
          expect(frame.first).toBe(frames[i]!.first + frames[i]!.samples.length)
      digitiser.ask(COMMAND.getHello)
      digitiser.board.runFor(5)
      expect(digitiser.hellos().at(-1)!.rate).toBe(rate)
    }
  })

  it('SET_GAIN of each channel and each gain', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(200)
    for (const gain of [2, 4, 8, 16, 32, 64, 128, 1]) {
      const channel = gain % 4
      expect(digitiser.ask(COMMAND.setGain, [channel, gain])).toBe(STATUS.done)
      expect(digitiser.adc.gains[channel]).toBe(gain)
    }
    expect(digitiser.ask(COMMAND.setGain, [1, 16])).toBe(STATUS.done)
    expect(digitiser.ask(COMMAND.setGain, [3, 128])).toBe(STATUS.done)
    digitiser.ask(COMMAND.getHello)
    digitiser.board.runFor(5)
    expect(digitiser.hellos().at(-1)!.gains).toEqual([...digitiser.adc.gains])
    expect(digitiser.adc.gains[3]).toBe(128)
  })

  it('begins no run for what is set already', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(200)
    expect(digitiser.ask(COMMAND.setRate, u16(500))).toBe(STATUS.done)
    expect(digitiser.ask(COMMAND.setGain, [0, 1])).toBe(STATUS.done)
    digitiser.board.runFor(200)
    expect(new Set(digitiser.data().map(({ run }) => run)).size).toBe(1)
  })

  it('keeps rate, gains and serial number over RESET, which counts as a watchdog reset and a further boot', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(200)
    expect(digitiser.ask(COMMAND.setRate, u16(250))).toBe(STATUS.done)
    expect(digitiser.ask(COMMAND.setGain, [2, 32])).toBe(STATUS.done)
    expect(digitiser.ask(COMMAND.setSerial, [...Buffer.from('MW-00042')])).toBe(STATUS.done)
    const lastRun = digitiser.data().at(-1)!.run
    digitiser.forget()
    expect(digitiser.ask(COMMAND.reset)).toBe(STATUS.done)
    digitiser.board.runFor(200)
    expect(digitiser.hellos()).toMatchObject([
      { boots: 2, resetCause: 8, rate: 250, gains: [1, 1, 32, 1], serial: Buffer.from('MW-00042').toString('hex') },
    ])
    expect(digitiser.adc.rate).toBe(250)
    expect(digitiser.adc.gains[2]).toBe(32)
    expect(digitiser.strayBytes).toBe(0)
    expect(digitiser.data().at(-1)!.run).not.toBe(lastRun)
  })

  it.each([
    ['a rate that the ADC does not have', COMMAND.setRate, u16(100), STATUS.badArgument],
    ['a rate of the wrong length', COMMAND.setRate, [1], STATUS.badArgument],
    ['a channel that there is not', COMMAND.setGain, [4, 1], STATUS.badArgument],
    ['a gain between two', COMMAND.setGain, [0, 3], STATUS.badArgument],
    ['a gain of nothing', COMMAND.setGain, [0, 0], STATUS.badArgument],
    ['a gain beyond the last', COMMAND.setGain, [0, 255], STATUS.badArgument],
    ['a pulse of no length', COMMAND.calibrate, u16(0), STATUS.badArgument],
    ['a pulse without end', COMMAND.calibrate, u16(2001), STATUS.badArgument],
    ['a serial number too short', COMMAND.setSerial, [1, 2, 3], STATUS.badArgument],
    ['a question with something in it', COMMAND.getHello, [0], STATUS.badArgument],
    ['a command of a later version', 0x87, [1, 2, 3], STATUS.unknown],
    ['its own kind of frame', 0x02, [], STATUS.unknown],
  ])('not %s, and goes on as before', (_name, type, payload, status) => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(150)
    const eeprom = Uint8Array.from(digitiser.board.eeprom)
    expect(digitiser.ask(type, payload)).toBe(status)
    digitiser.board.runFor(100)
    expect(new Set(digitiser.data().map(({ run }) => run)).size).toBe(1)
    expect(digitiser.adc).toMatchObject({ rate: 500, gains: [1, 1, 1, 1] })
    expect(digitiser.board.eeprom).toEqual(eeprom)
  })

  it('many commands at once, in their order', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(200)
    const commands: [number, number[]][] = [
      [COMMAND.setRate, u16(1000)],
      [COMMAND.setGain, [0, 8]],
      [COMMAND.setGain, [1, 8]],
      [COMMAND.setGain, [9, 8]],
      [COMMAND.getHello, []],
      [COMMAND.setSerial, [1, 2, 3, 4, 5, 6, 7, 8]],
    ]
    digitiser.board.serial.send(Buffer.concat(commands.map(([type, payload]) => frameBytes(type, payload))))
    digitiser.board.runFor(1000)
    expect(digitiser.acks()).toEqual([
      [COMMAND.setRate, 0],
      [COMMAND.setGain, 0],
      [COMMAND.setGain, 0],
      [COMMAND.setGain, 2],
      [COMMAND.getHello, 0],
      [COMMAND.setSerial, 0],
    ])
  })
})

describe.runIf(requires('avr-gcc'))('a calibration pulse', () => {
  const PULSE_PIN = 8

  it.each([
    { rate: 1000, ms: 1, samples: 1 },
    { rate: 1000, ms: 37, samples: 37 },
    { rate: 500, ms: 101, samples: 51 },
    { rate: 250, ms: 2000, samples: 500 },
  ])(
    'of $ms ms at $rate samples a second is in exactly the $samples samples that are flagged',
    ({ rate, ms, samples }) => {
      const changes: number[] = []
      let isOn = () => false
      const digitiser = createDigitiser({
        // What the coil would make of it: this conversion went on with the pulse.
        source: (conversion, channel) => (channel === 0 ? conversion : isOn() ? 1_000_000 : -1),
      })
      isOn = () => digitiser.board.isOutput(PULSE_PIN) && digitiser.board.level(PULSE_PIN)
      digitiser.board.onPin(PULSE_PIN, (_high, cycle) => changes.push(cycle))
      digitiser.board.runFor(150)
      digitiser.ask(COMMAND.setRate, u16(rate))
      digitiser.board.runFor(333)
      changes.length = 0
      digitiser.forget()
      expect(digitiser.ask(COMMAND.calibrate, u16(ms))).toBe(STATUS.done)
      digitiser.board.runFor(ms + 100)
      const data = digitiser.data()
      const flagged = data.filter((frame) => frame.flags & FLAG.pulse).flatMap((frame) => frame.samples)
      const pulsed = data.flatMap((frame) => frame.samples).filter((sample) => sample[1] === 1_000_000)
      expect(flagged).toHaveLength(samples)
      expect(flagged).toEqual(pulsed)
      expect(data.map((frame) => frame.first + frame.samples.length).slice(0, -1)).toEqual(
        data.slice(1).map((f) => f.first),
      )
      const lastedMs = (changes[1]! - changes[0]!) / 16_000
      expect(Math.abs(lastedMs - (samples * 1000) / rate)).toBeLessThan(0.05)
    },
  )

  it('is refused while one is on, and while no samples come; the pin is low then', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(150)
    expect(digitiser.ask(COMMAND.calibrate, u16(2000))).toBe(STATUS.done)
    expect(digitiser.ask(COMMAND.calibrate, u16(5))).toBe(STATUS.failed)
    expect(digitiser.board.level(PULSE_PIN)).toBe(true)
    digitiser.adc.setPresent(false)
    digitiser.board.runFor(200)
    expect(digitiser.board.level(PULSE_PIN)).toBe(false)
    expect(digitiser.ask(COMMAND.calibrate, u16(5))).toBe(STATUS.failed)
  })
})
