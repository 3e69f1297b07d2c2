import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { addShot, block, noise } from '../../../support/ground.ts'

const sensor = SensorId.parse('s-1')
const at = instant(1e12)

describe('a meter', () => {
  const reading = {
    kind: 'power',
    at,
    activePowerW: 120,
    reactivePowerVar: null,
    voltageV: [230, 231, null],
    currentA: [0.5, null, 0.1],
    activeEnergyWh: 5,
    simulated: false,
    clock: 'ntp',
  } as const

  it('is passed on, unknown staying unknown', () => {
    const [power] = createMeasure({ sensor, kind: 'power-meter', channels: [] }).push(reading)
    expect(power).toMatchObject({
      kind: 'power',
      sensor,
      measuredAt: at,
      fields: { activePowerW: 120, reactivePowerVar: null, voltageAV: 230, voltageCV: null, currentBA: null },
    })
  })

  it('that says what is no number is counted, not passed on', () => {
    const meter = createMeasure({ sensor, kind: 'power-meter', channels: [] })
    expect(meter.push({ ...reading, activePowerW: Number.NaN })).toEqual([])
    expect(meter.discarded.badBlocks).toBe(1)
  })
})

it('a probe is passed on', () => {
  const probe = createMeasure({ sensor, kind: 'camera-probe', channels: [] })
  expect(probe.push({ kind: 'probe', at, status: 'occluded', clock: 'gnss' })[0]).toMatchObject({
    kind: 'probe',
    clock: 'gnss',
    fields: { status: 'occluded' },
  })
})

it.each(['geophone', 'air-pressure', 'power-meter', 'camera-probe'] as const)(
  'the state of a %s becomes a sensor reading',
  (kind) => {
    const measure = createMeasure({ sensor, kind, channels: ['HHZ'] })
    const device = { kind: 'device', at, state: 'silent', reason: 'no bytes for 10 s', clock: 'ntp' } as const
    expect(measure.push(device)[0]).toMatchObject({ kind: 'sensor', fields: { state: 'silent' } })
  },
)

it('a microphone gives air windows and air events in pascals', () => {
  const wave = noise(80, 100, 1e-4)
  addShot(wave, 100, 45, 0.02)
  const measure = createMeasure({ sensor, kind: 'air-pressure', channels: ['HDF'] })
  const readings = [...measure.push({ ...block(wave, 100, { channel: 'HDF' }), unit: 'Pa' }), ...measure.end()]
  expect(readings.filter((r) => r.kind === 'air').length).toBeGreaterThan(10)
  const event = readings.find((r) => r.kind === 'airEvent')
  expect(event?.fields.peakPressurePa).toBeGreaterThan(0.01)
})
