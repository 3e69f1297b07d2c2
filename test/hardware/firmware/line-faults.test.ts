import { describe, expect, it } from 'vitest'
import { requires } from '../../support/requires.ts'
import { createDigitiser, type Digitiser, u16 } from './digitiser.ts'
import { COMMAND, type Data, frameBytes } from './protocol.ts'

/** Numbers that anybody can make again. */
function noise(length: number, seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}

function expectWhole(frames: readonly Data[]): void {
  for (const [i, frame] of frames.slice(1).entries()) {
    expect(frame.number).toBe(frames[i]!.number + 1)
    expect(frame.first).toBe(frames[i]!.first + frames[i]!.samples.length)
  }
}

function started(options?: Parameters<typeof createDigitiser>[0]): Digitiser {
  const digitiser = createDigitiser(options)
  digitiser.board.runFor(200)
  return digitiser
}

describe.runIf(requires('avr-gcc'))('the digitiser on a bad line', () => {
  it('streams on through noise, counts it, and obeys the next command', () => {
    const digitiser = started()
    for (let burst = 1; burst <= 20; burst++) {
      digitiser.board.serial.send(noise(burst * 17, burst))
      digitiser.board.runFor(30)
      digitiser.board.serial.send(frameBytes(COMMAND.getHello))
      digitiser.board.runFor(150)
    }
    digitiser.board.runFor(1000)
    expect(digitiser.acks()).toHaveLength(20)
    expectWhole(digitiser.data())
    expect(digitiser.healths().at(-1)!.lineErrors).toBeGreaterThan(3000)
    expect(digitiser.strayBytes).toBe(0)
  })

  it('takes a flood without a pause at the full speed of the line, and loses no sample of it', () => {
    const digitiser = started()
    digitiser.ask(COMMAND.setRate, u16(1000))
    digitiser.forget()
    digitiser.board.serial.send(noise(50_000, 7))
    digitiser.board.runFor(1100)
    expect(digitiser.ask(COMMAND.getHello)).toBe(0)
    expectWhole(digitiser.data())
    expect(digitiser.healths().at(-1)).toMatchObject({ missedSamples: 0, framesDropped: 0 })
  })

  it('answers what it can of questions without a pause, and loses no sample of it', () => {
    const digitiser = started()
    digitiser.ask(COMMAND.setRate, u16(1000))
    digitiser.forget()
    digitiser.board.serial.send(Buffer.concat(Array.from({ length: 6000 }, () => frameBytes(COMMAND.getHello))))
    digitiser.board.runFor(1300)
    const data = digitiser.data()
    const samples = data.map((frame, i) => frame.first - (data[i - 1]?.first ?? frame.first))
    expect(digitiser.hellos()).toMatchObject(digitiser.hellos().map(() => ({ boots: 1 })))
    expect(digitiser.acks().length).toBeGreaterThan(100)
    expect(new Set(samples.slice(1).map((step) => step % 16))).toEqual(new Set([0]))
    expect(digitiser.healths().at(-1)!.missedSamples).toBe(0)
    expect(digitiser.strayBytes).toBe(0)
    expect(digitiser.ask(COMMAND.getHello)).toBe(0)
  })

  it.each(Array.from({ length: 10 }, (_, i) => i))(
    'finds the command behind one that stopped after %i bytes',
    (cut) => {
      const digitiser = started()
      const command = frameBytes(COMMAND.setGain, [0, 2])
      digitiser.board.serial.send(Buffer.concat([command.subarray(0, cut), frameBytes(COMMAND.setGain, [1, 4])]))
      digitiser.board.runFor(400)
      expect(digitiser.acks()).toEqual([[COMMAND.setGain, 0]])
      expect(digitiser.adc.gains).toEqual([1, 4, 1, 1])
    },
  )

  it('gives up a command that stops in its middle, however long it claimed to be', () => {
    const digitiser = started()
    digitiser.board.serial.send(Uint8Array.of(0xa5, 0x5a, COMMAND.setSerial, 16, 1, 2, 3))
    digitiser.board.runFor(150)
    digitiser.board.serial.send(Uint8Array.of(0xa5, 0x5a, COMMAND.setSerial, 240))
    expect(digitiser.ask(COMMAND.getHello)).toBe(0)
    digitiser.board.runFor(1000)
    expect(digitiser.healths().at(-1)!.lineErrors).toBe(11)
  })

  it('does nothing for a command with one bit turned over, whichever it is', () => {
    const digitiser = started()
    const command = frameBytes(COMMAND.setGain, [0, 8])
    for (let bit = 0; bit < command.length * 8; bit += 5) {
      const damaged = Uint8Array.from(command)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      digitiser.board.serial.send(damaged)
      digitiser.board.runFor(20)
    }
    digitiser.board.runFor(300)
    expect(digitiser.acks()).toEqual([])
    expect(digitiser.adc.gains).toEqual([1, 1, 1, 1])
    expect(digitiser.ask(COMMAND.setGain, [0, 8])).toBe(0)
  })

  it.each([9600, 57_600, 115_200, 230_400, 1_000_000])('is there again after a talk at %i baud', (baud) => {
    const digitiser = started()
    const before = digitiser.data().length
    digitiser.board.serial.setBaud(baud)
    for (let i = 0; i < 20; i++) digitiser.board.serial.send(frameBytes(COMMAND.setRate, u16(1000)))
    digitiser.board.runFor(400)
    digitiser.board.serial.drop()
    expect(digitiser.data().length).toBeLessThanOrEqual(before + 1)
    digitiser.board.serial.setBaud(500_000)
    digitiser.board.runFor(150)
    expect(digitiser.ask(COMMAND.getHello)).toBe(0)
    const healthy = digitiser.data().slice(before + 1)
    expect(healthy.length).toBeGreaterThan(3)
    expectWhole(healthy)
    digitiser.board.runFor(1000)
    expect(digitiser.healths().at(-1)!.lineErrors).toBeGreaterThan(0)
    expect(digitiser.adc.rate).toBe(500)
  })

  it('drops whole frames, and says how many, when its own line is too slow for them', () => {
    const digitiser = createDigitiser({ baud: 57_600 })
    digitiser.board.runFor(300)
    expect(digitiser.ask(COMMAND.setRate, u16(1000))).toBe(0)
    digitiser.board.runFor(3000)
    expect(digitiser.strayBytes).toBe(0)
    const data = digitiser.data()
    const missing = data.at(-1)!.number + 1 - data.length
    expect(missing).toBeGreaterThan(50)
    const { framesDropped, missedSamples } = digitiser.healths().at(-1)!
    expect(missedSamples).toBe(0)
    expect(Math.abs(framesDropped - missing)).toBeLessThanOrEqual(40)
    for (const frame of data) for (const sample of frame.samples) expect(sample).toHaveLength(4)
    expect(digitiser.ask(COMMAND.getHello)).toBe(0)
  })
})

