import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { triggerClassOf } from '@minewarden/edge/core/measure/trigger-class.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { addShot, addTone, block, noise, START } from '../../../support/ground.ts'

const FLOOR = 5e-8
const SECONDS = 90

interface Shot {
  readonly atS: number
  readonly amplitude?: number
}

/** The events of one channel, or of three, on which shots were fired. */
function eventsOf(shots: readonly Shot[], rateHz: number, axes: readonly number[] = [1]): ReadingOf<'event'>[] {
  const channels = ['HHZ', 'HHN', 'HHE'].slice(0, axes.length)
  const measure = createMeasure({ sensor: SensorId.parse('geo-1'), kind: 'geophone', channels })
  const waves = channels.map((_, k) => {
    const wave = noise(SECONDS, rateHz, FLOOR, k + 1)
    for (const { atS, amplitude = 3e-6 } of shots) addShot(wave, rateHz, atS, axes[k]! * amplitude)
    return wave
  })
  const readings = Array.from({ length: SECONDS }, (_, second) =>
    channels.flatMap((channel, k) =>
      measure.push(block(waves[k]!, rateHz, { channel, from: second * rateHz, to: (second + 1) * rateHz })),
    ),
  ).flat()
  return [...readings, ...measure.end()].filter((r): r is ReadingOf<'event'> => r.kind === 'event')
}

const round = (atS: number, delays: number, delayS: number): Shot[] =>
  Array.from({ length: delays }, (_, i) => ({ atS: atS + i * delayS, amplitude: 3e-6 * (1 - 0.3 * (i % 2)) }))

const onsetS = ({ fields }: ReadingOf<'event'>) => (fields.onsetMs! + 1000 * fields.mainS! - START) / 1000

describe.each([100, 250, 1000])('at %i samples/s', (rateHz) => {
  it.each([
    ['a single shot', [{ atS: 45 }]],
    ['a round of milliseconds', round(45, 8, 0.025)],
    ['a round of quarter seconds', round(45, 8, 0.25)],
    ['a round of half seconds', round(45, 8, 0.5)],
    ['a round of seconds', round(45, 5, 1)],
    ['a round with a shot that fails', round(45, 10, 0.5).filter((_, i) => i < 4 || i > 6)],
    ['a round whose first shot is its weakest', [{ atS: 45, amplitude: 1e-6 }, ...round(45.5, 7, 0.5)]],
  ])('%s is one event', (_, shots) => {
    const events = eventsOf(shots, rateHz)
    expect(events).toHaveLength(1)
    expect(onsetS(events[0]!)).toBeCloseTo(45, 0)
    expect(events[0]!.fields.cut).toBe(false)
  })

  it.each([
    ['of milliseconds', round(45, 8, 0.025), round(65, 8, 0.025)],
    ['of half seconds', round(40, 8, 0.5), round(60, 8, 0.5)],
  ])('two rounds %s 20 s apart are two', (_, first, second) => {
    const events = eventsOf([...first, ...second], rateHz)
    expect(events.map((e) => Math.round(onsetS(e)))).toEqual([Math.round(first[0]!.atS), Math.round(second[0]!.atS)])
  })
})

describe('the class of a sensor', () => {
  it('follows its kind and its rate', () => {
    expect(triggerClassOf('ground', 100).name).toBe('far')
    expect(triggerClassOf('ground', 250).name).toBe('site')
    expect(triggerClassOf('ground', 1000).name).toBe('portal')
    expect(triggerClassOf('air', 1000).name).toBe('air')
  })

  it('at a portal finds a blow of thirty milliseconds that noise of the same ratio far off would not open', () => {
    const portal = triggerClassOf('ground', 1000)
    const far = triggerClassOf('ground', 100)
    expect(portal.onRatio).toBeGreaterThan(far.onRatio)
    const wave = noise(SECONDS, 1000, FLOOR)
    addTone(wave, 1000, { fromS: 45, toS: 45.03, hz: 160, amplitude: 8e-7 })
    const measure = createMeasure({ sensor: SensorId.parse('geo-1'), kind: 'geophone', channels: ['HHZ'] })
    const readings = [...measure.push(block(wave, 1000)), ...measure.end()]
    expect(readings.filter((r) => r.kind === 'event')).toHaveLength(1)
  })
})

describe('what travels with an event', () => {
  it('the slope of its coda: a shot near by falls by tens of dB a second, waves from afar by a few', () => {
    const [near] = eventsOf([{ atS: 45, amplitude: 1e-4 }], 250)
    expect(near!.fields.codaDbPerS!).toBeLessThan(-18)
    const wave = noise(SECONDS, 100, FLOOR)
    for (let i = 4500; i < 7000; i++) {
      // 20 log10(e) / 2 = 4.3 dB a second.
      const t = i / 100 - 45
      wave[i] = wave[i]! + 1e-5 * Math.exp(-t / 2) * Math.sin(2 * Math.PI * 11 * t)
    }
    const measure = createMeasure({ sensor: SensorId.parse('geo-1'), kind: 'geophone', channels: ['HHZ'] })
    const far = [...measure.push(block(wave, 100)), ...measure.end()].find((r) => r.kind === 'event')
    expect(far?.kind === 'event' && far.fields.codaDbPerS!).toBeCloseTo(-4.34, 0)
  })

  it('how its first waves move, where three channels tell', () => {
    const [event] = eventsOf([{ atS: 45, amplitude: 1e-5 }], 250, [1, 1, 0])
    expect(event!.fields.rectilinearity!).toBeGreaterThan(0.95)
    expect(event!.fields.incidenceDeg!).toBeGreaterThan(43)
    expect(event!.fields.incidenceDeg!).toBeLessThan(47)
    expect(eventsOf([{ atS: 45 }], 250)[0]!.fields.rectilinearity).toBeNull()
  })

  it('P and S of an earthquake, by their lag and their ratio', () => {
    const wave = noise(SECONDS, 100, FLOOR)
    const train = (atS: number, amplitude: number) => {
      for (let i = atS * 100; i < SECONDS * 100; i++) {
        const t = i / 100 - atS
        wave[i] = wave[i]! + amplitude * Math.exp(-t / 1.2) * Math.sin(2 * Math.PI * 12 * t)
      }
    }
    train(45, 2e-6)
    train(47.5, 8e-6)
    const measure = createMeasure({ sensor: SensorId.parse('geo-1'), kind: 'geophone', channels: ['HHZ'] })
    const event = [...measure.push(block(wave, 100)), ...measure.end()].find((r) => r.kind === 'event')
    if (event?.kind !== 'event') throw new Error('no event')
    expect(event.fields.phaseLagS!).toBeGreaterThan(2.3)
    expect(event.fields.phaseLagS!).toBeLessThan(2.7)
    expect(event.fields.phaseRatioTo18HzDb!).toBeGreaterThan(-14)
    expect(event.fields.phaseRatioTo18HzDb!).toBeLessThan(-10)
  })
})
