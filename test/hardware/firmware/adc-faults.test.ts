import { describe, expect, it } from 'vitest'
import { requires } from '../../support/requires.ts'
import { createDigitiser, type Digitiser, tellingSource } from './digitiser.ts'
import { COMMAND, type Data, FLAG } from './protocol.ts'

function started(options?: Parameters<typeof createDigitiser>[0]): Digitiser {
  const digitiser = createDigitiser(options)
  digitiser.board.runFor(300)
  return digitiser
}

/** Every sample is what was converted, and within a run its number is the conversion's. */
function expectTrue(frames: readonly Data[]): void {
  for (const [run, ofRun] of Map.groupBy(frames, (frame) => frame.run)) {
    const began = ofRun[0]!.samples[0]![0]! - ofRun[0]!.first
    for (const frame of ofRun)
      for (const [i, sample] of frame.samples.entries()) {
        const conversion = began + frame.first + i
        expect([run, ...sample]).toEqual([run, conversion, ...[1, 2, 3].map((c) => tellingSource(conversion, c))])
      }
  }
}

const lastRun = (digitiser: Digitiser): Data[] => {
  const data = digitiser.data()
  return data.filter((frame) => frame.run === data.at(-1)!.run)
}

describe.runIf(requires('avr-gcc'))('the digitiser and its ADC', () => {
  it('begins a run anew when conversions stop and come back, and says that samples are missing', () => {
    const digitiser = started()
    digitiser.adc.setConverting(false)
    digitiser.board.runFor(2000)
    const silent = digitiser.data().length
    digitiser.board.runFor(1000)
    expect(digitiser.data()).toHaveLength(silent)
    digitiser.adc.setConverting(true)
    digitiser.board.runFor(500)
    expect(lastRun(digitiser)[0]!.flags & FLAG.missedBefore).toBe(FLAG.missedBefore)
    expect(lastRun(digitiser).length).toBeGreaterThan(3)
    expectTrue(digitiser.data())
  })

  it('waits for an ADC that is not there, says so, obeys meanwhile, and starts by itself when it comes', () => {
    for (const level of [0x00, 0xff] as const) {
      const digitiser = createDigitiser()
      digitiser.adc.setPresent(false)
      digitiser.adc.setFloatingBus(level)
      digitiser.board.runFor(2500)
      expect(digitiser.hellos()).toMatchObject([{ boots: 1, adcId: 0 }])
      expect(digitiser.data()).toEqual([])
      expect(digitiser.healths()).toHaveLength(2)
      expect(digitiser.ask(COMMAND.setRate, [0xe8, 0x03])).toBe(0)
      digitiser.adc.setPresent(true)
      digitiser.board.runFor(400)
      expect(digitiser.adc.rate).toBe(1000)
      expect(digitiser.data().length).toBeGreaterThan(5)
      expectTrue(digitiser.data())
    }
  })

  it('never passes on a sample whose checksum is wrong: its number is left out, counted and flagged', () => {
    const digitiser = started()
    digitiser.adc.damageFrames(1)
    digitiser.board.runFor(300)
    digitiser.adc.damageFrames(2)
    digitiser.board.runFor(1200)
    const data = digitiser.data()
    expect(new Set(data.map((frame) => frame.run)).size).toBe(1)
    const gaps = data.slice(1).map((frame, i) => frame.first - data[i]!.first - data[i]!.samples.length)
    expect(gaps.filter((gap) => gap > 0)).toEqual([1, 2])
    for (const [i, gap] of gaps.entries()) expect((data[i + 1]!.flags & FLAG.missedBefore) !== 0).toBe(gap > 0)
    expect(digitiser.healths().at(-1)).toMatchObject({ adcCrcErrors: 3, missedSamples: 3 })
    expectTrue(data)
  })

  it('starts the ADC anew when checksums keep failing', () => {
    const digitiser = started()
    const { run } = digitiser.data()[0]!
    digitiser.adc.damageFrames(3)
    digitiser.board.runFor(1000)
    expect(lastRun(digitiser)[0]).toMatchObject({ run: run + 1, first: 0, flags: FLAG.missedBefore })
    expectTrue(digitiser.data())
  })

  it('finds an ADC that a glitch has reset before one sample at its wrong rate or gain gets out', () => {
    const digitiser = started()
    expect(digitiser.ask(COMMAND.setGain, [0, 16])).toBe(0)
    digitiser.board.runFor(300)
    const { run } = digitiser.data().at(-1)!
    digitiser.adc.glitchReset()
    const at = digitiser.adc.conversions
    digitiser.board.runFor(500)
    expect(digitiser.adc.gains[0]).toBe(16)
    expect(lastRun(digitiser)[0]).toMatchObject({ run: run + 1, first: 0, flags: FLAG.missedBefore })
    const ofOldRun = digitiser.data().filter((frame) => frame.run === run)
    expect(Math.max(...ofOldRun.flatMap((frame) => frame.samples.map((sample) => sample[0]!)))).toBeLessThan(at)
    expectTrue(digitiser.data())
  })

  it.each([
    ['MODE', 2, 0x0510],
    ['CLOCK', 3, 0x0f12],
    ['CLOCK, to a rate that cannot be fetched', 3, 0x0f02],
    ['GAIN1', 4, 0x0007],
  ])('finds a bit that fell over in %s and sets it right', (_name, address, value) => {
    const digitiser = started()
    const right = digitiser.adc.register(address)
    expect(right).not.toBe(value)
    digitiser.adc.upsetRegister(address, value)
    digitiser.board.runFor(500)
    expect(digitiser.adc.register(address)).toBe(right)
    expect(lastRun(digitiser)[0]!.flags & FLAG.missedBefore).toBe(FLAG.missedBefore)
  })

  it('counts true when a conversion ends while the one before is being fetched', () => {
    const period = 32_000
    for (const apartCycles of [200, 700, 1000, 1300, 1450, 1600, 2500]) {
      const digitiser = started({ jitterCycles: (conversion) => (conversion === 700 ? apartCycles - period : 0) })
      digitiser.board.runFor(2000)
      const data = digitiser.data()
      expect(data.at(-1)!.samples[0]![0]).toBeGreaterThan(1000)
      expectTrue(data)
      const missing = data.slice(1).map((frame, i) => frame.first - data[i]!.first - data[i]!.samples.length)
      const sum = missing.reduce((total, gap) => total + gap, 0)
      expect(sum).toBeLessThanOrEqual(3)
      expect(digitiser.healths().at(-1)!.missedSamples).toBe(sum)
    }
  })
})
