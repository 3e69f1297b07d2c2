import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { START } from '../../../support/ground.ts'
import { addBlows, addTurning, hunting, linesOf, measured, night } from '../../../support/machine-ground.ts'

/** The last that was told of each line. */
function lastOfEach(lines: readonly ReadingOf<'machineLine'>[]) {
  const last = new Map<number | null, ReadingOf<'machineLine'>['fields']>()
  for (const { fields } of lines) last.set(fields.line, fields)
  return [...last.values()]
}

describe('the lines of machines', () => {
  it.each([100, 200, 500])(
    'a motor is told from birth to death, to some hundredths of a hertz (%i samples a second)',
    (rate) => {
      const wave = night(300, rate)
      addTurning(wave, rate, { fromS: 60, toS: 240, hz: () => 24.68, amplitude: 1.5e-7 })
      const [line, ...others] = lastOfEach(linesOf(measured(wave, rate)))
      expect(others).toEqual([])
      expect(line!.phase).toBe('ended')
      expect(line!.form).toBe('tone')
      expect(Math.abs(line!.hz! - 24.68)).toBeLessThan(0.03)
      expect(line!.sinceMs! - START).toBeGreaterThanOrEqual(50_000)
      expect(line!.sinceMs! - START).toBeLessThanOrEqual(70_000)
      expect(line!.heardMs! - START).toBeGreaterThan(230_000)
      expect(line!.heardMs! - START).toBeLessThanOrEqual(250_000)
      expect(line!.presence!).toBeGreaterThan(0.8)
      expect(line!.amplitudeMPerS! / 1.5e-7).toBeGreaterThan(0.6)
      expect(line!.amplitudeMPerS! / 1.5e-7).toBeLessThan(1.3)
    },
  )

  it('is sure of a line within half a minute, and tells it each half minute', () => {
    const wave = night(200, 100)
    addTurning(wave, 100, { fromS: 60, toS: 200, hz: () => 31, amplitude: 3e-7 })
    const at = linesOf(measured(wave, 100)).map((line) => (line.measuredAt - START) / 1000)
    expect(at[0]!).toBeLessThan(60 + 30)
    for (const [i, second] of at.slice(1).entries()) expect(second - at[i]!).toBeLessThanOrEqual(31)
    expect(at.length).toBeGreaterThanOrEqual(4)
  })

  it('an engine that hunts by half a percent wanders, a motor does not', () => {
    const wave = night(400, 200)
    addTurning(wave, 200, { fromS: 30, toS: 400, hz: hunting(25.2, 0.005), amplitude: 4e-7 })
    addTurning(wave, 200, { fromS: 30, toS: 400, hz: () => 48.7, amplitude: 4e-7 })
    const lines = lastOfEach(linesOf(measured(wave, 200)))
    const engine = lines.find((line) => line.hz! < 30)!
    const motor = lines.find((line) => line.hz! > 40)!
    expect(engine.wanderHz!).toBeGreaterThan(0.05)
    expect(engine.wanderHz!).toBeGreaterThan(3 * engine.errorHz!)
    expect(motor.wanderHz!).toBeLessThan(0.03)
    expect(engine.mostHz! - engine.leastHz!).toBeGreaterThan(0.15)
  })

  it('multiples are known as such', () => {
    const wave = night(200, 200)
    addTurning(wave, 200, { fromS: 20, toS: 200, hz: () => 12.2, amplitude: 6e-7, multiples: [1, 0.8, 0.6] })
    const lines = lastOfEach(linesOf(measured(wave, 200))).filter((line) => line.form === 'tone')
    expect(lines.map((line) => [Math.round(line.hz!), line.order])).toEqual(
      expect.arrayContaining([
        [12, 1],
        [24, 2],
        [37, 3],
      ]),
    )
    expect(lines.find((line) => line.order === 1)!.harmonics).toBeGreaterThanOrEqual(2)
  })

  it('strokes are a rhythm, whatever they ring at', () => {
    const wave = night(200, 200)
    addBlows(wave, 200, { fromS: 30, toS: 200, everyS: () => 1 / 4.3, amplitude: 2e-6, ringHz: 33 })
    const rhythms = linesOf(measured(wave, 200)).filter((line) => line.fields.form === 'rhythm')
    expect(rhythms.some((line) => Math.abs(line.fields.hz! - 4.3) < 0.05)).toBe(true)
  })

  it('noise of an hour has none', () => {
    expect(linesOf(measured(night(3600, 100, 5), 100))).toEqual([])
  })

  it('a passing vehicle, whose engine sweeps, has none', () => {
    const wave = night(300, 100)
    for (const at of [60, 150, 220]) {
      addTurning(wave, 100, { fromS: at, toS: at + 15, hz: (s) => 12 + 0.8 * (s - at), amplitude: 1e-6 })
    }
    expect(linesOf(measured(wave, 100))).toEqual([])
  })

  it('are the same whatever the blocks', () => {
    const wave = night(150, 100)
    addTurning(wave, 100, { fromS: 20, toS: 120, hz: hunting(25, 0.004), amplitude: 4e-7 })
    const whole = linesOf(measured(wave, 100, 150))
    expect(whole.length).toBeGreaterThan(2)
    expect(linesOf(measured(wave, 100, 0.37))).toEqual(whole)
  })

  it('are causal: what was told up to a moment stands, whatever comes after', () => {
    const wave = night(200, 100)
    addTurning(wave, 100, { fromS: 20, toS: 180, hz: () => 24.7, amplitude: 4e-7 })
    const until = (readings: readonly ReadingOf<'machineLine'>[]) =>
      readings.filter((line) => line.measuredAt < START + 110_000)
    const all = until(linesOf(measured(wave, 100)))
    expect(all.length).toBeGreaterThan(1)
    expect(until(linesOf(measured(wave.subarray(0, 12_000), 100)))).toEqual(all)
  })
})