describe.runIf(requires('avr-gcc'))('a board that restarts', () => {
  it.each(['external', 'brown-out', 'power-on'] as const)(
    'by %s in the middle of a frame spoils that frame alone',
    (cause) => {
      const digitiser = started()
      // 2 ms into a frame of 4 ms.
      const count = digitiser.data().length
      while (digitiser.data().length === count) digitiser.board.runFor(0.1)
      digitiser.board.runFor(32 - 2)
      const before = digitiser.data()
      digitiser.board.reset(cause)
      digitiser.board.runFor(1000)
      const after = digitiser.data().slice(before.length)
      expect(digitiser.strayBytes).toBeGreaterThan(10)
      expect(digitiser.strayBytes).toBeLessThan(212)
      expect(after[0]).toMatchObject({ number: 0, first: 0 })
      expect(after[0]!.run).not.toBe(before.at(-1)!.run)
      expectWhole(after)
      expect(digitiser.hellos()).toMatchObject([
        { boots: 1, resetCause: 1 },
        { boots: 2, resetCause: { external: 2, 'brown-out': 4, 'power-on': 1 }[cause] },
      ])
    },
  )

  it('delivers again within half a second, the chip start-up and the ADC included', () => {
    const digitiser = started()
    digitiser.board.reset('external')
    const at = digitiser.board.nowMs
    digitiser.forget()
    digitiser.board.runFor(500)
    expect(digitiser.data()[0]!.atMs - at).toBeLessThan(200)
  })
})
