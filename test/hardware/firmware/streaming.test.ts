import { describe, expect, it } from 'vitest'
import { requires } from '../../support/requires.ts'
import { createDigitiser, tellingSource, u16 } from './digitiser.ts'
import { COMMAND, type Data, FLAG } from './protocol.ts'

/** Simulated minutes over all rates; an hour is `MINEWARDEN_FIRMWARE_MINUTES=60`. */
const minutes = Number(process.env.MINEWARDEN_FIRMWARE_MINUTES ?? 2)
/** A frame leaves when its last sample is in: 4.24 ms on the line, a HEALTH before it (0.56 ms), and its checksum. */
const LATEST_MS = 7
/** Conversions whose times are remembered: more than a second of them, as time goes on by seconds. */
const KEPT_TIMES = 4096

const WORLDS = [
  { rate: 1000, share: 0.5, driftPpm: 0, jitter: 0, perFrame: 16 },
  { rate: 500, share: 0.25, driftPpm: 80, jitter: 0, perFrame: 16 },
  { rate: 250, share: 0.25, driftPpm: -35, jitter: 400, perFrame: 10 },
] as const

describe.runIf(requires('avr-gcc'))('the digitiser streams', () => {
  for (const world of WORLDS)
    it(`at ${world.rate} samples a second, ADC ${world.driftPpm} ppm off: every sample once, bit for bit, in time`, {
      timeout: 60_000 + minutes * 60_000,
    }, () => {
      const endedAtMs = new Map<number, number>()
      const digitiser = createDigitiser({
        driftPpm: world.driftPpm,
        jitterCycles: (conversion) => ((conversion * 7919) % 801) * (world.jitter / 400) - world.jitter,
        source(conversion, channel, atMs) {
          if (channel === 0) {
            endedAtMs.set(conversion, atMs)
            endedAtMs.delete(conversion - KEPT_TIMES)
          }
          return tellingSource(conversion, channel)
        },
      })
      digitiser.board.runFor(200)
      expect(digitiser.ask(COMMAND.setRate, u16(world.rate))).toBe(0)
      digitiser.forget()
      const seconds = minutes * 60 * world.share
      let checked = 0
      let soonestMs = Number.POSITIVE_INFINITY
      let latestMs = 0
      let previous: Data | undefined
      for (let second = 0; second < seconds; second++) {
        digitiser.board.runFor(1000)
        for (const frame of digitiser.data()) {
          checkFrame(frame, previous, world)
          for (const sample of frame.samples)
            for (const channel of [1, 2, 3])
              if (sample[channel] !== tellingSource(sample[0]!, channel)) throw new Error(`sample ${sample} is not it`)
          const last = frame.samples.at(-1)![0]!
          const lateMs = frame.atMs - endedAtMs.get(last)!
          soonestMs = Math.min(soonestMs, lateMs)
          latestMs = Math.max(latestMs, lateMs)
          checked += frame.samples.length
          previous = frame
        }
        const health = digitiser.healths().at(-1)
        if (health) expect(health).toMatchObject({ missedSamples: 0, framesDropped: 0, adcCrcErrors: 0, lineErrors: 0 })
        digitiser.forget()
      }
      expect(digitiser.strayBytes).toBe(0)
      // Arrivals tell when samples were taken, within one sample, from the first to the last.
      expect(latestMs - soonestMs).toBeLessThan(1000 / world.rate)
      expect(latestMs).toBeLessThan(LATEST_MS + 1000 / world.rate)
      expect(Math.abs(checked - seconds * world.rate * (1 + world.driftPpm / 1e6))).toBeLessThanOrEqual(world.perFrame)
    })

  it('by itself as soon as it has power, and says first who it is', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(300)
    expect(digitiser.frames[0]!.type).toBe(1)
    expect(digitiser.hellos()).toEqual([
      {
        protocol: 1,
        firmware: '1.0',
        serial: '0000000000000000',
        boots: 1,
        resetCause: 1,
        rate: 500,
        gains: [1, 1, 1, 1],
        channels: 4,
        adcId: 0x2403,
      },
    ])
    expect(digitiser.data()[0]).toMatchObject({ number: 0, first: 0, run: 17, flags: 0 })
  })

  it('tells its supply and temperature each second, and marks frames while the supply is low', () => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(2500)
    digitiser.board.setSupply(4.2)
    digitiser.board.runFor(2000)
    const healths = digitiser.healths()
    expect(healths).toHaveLength(4)
    expect(healths[1]!.uptimeMs - healths[0]!.uptimeMs).toBe(1000)
    expect(healths[0]!.supplyMv).toBeGreaterThan(4950)
    expect(healths[0]!.supplyMv).toBeLessThan(5050)
    expect(healths[0]!.temperatureC).toBeCloseTo(25, 0)
    expect(Math.abs(healths.at(-1)!.supplyMv - 4200)).toBeLessThan(50)
    expect(digitiser.data().at(0)!.flags & FLAG.supplyLow).toBe(0)
    expect(digitiser.data().at(-1)!.flags & FLAG.supplyLow).toBe(FLAG.supplyLow)
  })

  it('marks a frame in which a channel is at the end of its range', () => {
    const digitiser = createDigitiser({
      source: (n, channel) => (channel === 2 && n === 300 ? 9e9 : n - 0x80_00_00 + 1),
    })
    digitiser.board.runFor(500)
    const clipped = digitiser.data().filter((frame) => frame.flags & FLAG.clipped)
    expect(clipped).toHaveLength(1)
    expect(clipped[0]!.samples.some((sample) => sample[2] === 0x7f_ff_ff)).toBe(true)
  })
})

function checkFrame(frame: Data, previous: Data | undefined, world: (typeof WORLDS)[number]): void {
  const codes = frame.samples.map((sample) => sample[0]!)
  expect(codes).toEqual(codes.map((_, i) => codes[0]! + i))
  expect(codes).toHaveLength(world.perFrame)
  if (!previous) return
  expect(frame.number).toBe(previous.number + 1)
  expect(frame.run).toBe(previous.run)
  expect(frame.first).toBe(previous.first + previous.samples.length)
  // The number that the firmware gives is the ADC's own, but for where the run began.
  expect(codes[0]! - frame.first).toBe(previous.samples[0]![0]! - previous.first)
}
