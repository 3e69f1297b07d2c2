import { boutAt, createActivity, machineryAt, stepActivity } from '@minewarden/cloud/core/detection/activity.ts'
import type { Reading, ReadingOf } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { NIGHT, windowAt, windows } from '../../../support/detection.ts'
import { START } from '../../../support/ground.ts'
import { addBlows, addTurning, hunting, measured, night } from '../../../support/machine-ground.ts'

function run(readings: readonly Reading[]) {
  const state = createActivity()
  const steps = readings.map((r) => stepActivity(state, r as ReadingOf<'vibration'>))
  return { state, reports: steps.flatMap((s) => s.report ?? []), seconds: steps.reduce((sum, s) => sum + s.seconds, 0) }
}

describe('bouts of machines', () => {
  it('a machine of three minutes is told once, from its start', () => {
    const { reports, seconds } = run(windows(NIGHT, 20, (m) => (m >= 10 && m < 13 ? 10 : 0)))
    expect(reports).toHaveLength(1)
    expect(reports[0]!.kind).toBe('machinery')
    expect(Math.abs(reports[0]!.onsetMs - (NIGHT + 600_000))).toBeLessThan(6000)
    expect(seconds).toBeGreaterThan(160)
    expect(seconds).toBeLessThan(200)
  })

  it('is told within two minutes of its start, however long it runs', () => {
    const readings = windows(NIGHT, 40, (m) => (m >= 10 ? 10 : 0))
    const state = createActivity()
    const told = readings.find((r) => stepActivity(state, r as ReadingOf<'vibration'>).report)!
    expect(told.measuredAt - (NIGHT + 600_000)).toBeLessThan(120_000)
  })

  it('two with a pause of a minute between are two', () => {
    const on = (m: number) => (m >= 10 && m < 12) || (m >= 13 && m < 15)
    expect(run(windows(NIGHT, 20, (m) => (on(m) ? 10 : 0))).reports).toHaveLength(2)
  })

  it('a vehicle of a quarter of a minute is none', () => {
    expect(run(windows(NIGHT, 20, (m) => (m >= 10 && m < 10.3 ? 20 : 0))).reports).toHaveLength(0)
  })

  it('a weak one with a line is heard where it is quiet', () => {
    expect(run(windows(NIGHT, 30, (m) => (m >= 25 ? 4.5 : 0), true, 33)).reports.length).toBe(1)
  })

  it('a level without line or rhythm, such as wind, is believed to be no machine', () => {
    const { reports, seconds } = run(windows(NIGHT, 30, (m) => (m >= 25 ? 6 : 0), false))
    expect(reports).toHaveLength(0)
    expect(seconds).toBeGreaterThan(0)
  })

  it('a restless place teaches the detector patience', () => {
    const restless = (m: number) => 4 * Math.abs(Math.sin(m * 7)) + (m >= 40 && m < 43 ? 4.5 : 0)
    expect(run(windows(NIGHT, 60, restless, false)).reports).toHaveLength(0)
  })

  it('blows tell digging from machines', () => {
    const readings = Array.from({ length: 200 }, (_, i) =>
      windowAt(NIGHT + 5000 * i, i >= 120 && i < 140 ? { excessDb: 15, kurtosis: 20 } : {}),
    )
    expect(run(readings).reports.map((r) => r.kind)).toEqual(['digging'])
  })

  it('a shift of eight hours with pauses does not become normal', () => {
    const { seconds } = run(windows(NIGHT, 480, (m) => (m >= 10 && m % 5 < 3.5 ? 8 : 0)))
    expect(seconds / 60).toBeGreaterThan(0.85 * 470 * 0.7)
  })

  it('a gap ends a bout where it was last heard', () => {
    const before = windows(NIGHT, 11, (m) => (m >= 10 ? 10 : 0))
    const after = windows(NIGHT + 3_600_000, 2, () => 0)
    const { reports, state } = run([...before, ...after])
    expect(reports).toHaveLength(1)
    expect(reports[0]!.endMs).toBeLessThanOrEqual(NIGHT + 11 * 60_000)
    expect(boutAt(state, NIGHT + 10.5 * 60_000)).toBe('machinery')
    expect(boutAt(state, NIGHT + 30 * 60_000)).toBeNull()
  })
})

