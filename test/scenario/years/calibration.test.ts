import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { measurementsOf } from '@minewarden/hardware/recording/measurements.ts'
import { openRecording } from '@minewarden/hardware/recording/recording.ts'
import type { FieldsOf, Reading } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { NIGHT } from '../../support/detection.ts'
import { requires } from '../../support/requires.ts'
import { readingsOfActs } from '../../support/simulated-ground.ts'
import { createTeller } from './ground-teller.ts'
import { createLibrary, energiesOf, measure, NOISE, type SourceName, STILLNESS } from './library.ts'
import { WORKING } from './machine-sources.ts'
import { PASSING } from './passing-sources.ts'
import { createRandom } from './random.ts'
import { pinkNoise } from './waves.ts'

const RATE = 250
const library = createLibrary()

type EventField = 'durationS' | 'energySpanS' | 'firstRatio' | 'lowShare' | 'highShare' | 'kurtosis' | 'impulses'
const SHAPE: readonly EventField[] = ['durationS', 'energySpanS', 'firstRatio', 'lowShare', 'highShare', 'kurtosis']

/** First transients of all examples of a source, at middle strengths. */
function eventsOf(source: SourceName): FieldsOf<'event'>[] {
  const random = createRandom(1)
  const examples = Array.from({ length: 16 }, (_, i) => i)
  return examples.flatMap((i) =>
    [16, 40].flatMap((ratio) =>
      (library.rendering(source, i, ratio, random)?.events ?? []).slice(0, 2).map((e) => e.fields as FieldsOf<'event'>),
    ),
  )
}

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.round(share * (values.length - 1))] ?? Number.NaN
const known = (fields: readonly FieldsOf<'event'>[], name: EventField) =>
  fields.map((f) => f[name]).filter((x) => x !== null)

/** The middle of one set lies within the bulk of the other. */
function expectAlike(measured: readonly FieldsOf<'event'>[], source: SourceName, names = SHAPE) {
  const made = eventsOf(source)
  expect(measured.length).toBeGreaterThan(0)
  for (const name of names) {
    const values = known(made, name)
    const middle = quantile(known(measured, name), 0.5)
    const slack = 0.15 * (quantile(values, 1) - quantile(values, 0))
    expect.soft(middle, `${source} ${name}`).toBeGreaterThanOrEqual(quantile(values, 0.03) - slack)
    expect.soft(middle, `${source} ${name}`).toBeLessThanOrEqual(quantile(values, 0.97) + slack)
  }
}

/** A source played over noise that is `gain` times as strong, straight through the gateway's measure. */
function playDirectly(
  render: (rateHz: number, random: ReturnType<typeof createRandom>) => { samples: Float64Array },
  peak: number,
  gain: number,
) {
  const noise = pinkNoise(200 * RATE, createRandom(99))
  const rms = Math.sqrt(noise.reduce((sum, x) => sum + x * x, 0) / noise.length)
  const { samples } = render(RATE, createRandom(4))
  const most = samples.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
  const sum = noise.map(
    (x, i) =>
      (gain * x) / rms +
      (i >= 60 * RATE && i - 60 * RATE < samples.length ? (peak * samples[i - 60 * RATE]!) / most : 0),
  )
  return measure(sum, RATE, 'ground')
}

