import { createPowerMeter, type PowerStep, stepPower } from '@minewarden/cloud/core/detection/power-evidence.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { DAY, power } from '../../../support/detection.ts'

const PUMP = [{ name: 'drainage pump', ratedW: 5500 }]

function run(readings: readonly ReadingOf<'power'>[], loads = PUMP) {
  const state = createPowerMeter()
  const steps = readings.map((r) => stepPower(state, r, loads))
  const minutes = (kind: PowerStep['kind']) =>
    steps.filter((s) => s.kind === kind).reduce((sum, s) => sum + s.minutes, 0)
  return { motor: minutes('motor'), heating: minutes('heating'), starts: state.starts.filter((s) => s.lasted), steps }
}
/** Quiet for a minute, then a load for some seconds, then quiet. */
const stretch = (watts: number, seconds: number, tan = 0.62, everyS = 1) =>
  Array.from({ length: 60 + seconds + 30 }, (_, i) =>
    power(DAY + 1000 * everyS * i, i >= 60 && i < 60 + seconds ? 150 + watts : 150, { tan }),
  )

describe('unexplained load', () => {
  it.each([5500, 4700, 3500, 6100])('a pump of 5.5 kW that draws %i W is explained', (watts) => {
    expect(run(stretch(watts, 300)).motor).toBe(0)
  })

  it('the inrush of a pump is explained, too', () => {
    const readings = stretch(5500, 300).map((r, i) => (i >= 60 && i < 64 ? power(r.measuredAt, 24_000) : r))
    expect(run(readings)).toMatchObject({ motor: 0, starts: [] })
  })

  it('a motor beyond the pump counts by the minute, once it has outlasted an inrush, and its start is kept', () => {
    const { motor, starts } = run(stretch(30_000, 300))
    expect(motor).toBeGreaterThan(4.8)
    expect(motor).toBeLessThan(5)
    expect(starts).toHaveLength(1)
    expect(starts[0]!.kw).toBeGreaterThan(22)
  })

  it('a small motor that is not the pump counts', () => {
    expect(run(stretch(1700, 120)).motor).toBeGreaterThan(1.7)
  })

  it('a motor beside the running pump counts', () => {
    const readings = stretch(5300, 300).map((r, i) =>
      i > 150 && i < 270 ? power(r.measuredAt, 150 + 5300 + 11_000) : r,
    )
    expect(run(readings).motor).toBeGreaterThan(1.7)
  })

  it('a heater is told from a motor by its reactive power', () => {
    expect(run(stretch(2000, 120, 0))).toMatchObject({ motor: 0 })
    expect(run(stretch(2000, 120, 0)).heating).toBeGreaterThan(1.7)
  })

  it('some hundred watts of lights are nothing', () => {
    expect(run(stretch(180, 300, 0.1)).steps.every((s) => s.kind === null)).toBe(true)
  })

  it('where no supply is expected, a pump is a motor like any other', () => {
    expect(run(stretch(5500, 120), []).motor).toBeGreaterThan(1.7)
  })

  it('an outage is silence, and what comes back with the supply is given a minute', () => {
    const outage = Array.from({ length: 300 }, (_, i) => {
      const off = i > 60 && i < 200
      return power(DAY + 1000 * i, off ? 0 : i >= 200 && i < 240 ? 20_000 : 150, { volts: off ? 0 : 230 })
    })
    expect(run(outage).motor).toBe(0)
  })

  it('in averages over a quarter of an hour a pump may hide at any level below its rating, but not above', () => {
    const quarter = (watts: number) =>
      Array.from({ length: 5 }, (_, i) => power(DAY + 900_000 * i, i === 3 ? watts : 200))
    expect(run(quarter(2900)).motor).toBe(0)
    expect(run(quarter(6000)).motor).toBe(0)
    expect(run(quarter(29_000)).motor).toBe(15)
  })

  it('unknown power is neither calm nor alarm', () => {
    const { steps } = run([power(DAY, 150), power(DAY + 1000, null), power(DAY + 2000, 150)])
    expect(steps[1]).toMatchObject({ minutes: 0, kind: null, unexplainedW: 0, switched: null })
  })
})
