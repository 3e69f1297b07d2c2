import { createBlowEar, hearBlows } from '@minewarden/cloud/core/detection/blow-ear.ts'
import { describe, expect, it } from 'vitest'
import { judgeAll, NIGHT, siteOf, windowAt } from '../../../support/detection.ts'

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

  it('of a herd that passes, or one a minute, are nobody’s work', () => {
    expect(minutesOf(blows(NIGHT, 30, (i) => i < 45))).toBe(0)
    expect(minutesOf(blows(NIGHT, 30, (i) => i % 12 === 0))).toBe(0)
  })

  it('through the night make a site suspected', () => {
    const quiet = blows(NIGHT, 10, () => false)
    const findings = judgeAll(siteOf(), [...quiet, ...blows(NIGHT + 600 * S, 170, crew)])
    const states = findings.flatMap((f) => (f.kind === 'state' ? [f.state] : []))
    expect(states).toContain('suspected')
  })
})
