import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import type { InstrumentResponse } from '@minewarden/hardware/contract.ts'
import { ADCS } from '@minewarden/hardware/response/adcs.ts'
import { calibrationOf } from '@minewarden/hardware/response/calibration.ts'
import { GEOPHONES } from '@minewarden/hardware/response/geophones.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { block, noise } from '../../../support/ground.ts'
import { type Burst, groundOf, recordedBy } from '../../../support/instrument.ts'

const sensor = SensorId.parse('geo-1')
const SECONDS = 40
const AT_S = 30.0013
const FLAT: InstrumentResponse = { cornerHz: null, damping: null, uncertainty: 0.05 }

/** The one event of a sensor whose axes moved so. */
function eventOf(axes: readonly (readonly Burst[])[], rateHz: number, response?: InstrumentResponse) {
  const channels = ['HHZ', 'HHN', 'HHE'].slice(0, axes.length)
  const measure = createMeasure({ sensor, kind: 'geophone', channels })
  const waves = channels.map((_, k) => {
    const floor = noise(SECONDS, rateHz, 2e-8, k + 1)
    const moved = recordedBy(response ?? FLAT, groundOf(axes[k]!), { seconds: SECONDS, rateHz })
    return moved.map((x, i) => x + floor[i]!)
  })
  const readings = Array.from({ length: SECONDS }, (_, second) =>
    channels.flatMap((channel, k) => {
      const part = block(waves[k]!, rateHz, { channel, from: second * rateHz, to: (second + 1) * rateHz })
      return measure.push({ ...part, ...(response ? { response } : {}) })
    }),
  ).flat()
  const events = [...readings, ...measure.end()].filter((r): r is ReadingOf<'event'> => r.kind === 'event')
  expect(events).toHaveLength(1)
  return events[0]!.fields
}
const burst = (hz: number, peak: number, more: Partial<Burst> = {}): Burst => ({ atS: AT_S, hz, peak, ...more })

describe('a burst of known velocity and frequency', () => {
  it.each([
    [250, 8],
    [250, 30],
    [250, 80],
    [1000, 60],
    [1000, 300],
  ])('at %i samples/s and %i Hz has its peak within 2 % and its frequency within 3 %', (rateHz, hz) => {
    for (const phase of [0, 0.7, 1.5]) {
      // A burst with its crest off the middle of its envelope peaks a little lower.
      const ground = groundOf([burst(hz, 2e-3, { phase })])
      let peak = 0
      for (let t = AT_S - 2 / hz; t < AT_S + 2 / hz; t += 1e-5) peak = Math.max(peak, Math.abs(ground(t)))
      const fields = eventOf([[burst(hz, 2e-3, { phase })]], rateHz)
      expect(Math.abs(fields.peakVerticalMPerS! / peak - 1)).toBeLessThan(0.02)
      expect(Math.abs(fields.peakVerticalHz! / hz - 1)).toBeLessThan(0.03)
      expect(fields.peakUncertainty).toBeNull()
    }
  })

  it('has peak and frequency of each axis, and the vector over time, not of the peaks', () => {
    const axes = [[burst(20, 3e-3)], [burst(45, 2e-3, { atS: AT_S + 0.5 })], [burst(12, 1e-3, { atS: AT_S + 1.2 })]]
    const fields = eventOf(axes, 500)
    expect(fields.peakVerticalMPerS! / 3e-3).toBeCloseTo(1, 2)
    expect(fields.peakNorthMPerS! / 2e-3).toBeCloseTo(1, 2)
    expect(fields.peakEastMPerS! / 1e-3).toBeCloseTo(1, 1)
    expect([fields.peakVerticalHz, fields.peakNorthHz, fields.peakEastHz].map((hz) => Math.round(hz!))).toEqual([
      20, 45, 12,
    ])
    expect(fields.peakVectorMPerS! / 3e-3).toBeCloseTo(1, 2)
  })

  it('adds up axes that move together', () => {
    const fields = eventOf([[burst(20, 3e-3)], [burst(20, 2e-3)], [burst(20, 6e-3)]], 250)
    expect(fields.peakVectorMPerS! / 7e-3).toBeCloseTo(1, 2)
  })

  it('is the strongest shot of a round, at the frequency of that shot', () => {
    const round = [0, 1, 2, 3, 4].map((k) => burst(40 + 10 * k, k === 3 ? 4e-3 : 1.5e-3, { atS: AT_S + 0.5 * k }))
    const fields = eventOf([round, [], []], 500)
    expect(fields.peakVerticalMPerS! / 4e-3).toBeCloseTo(1, 2)
    expect(Math.abs(fields.peakVerticalHz! - 70)).toBeLessThan(2)
  })
})

