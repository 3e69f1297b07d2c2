import { boutAt, createActivity, stepActivity } from '@minewarden/cloud/core/detection/activity.ts'
import type { Reading, ReadingOf } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { NIGHT, windowAt, windows } from '../../../support/detection.ts'

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
