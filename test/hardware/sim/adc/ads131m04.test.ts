import { describe, expect, it } from 'vitest'
import { type AdcOptions, connectAds131m04 } from '../../../../hardware/sim/adc/ads131m04.ts'
import { frameCrc } from '../../../../hardware/sim/adc/registers.ts'
import { createAgenda } from '../../../../hardware/sim/avr/agenda.ts'
import type { Board } from '../../../../hardware/sim/avr/board.ts'

const HZ = 16_000_000
const NULL = 0x0000
const RESET = 0x0011
const read = (address: number) => 0xa000 | (address << 7)
const write = (address: number) => 0x6000 | (address << 7)
const [ID, MODE, CLOCK] = [0, 2, 3] as const

/** A board of nothing but wires and time, with the host's side of SPI. */
function bench(options: Partial<AdcOptions> = {}) {
  const agenda = createAgenda()
  const listeners = new Map<number, (high: boolean, cycle: number) => void>()
  const levels = new Map<number, boolean>()
  const falls: number[] = []
  let cycle = 0
  let exchange = (_mosi: number) => 0
  const board = {
    crystalHz: HZ,
    get cycle() {
      return cycle
    },
    get nowMs() {
      return (cycle / HZ) * 1000
    },
    schedule: (cycles: number, callback: () => void) => agenda.add(cycle + Math.max(1, cycles), callback),
    drive(pin: number, high: boolean) {
      if (pin === 2 && levels.get(2) && !high) falls.push(cycle)
      levels.set(pin, high)
    },
    level: (pin: number) => levels.get(pin) ?? true,
    onPin: (pin: number, listener: (high: boolean, cycle: number) => void) => listeners.set(pin, listener),
    setSpiDevice: (device: (mosi: number) => number) => {
      exchange = device
    },
  }
  const adc = connectAds131m04(board as unknown as Board, { source: (n, channel) => n * 10 + channel, ...options })
  const pin = (number: number, high: boolean) => {
    levels.set(number, high)
    listeners.get(number)?.(high, cycle)
  }
  return {
    adc,
    falls,
    pin,
    isReady: () => levels.get(2) === false,
    run(cycles: number) {
      const until = cycle + cycles
      while (agenda.nextCycle <= until) {
        cycle = Math.max(cycle, agenda.nextCycle)
        agenda.runDue(cycle)
      }
      cycle = until
    },
    /** A whole frame: the answer, the four codes, whether the checksum holds. */
    frame(command: number, argument = 0, bytes = 18) {
      pin(10, false)
      const mosi = [command >> 8, command & 0xff, 0, argument >> 8, argument & 0xff]
      const miso = Buffer.from(Array.from({ length: bytes }, (_, i) => exchange(mosi[i] ?? 0)))
      pin(10, true)
      const whole = miso.length >= 18
      return {
        answer: miso.readUInt16BE(0),
        codes: whole ? [3, 6, 9, 12].map((at) => miso.readIntBE(at, 3)) : [],
        sound: whole && frameCrc(miso.subarray(0, 15)) === miso.readUInt16BE(15),
      }
    },
  }
}

describe('the simulated ADS131M04', () => {
  it('sums frames as CRC-16/CCITT does, by its published check value', () => {
    expect(frameCrc(Buffer.from('123456789'))).toBe(0x29b1)
  })

  it('answers its first frame after power-on with FF24h, then its status with the reset flag, then what was asked', () => {
    const { frame } = bench()
    expect(frame(NULL).answer).toBe(0xff24)
    expect(frame(read(ID)).answer).toBe(0x0500)
    expect(frame(write(MODE), 0x0110)).toMatchObject({ answer: 0x2403, sound: true })
    expect(frame(read(MODE)).answer).toBe(0x4000 | (MODE << 7))
    expect(frame(NULL).answer).toBe(0x0110)
    expect(frame(NULL).answer).toBe(0x0100)
  })

  it.each([
    { osr: 4, rate: 1000 },
    { osr: 5, rate: 500 },
    { osr: 6, rate: 250 },
  ])('converts $rate times a second, exactly but for its drift', ({ osr, rate }) => {
    for (const driftPpm of [0, 100]) {
      const { adc, falls, frame, run } = bench({ driftPpm })
      frame(write(CLOCK), 0x0f02 | (osr << 2))
      falls.length = 0
      run(HZ * 2)
      expect(adc.rate).toBe(rate)
      const period = (falls[2 * rate - 10]! - falls[0]!) / (2 * rate - 10)
      expect(period).toBeCloseTo(HZ / rate / (1 + driftPpm / 1e6), 2)
    }
  })

  it('keeps two samples for a host that pauses, and lets DRDY jump between reading them', () => {
    const { falls, frame, isReady, run } = bench()
    frame(write(CLOCK), 0x0f12)
    run(HZ / 100 + 5000)
    const count = falls.length
    expect(frame(NULL).codes).toEqual([80, 81, 82, 83])
    run(10)
    expect(falls).toHaveLength(count + 1)
    expect(frame(NULL).codes).toEqual([90, 91, 92, 93])
    run(10)
    expect(isReady()).toBe(false)
    expect(falls).toHaveLength(count + 1)
  })

  it('shows each conversion by a falling edge even if nobody reads', () => {
    const { falls, frame, run } = bench()
    frame(write(CLOCK), 0x0f12)
    falls.length = 0
    run(HZ)
    expect(falls).toHaveLength(1000)
  })

  it('resets for a long low on SYNC/RESET, synchronises for a short one, and resets by a whole command frame only', () => {
    const { adc, frame, pin, run } = bench()
    const set = () => frame(write(CLOCK), 0x0f12)
    set()
    pin(9, false)
    run(100 * 16)
    pin(9, true)
    expect(adc.rate).toBe(1000)
    pin(9, false)
    run(600 * 16)
    pin(9, true)
    expect(adc.rate).toBe(2000)
    expect(frame(NULL).answer).toBe(0xff24)
    set()
    frame(RESET, 0, 3)
    expect(adc.rate).toBe(1000)
    frame(RESET)
    expect(adc.rate).toBe(2000)
  })

  it('clips what is beyond 24 bits', () => {
    const { frame, run } = bench({ source: (_, channel) => (channel % 2 ? -1e9 : 1e9) })
    frame(write(CLOCK), 0x0f12)
    run(20_000)
    expect(frame(NULL).codes).toEqual([0x7f_ff_ff, -0x80_00_00, 0x7f_ff_ff, -0x80_00_00])
  })

  it('fails as asked: damaged frames, no conversions, not there', () => {
    const { adc, falls, frame, run } = bench()
    adc.damageFrames(2)
    expect([frame(NULL).sound, frame(NULL).sound, frame(NULL).sound]).toEqual([false, false, true])
    adc.setConverting(false)
    run(1000)
    falls.length = 0
    run(HZ)
    expect(falls).toEqual([])
    adc.setPresent(false)
    expect(frame(NULL)).toMatchObject({ answer: 0xffff, sound: false })
  })

  it('refuses settings that it does not model', () => {
    const { frame } = bench()
    expect(() => frame(write(MODE), 0x0111)).toThrow(/beyond the ADS131M04 model/)
    expect(() => frame(write(CLOCK), 0x0102)).toThrow(/beyond/)
  })
})
