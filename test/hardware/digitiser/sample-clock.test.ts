import { SampleClock } from '@minewarden/hardware/digitiser/sample-clock.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'
import { DELAYS, DRIFTS, exponential, simulateRun } from './simulated-arrivals.ts'

const worst = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
const share = (values: readonly number[], limit: number) =>
  values.filter((value) => Math.abs(value) < limit).length / values.length

/** A million runs take a quarter of an hour. */
const FUZZ_LIMIT_MS = 3_600_000

describe('the clock of the samples', () => {
  const conditions = Object.keys(DELAYS).flatMap((delay) => Object.keys(DRIFTS).map((drift) => ({ delay, drift })))
  it.each(conditions)('stamps within one sample, behind $delay, with a drift of $drift', ({ delay, drift }) => {
    for (const rateHz of [250, 500, 1000]) {
      const run = simulateRun({ rateHz, forS: 400, driftPpm: DRIFTS[drift]!, delayMs: DELAYS[delay]!, seed: 11 })
      expect(run.errors.length).toBeGreaterThan(700)
      expect(worst(run.errors)).toBeLessThan(1000 / rateHz)
      expect(share(run.errors, 0.5)).toBeGreaterThan(0.97)
      expect(worst(run.seams)).toBeLessThan(0.45)
      expect(run.worstOfBound).toBeLessThan(1)
    }
  })

  it('is within a fifth of a millisecond nearly always when delays are 4 ms on average', () => {
    const run = simulateRun({
      rateHz: 250,
      forS: 900,
      driftPpm: () => 35,
      delayMs: (_s, random) => exponential(4, random),
      seed: 3,
    })
    expect(share(run.errors, 0.2)).toBeGreaterThan(0.99)
    expect(worst(run.errors)).toBeLessThan(1)
    expect(run.clock.drift?.ppm).toBeCloseTo(35, 0)
    expect(Math.abs(run.clock.drift!.ppm - 35)).toBeLessThan(run.clock.drift!.errorPpm)
  })

  it('holds for a day on which the temperature swings', () => {
    const run = simulateRun({
      rateHz: 250,
      forS: 86_400,
      driftPpm: (s) => 60 + 40 * Math.sin((2 * Math.PI * s) / 86_400),
      delayMs: (s, random) => exponential(3, random) + (s % 3600 < 4 ? (4 - (s % 3600)) * 1000 : 0),
      seed: 5,
    })
    expect(run.errors.length).toBeGreaterThan(160_000)
    expect(worst(run.errors)).toBeLessThan(4)
    expect(share(run.errors, 0.1)).toBeGreaterThan(0.99)
    expect(worst(run.seams)).toBeLessThan(0.2)
  })

  it(
    'never goes back, whatever the delays do',
    () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 0xffff }),
          fc.constantFrom(250, 500, 1000),
          fc.double({ min: -150, max: 150, noNaN: true }),
          fc.double({ min: 0.01, max: 200, noNaN: true }),
          (seed, rateHz, ppm, meanMs) => {
            const run = simulateRun({
              rateHz,
              forS: 60,
              driftPpm: () => ppm,
              delayMs: (_s, random) => exponential(meanMs, random),
              seed,
            })
            for (let i = 1; i < run.starts.length; i++) if (run.starts[i]! <= run.starts[i - 1]!) return false
            return worst(run.seams) < 0.45
          },
        ),
        { numRuns: fuzzRuns(60) },
      )
    },
    FUZZ_LIMIT_MS,
  )

  it('gives no stamp before the arrivals can be trusted: a burst out of a buffer is not an arrival each', () => {
    const clock = new SampleClock({ rateHz: 250, delayMs: 0, delayErrorMs: 0, driftPpm: null })
    for (let frame = 1; frame <= 200; frame++) clock.observe(frame * 10 - 1, 5_000)
    expect(clock.settled).toBe(false)
    for (let frame = 201; frame <= 240; frame++) clock.observe(frame * 10 - 1, 5_000 + (frame - 200) * 40)
    expect(clock.settled).toBe(true)
  })

  it('starts a block where it belongs after a gap, and joins the others', () => {
    const clock = new SampleClock({ rateHz: 1000, delayMs: 2, delayErrorMs: 0, driftPpm: null })
    for (let frame = 1; frame <= 100; frame++) clock.observe(frame * 16 - 1, 100 + frame * 16 - 1 + 2)
    expect(clock.stamp(0, 512)?.startMs).toBeCloseTo(100, 6)
    expect(clock.stamp(512, 512)?.startMs).toBeCloseTo(612, 6)
    expect(clock.stamp(1500, 64)?.startMs).toBeCloseTo(1600, 6)
  })

  it('knows a sample that cannot have been taken yet', () => {
    const clock = new SampleClock({ rateHz: 250, delayMs: 0, delayErrorMs: 0, driftPpm: null })
    for (let frame = 1; frame <= 100; frame++) clock.observe(frame * 10 - 1, frame * 40)
    expect(clock.mayHaveArrived(1009, 4_040)).toBe(true)
    expect(clock.mayHaveArrived(1009, 90_000)).toBe(true)
    expect(clock.mayHaveArrived(5_000, 4_040)).toBe(false)
  })

  it('keeps its step after a sample number beyond 2^32', () => {
    const begin = 2 ** 32 - 500
    const clock = new SampleClock({ rateHz: 250, delayMs: 0, delayErrorMs: 0, driftPpm: 12 })
    for (let frame = 0; frame < 200; frame++) clock.observe(begin + frame * 10 + 9, 1e9 + frame * 40 + 36)
    const first = clock.stamp(begin, 130)!
    const second = clock.stamp(begin + 130, 130)!
    expect(second.startMs - first.startMs).toBeCloseTo(520, 1)
    expect(Math.abs(first.startMs - 1e9)).toBeLessThan(0.2)
  })
})