describe('bouts that the gateway itself has measured', () => {
  const RATE = 200
  /** Minutes of a quiet night, ten of them before anything happens. */
  const quiet = (minutes: number) => night(60 * minutes, RATE)
  const at = (minute: number) => 60 * minute
  const judged = (wave: Float64Array) => run(measured(wave, RATE).filter((r) => r.kind === 'vibration'))

  it('a pump alone, weak and still on the grid, is no work', () => {
    const wave = quiet(20)
    addTurning(wave, RATE, { fromS: at(10), toS: at(18), hz: () => 24.7, amplitude: 4e-8 })
    const { reports, state } = judged(wave)
    expect(reports).toEqual([])
    expect((state.bout ?? state.lastBout)?.steadyMotor).toBeGreaterThan(0.6)
  })

  it('an engine as weak, which wanders, is work', () => {
    const wave = quiet(20)
    addTurning(wave, RATE, { fromS: at(10), toS: at(18), hz: hunting(24.7, 0.006), amplitude: 4e-8 })
    expect(judged(wave).reports.length).toBeGreaterThan(0)
  })

  it('a drill beside a generator that runs on begins a bout of its own each time', () => {
    const wave = quiet(26)
    addTurning(wave, RATE, { fromS: at(10), toS: at(25), hz: hunting(25.2, 0.004), amplitude: 3e-7 })
    for (const minute of [13, 17, 21]) {
      addBlows(wave, RATE, {
        fromS: at(minute),
        toS: at(minute + 2),
        everyS: () => 1 / 34,
        amplitude: 1e-6,
        ringHz: 60,
      })
    }
    const { reports } = judged(wave)
    for (const minute of [10, 13, 17, 21]) {
      const onset = START + 1000 * at(minute)
      expect(reports.some((bout) => Math.abs(bout.onsetMs - onset) < 15_000)).toBe(true)
    }
    expect(reports.length).toBeLessThanOrEqual(5)
  })

  it('someone who breaks rock by hand is told as digging, at uneven times', () => {
    const wave = quiet(16)
    addBlows(wave, RATE, {
      fromS: at(10),
      toS: at(14),
      everyS: (r) => 0.8 + 1.6 * r(),
      amplitude: 4e-6,
      ringHz: 30,
      uneven: 0.5,
    })
    const { reports } = judged(wave)
    expect(reports.map((bout) => bout.kind)).toEqual(['digging'])
    expect(Math.abs(reports[0]!.onsetMs - (START + 1000 * at(10)))).toBeLessThan(10_000)
  })

  it('a crusher that strikes as hard, but evenly, is a machine', () => {
    const wave = quiet(16)
    addBlows(wave, RATE, {
      fromS: at(10),
      toS: at(14),
      everyS: () => 1 / 4.3,
      amplitude: 4e-6,
      ringHz: 30,
      uneven: 0.5,
    })
    expect(new Set(judged(wave).reports.map((bout) => bout.kind))).toEqual(new Set(['machinery']))
  })

  it('a plant that has always run is no bout when it swells a little', () => {
    const wave = quiet(120)
    addTurning(wave, RATE, { fromS: 0, toS: at(120), hz: () => 16.6, amplitude: 1e-7 })
    addTurning(wave, RATE, { fromS: at(100), toS: at(104), hz: () => 16.6, amplitude: 1e-8 })
    expect(judged(wave).reports).toEqual([])
  })

  it('a spell of work counts its minutes through the pauses, and is over ten minutes after the last', () => {
    const wave = quiet(40)
    for (const minute of [10, 14, 18]) {
      addTurning(wave, RATE, { fromS: at(minute), toS: at(minute + 2.5), hz: hunting(34, 0.01), amplitude: 8e-7 })
    }
    const { state } = judged(wave)
    const during = machineryAt(state, START + 1000 * at(22))
    expect(during.minutes).toBeGreaterThan(6)
    expect(during.minutes).toBeLessThan(9)
    expect(Math.abs(during.sinceMs - (START + 1000 * at(10)))).toBeLessThan(15_000)
    expect(during.near).toBeGreaterThan(0.5)
    expect(machineryAt(state, START + 1000 * at(39)).minutes).toBe(0)
  })
})
