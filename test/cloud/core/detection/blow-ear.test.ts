import { createBlowEar, hearBlows, hearKnock } from '@minewarden/cloud/core/detection/blow-ear.ts'
import { describe, expect, it } from 'vitest'
import { event, judgeAll, NIGHT, siteOf, windowAt } from '../../../support/detection.ts'

const S = 1000
/** Windows of so many minutes, with blows in those that `strikes` names by their number. */
const blows = (fromMs: number, minutes: number, strikes: (i: number) => boolean) =>
  Array.from({ length: 12 * minutes }, (_, i) => windowAt(fromMs + 5 * S * (i + 1), { kurtosis: strikes(i) ? 30 : 3 }))
const minutesOf = (readings: ReturnType<typeof blows>) => {
  const ear = createBlowEar()
  return readings.reduce((sum, reading) => sum + hearBlows(ear, reading), 0)
}
/** A crew that rests each third minute, heard though no window is louder. */
const crew = (i: number) => i % 36 < 24

describe('blows by hand', () => {
  it('that go on for half an hour are counted, rests and all', () => {
    expect(minutesOf(blows(NIGHT, 30, crew))).toBeGreaterThan(10)
  })

  it('of a herd that passes are nobody’s work', () => {
    expect(minutesOf(blows(NIGHT, 30, (i) => i < 45))).toBe(0)
  })

  it('of one a minute are nobody’s work where the ground has always knocked so', () => {
    expect(minutesOf(blows(NIGHT, 600, (i) => i % 12 === 0))).toBe(0)
  })

  it('of one a minute, where it was silent for a day, count for a half of the time', () => {
    const minutes = minutesOf([
      ...blows(NIGHT, 1440, () => false),
      ...blows(NIGHT + 86_400 * S, 60, (i) => i % 12 === 0),
    ])
    expect(minutes).toBeGreaterThan(10)
    expect(minutes).toBeLessThan(35)
  })

  it('are heard as knocks of their own where windows are too coarse for them, and claps of thunder are not', () => {
    const heard = (fields: object) => {
      const ear = createBlowEar()
      let minutes = 0
      for (const reading of blows(NIGHT, 30, () => false)) {
        if (reading.measuredAt % (30 * S) === 0) hearKnock(ear, event(reading.measuredAt, fields).fields)
        minutes += hearBlows(ear, reading)
      }
      return minutes
    }
    const knock = { attackS: 0.04, decayS: 0.1, impulses: 1, impulseIntervalS: null }
    expect(heard(knock)).toBeGreaterThan(10)
    expect(heard({ ...knock, decayS: 1.5 })).toBe(0)
    expect(heard({ ...knock, attackS: 0.4 })).toBe(0)
  })

  it('of an engine that comes and goes are none', () => {
    const coming = (i: number) => i % 3 === 0
    const ear = createBlowEar()
    const minutes = blows(NIGHT, 30, coming).reduce((sum, r, i) => sum + hearBlows(ear, r, coming(i) ? 4 : 20), 0)
    expect(minutes).toBe(0)
  })

  it('through the night make a site suspected', () => {
    const quiet = blows(NIGHT, 10, () => false)
    const findings = judgeAll(siteOf(), [...quiet, ...blows(NIGHT + 600 * S, 170, crew)])
    const states = findings.flatMap((f) => (f.kind === 'state' ? [f.state] : []))
    expect(states).toContain('suspected')
  })
})