describe('behind a real coil and converter', () => {
  const elements = ['gs-11d-4.5', 'sm-24-10', 'gs-14-l3-28'] as const

  it.each(elements.flatMap((name) => [6, 15, 60, 150].map((hz) => [name, hz] as const)))(
    '%s: a burst of %i Hz is what the ground did, within the uncertainty that is stated',
    (name, hz) => {
      const { response } = calibrationOf(GEOPHONES[name], ADCS.ads131m04, 32)
      const fields = eventOf([[burst(hz, 2e-3)]], 500, response)
      const error = Math.abs(fields.peakVerticalMPerS! / 2e-3 - 1)
      expect(fields.peakUncertainty!).toBeGreaterThanOrEqual(response.uncertainty!)
      expect(error).toBeLessThan(fields.peakUncertainty!)
      if (hz > 1.5 * response.cornerHz!) expect(error).toBeLessThan(0.04)
    },
  )

  it('a peak that the coil halves is given back', () => {
    const { response } = calibrationOf(GEOPHONES['sm-24-10'], ADCS.ads131m04, 32, { shuntOhm: 1000 })
    const moved = recordedBy(response, groundOf([burst(6, 2e-3)]), { seconds: SECONDS, rateHz: 500 })
    const seen = moved.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    expect(seen / 2e-3).toBeLessThan(0.5)
    const fields = eventOf([[burst(6, 2e-3)]], 500, response)
    expect(Math.abs(fields.peakVerticalMPerS! / 2e-3 - 1)).toBeLessThan(0.07)
  })

  it('states more uncertainty far below its corner', () => {
    const { response } = calibrationOf(GEOPHONES['gs-14-l3-28'], ADCS.ads131m04, 32)
    const low = eventOf([[burst(5, 5e-3)]], 500, response).peakUncertainty!
    const high = eventOf([[burst(80, 5e-3)]], 500, response).peakUncertainty!
    expect(low).toBeGreaterThan(0.4)
    expect(high).toBeLessThan(0.25)
  })
})

it('a wave in the air has its level re 20 uPa, unweighted', () => {
  const rateHz = 250
  const floor = noise(SECONDS, rateHz, 1e-3)
  const moved = recordedBy(FLAT, groundOf([burst(12, 20)]), { seconds: SECONDS, rateHz })
  const wave = moved.map((x, i) => (x + floor[i]!) / 1000)
  const measure = createMeasure({ sensor, kind: 'air-pressure', channels: ['HDF'] })
  const scaled = block(wave, rateHz, { channel: 'HDF' })
  const readings = [
    ...measure.push({ ...scaled, countsPerUnit: scaled.countsPerUnit / 1000, unit: 'Pa', response: FLAT }),
    ...measure.end(),
  ]
  const event = readings.find((r): r is ReadingOf<'airEvent'> => r.kind === 'airEvent')!
  expect(Math.abs(event.fields.peakDbL! - 120)).toBeLessThan(0.1)
  expect(event.fields.peakUncertainty!).toBeGreaterThanOrEqual(0.05)
})