describe('the simulated years and the gateway', () => {
  it.each(['rock-drill', 'compressor', 'crusher', 'hand-tools', 'thresher'] as const)(
    'levels of a %s over a louder background add up as in a real measure',
    (source) => {
      const [gain, peak] = [3, 60]
      const direct = playDirectly(WORKING[source], peak, gain)
        .filter((r) => r.kind === 'vibration')
        .slice(13, 38)
      const teller = createTeller('ground', { library, stillness: 'even', stillRms: NOISE, random: createRandom(5) })
      teller.begin({ kind: 'shaking', atMs: 0, forMs: 200_000, source, example: 1, peak: peak * NOISE, cause: 'test' })
      const told: Reading[] = []
      const gains = new Float64Array(6).fill(gain * gain)
      for (let i = 1; i <= 25; i++) teller.window(5000 * i, gains, 'ntp', (r) => r.kind === 'vibration' && told.push(r))
      const level = (readings: readonly Reading[], share: number) =>
        quantile(
          readings.map((r) => 10 * Math.log10(energiesOf(r).bands.reduce((a, b) => a + b, 0))),
          share,
        )
      // One example of the source against another: their turns of work and rest differ.
      expect(Math.abs(level(told, 0.8) - level(direct, 0.8))).toBeLessThan(7)
    },
  )

  it('a round in a louder background has the depth and the shape that the measure gives it', () => {
    const direct = playDirectly(PASSING['round-milliseconds'], 120, 3).filter((r) => r.kind === 'event')
    const teller = createTeller('ground', { library, stillness: 'even', stillRms: NOISE, random: createRandom(5) })
    const told: Reading[] = []
    const gains = new Float64Array(6).fill(9)
    for (let example = 0; example < 16; example++) {
      teller.begin({
        kind: 'shaking',
        atMs: 0,
        forMs: 0,
        source: 'round-milliseconds',
        example,
        peak: 120 * NOISE,
        cause: 'test',
      })
      for (let i = 1; i <= 6; i++)
        teller.window(1e6 * example + 5000 * i, gains, 'ntp', (r) => r.kind === 'event' && told.push(r))
    }
    const snr = told.flatMap((r) => (r.kind === 'event' ? [r.fields.snrDb ?? 0] : []))
    const peaks = told.flatMap((r) => (r.kind === 'event' ? [r.fields.peakVelocityMPerS ?? 0] : []))
    expect(direct).toHaveLength(1)
    const [event] = direct
    if (event?.kind !== 'event') throw new Error('no event')
    expect(event.fields.snrDb).toBeGreaterThan(quantile(snr, 0) - 4)
    expect(event.fields.snrDb).toBeLessThan(quantile(snr, 1) + 4)
    expect(quantile(peaks, 0.5) / (120 * NOISE)).toBeGreaterThan(0.6)
    expect(quantile(peaks, 0.5) / (120 * NOISE)).toBeLessThan(1.5)
  })

  it('rounds, lorries, walkers and quakes of an independent model of the ground look alike', () => {
    const acts = {
      round: { kind: 'round', atS: 100, distanceM: 150, holes: 6, delayMs: 25, chargeKg: 0.5, where: 'underground' },
      earthquake: { kind: 'earthquake', atS: 100, distanceKm: 50, magnitude: 2.5 },
      vehicle: { kind: 'vehicle', fromS: 100, forS: 40, distanceM: 30 },
      footsteps: { kind: 'footsteps', fromS: 100, forS: 40, distanceM: 10 },
    } as const
    const of = (name: keyof typeof acts) =>
      [1, 2]
        .flatMap((seed) => readingsOfActs([acts[name]], NIGHT, 200, seed))
        .flatMap((r) => (r.kind === 'event' && (r.fields.snrDb ?? 0) > 11 ? [r.fields] : []))
    expectAlike(of('round'), 'round-milliseconds', ['durationS', 'energySpanS', 'firstRatio', 'lowShare', 'impulses'])
    expectAlike(of('earthquake'), 'earthquake', ['durationS', 'energySpanS', 'lowShare', 'highShare', 'kurtosis'])
    expectAlike(of('vehicle'), 'truck', ['durationS', 'energySpanS', 'firstRatio', 'kurtosis'])
    expectAlike(of('footsteps'), 'walker', ['firstRatio', 'highShare', 'kurtosis', 'impulses'])
  })

  it('other examples of each source lie within the library', () => {
    const others = createLibrary({ seed: 77 })
    for (const source of ['quarry', 'earthquake', 'thunder', 'rockfall', 'truck', 'round-half-seconds'] as const) {
      const random = createRandom(2)
      const fields = Array.from({ length: 16 }, (_, i) => others.rendering(source, i, 40, random)?.events[0]?.fields)
      expectAlike(fields.filter((f) => f !== undefined) as FieldsOf<'event'>[], source)
    }
  })
})

const DATA = new URL('../../../../shared/data/recordings', import.meta.url).pathname

/** What the gateway's measure makes of the vertical channels of a recording. */
async function readingsOf(name: string): Promise<Reading[]> {
  const { sensors } = await openRecording(join(DATA, name))
  return sensors
    .filter((s) => s.kind === 'geophone')
    .flatMap((s) => {
      const vertical = s.channels.filter((c) => c.code.endsWith('Z'))
      const chain = createMeasure({ sensor: s.id, kind: s.kind, channels: vertical.map((c) => c.code) })
      const readings = [...measurementsOf({ ...s, channels: vertical }, 5000)].flatMap((m) => chain.push(m))
      return [...readings, ...chain.end()]
    })
}

describe.runIf(requires('real data') && existsSync(join(DATA, 'real-noise')))(
  'the simulated years and real ground',
  () => {
    it('windows of nothing are as peaked, as tonal and as rhythmic as real ones', async () => {
      const real = (await readingsOf('real-noise')).flatMap((r) => (r.kind === 'vibration' ? [r.fields] : []))
      const made = STILLNESS.flatMap((s) => library.quiet('ground', s).windows)
      for (const name of ['kurtosis', 'toneDb', 'percussionDb'] as const) {
        const [measured, simulated] = [real.map((f) => f[name] ?? 0), made.map((w) => w[name])]
        expect.soft(quantile(measured, 0.5), name).toBeGreaterThan(quantile(simulated, 0.1))
        expect.soft(quantile(measured, 0.5), name).toBeLessThan(quantile(simulated, 0.9))
        expect.soft(quantile(simulated, 0.95), name).toBeGreaterThan(quantile(measured, 0.8))
      }
    })

    it('earthquakes last, swell and sound as real ones', async () => {
      const real = (await readingsOf('real-earthquakes')).flatMap((r) =>
        r.kind === 'event' && (r.fields.snrDb ?? 0) > 16 ? [r.fields] : [],
      )
      expectAlike(real, 'earthquake')
    })
  },
)
