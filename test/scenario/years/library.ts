/**
 * The features of each source as a gateway would send them. Waveforms of the sources are played over background noise
 * through the gateway's own measure, once for each example and strength; the simulated years are put together from
 * what came out. So no feature is invented: whatever the measure makes of a source in a given depth of noise is what
 * the detector gets. The measure is linear in the ground's amplitude, so one depth of noise stands for all.
 */
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { FieldsOf, Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { HEARD } from './air-sources.ts'
import { WORK_S, WORKING } from './machine-sources.ts'
import { PASSING, type Render } from './passing-sources.ts'
import { createRandom, type Random, seedOf } from './random.ts'
import { addBurst, addLine, pinkNoise, type Wave } from './waves.ts'

const SOURCES = { ...PASSING, ...WORKING, ...HEARD, quiet: null } as const
export type SourceName = keyof typeof SOURCES
export const isWork = (name: SourceName): boolean => Object.hasOwn(WORKING, name)
const isHeard = (name: SourceName): boolean => Object.hasOwn(HEARD, name)

/** Band levels in the order of the reading's fields; the seventh band needs a faster digitiser. */
export const BANDS = 6

/** One window: what the source adds to the background, in squares of the background's rms, and the window's shape. */
export interface SourceWindow {
  readonly energy: Float64Array
  readonly broadband: number
  readonly peak: number
  readonly kurtosis: number
  readonly toneHz: number
  readonly toneDb: number
  readonly percussionHz: number
  readonly percussionDb: number
}

export interface SourceEvent {
  /** From the beginning of the source. */
  readonly onsetMs: number
  readonly toldMs: number
  readonly fields: FieldsOf<'event'> | FieldsOf<'airEvent'>
}

/** What is told of a line that is tracked; times are from the beginning of the source. */
export interface SourceLine {
  readonly toldMs: number
  readonly fields: FieldsOf<'machineLine'>
}

/** One example at one strength. */
export interface Rendering {
  readonly windows: readonly SourceWindow[]
  readonly events: readonly SourceEvent[]
  readonly lines: readonly SourceLine[]
}

/** Peaks over the background's rms at which examples are rendered. */
export const STRENGTHS = [2, 4, 8, 16, 40, 120, 500, 3000]
const GROUND_HZ = 250
const AIR_HZ = 100
export const WINDOW_S = 5
/** The trigger is ready after 20 s, its long-term average after twice that. */
const LEAD_S = 50
const TAIL_S = 10
/** The background in the library: its rms over all that the digitiser passes. */
export const NOISE = 1e-7
const COUNTS_PER_UNIT = 4e12
const START = Date.parse('2026-01-01T00:00:00Z')

/** What the background is like where nothing is the matter: even, restless with small knocks, or with a far machine's hum. */
export const STILLNESS = ['even', 'restless', 'humming'] as const
export type Stillness = (typeof STILLNESS)[number]

/** Windows of a background, and what is told of the lines in it. */
export interface Quiet {
  readonly windows: readonly SourceWindow[]
  readonly lines: readonly SourceLine[]
  readonly lengthMs: number
}

export interface Library {
  /** The strength nearest to `ratio`; between two, one of them by lot. `null`: too weak to matter. */
  rendering(name: SourceName, example: number, ratio: number, random: Random): Rendering | null
  /** Windows of nothing but noise; the whole in units of its rms. */
  readonly quiet: (kind: 'ground' | 'air', stillness: Stillness) => Quiet
}

/** @param examples of each source that passes; of each machine, whose four minutes hold many, a quarter of it */
export function createLibrary({ examples = 16, seed = 1 } = {}): Library {
  const made = new Map<string, Rendering>()
  const waves = new Map<string, Float64Array>()
  const noises = new Map<number, Float64Array>()

  const noiseOf = (rateHz: number): Float64Array => {
    const known = noises.get(rateHz) ?? unit(pinkNoise(400 * rateHz, createRandom(seedOf(seed, rateHz))), rms)
    noises.set(rateHz, known)
    return known
  }
  const waveOf = (name: SourceName, example: number): Float64Array => {
    const key = `${name}/${example}`
    const render: Render | null = SOURCES[name]
    const make = () => {
      const { samples } = render!(rateOf(name), createRandom(seedOf(seed, hash(name), example)))
      return unit(samples, peak)
    }
    const known = waves.get(key) ?? make()
    waves.set(key, known)
    return known
  }
  const at = (name: SourceName, example: number, strength: number): Rendering => {
    const key = `${name}/${example}/${strength}`
    const known = made.get(key) ?? play(name, waveOf(name, example), noiseOf(rateOf(name)), strength)
    made.set(key, known)
    return known
  }
  const quiets = new Map<string, Quiet>()

  return {
    rendering(name, example, ratio, random) {
      if (ratio < 1) return null
      let k = STRENGTHS.findIndex((s) => s >= ratio)
      if (k < 0) k = STRENGTHS.length - 1
      const [low, high] = [STRENGTHS[Math.max(0, k - 1)]!, STRENGTHS[k]!]
      const share = high > low ? Math.log(ratio / low) / Math.log(high / low) : 1
      return at(name, example % (isWork(name) ? Math.ceil(examples / 4) : examples), random.next() < share ? high : low)
    },
    quiet(kind, stillness) {
      const rateHz = kind === 'ground' ? GROUND_HZ : AIR_HZ
      const key = `${kind}/${stillness}`
      const make = () => {
        const wave = { rateHz, samples: noiseOf(rateHz).slice() }
        disturb(wave, stillness, createRandom(seedOf(seed, rateHz, 7)))
        return quietOf(wave.samples, rateHz, kind)
      }
      const known = quiets.get(key) ?? make()
      quiets.set(key, known)
      return known
    },
  }
}

const rateOf = (name: SourceName): number => (isHeard(name) ? AIR_HZ : GROUND_HZ)
const hash = (text: string): number => [...text].reduce((sum, c) => (Math.imul(sum, 31) + c.charCodeAt(0)) >>> 0, 7)
const rms = (samples: Float64Array) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)
const peak = (samples: Float64Array) => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-30)
function unit(samples: Float64Array, measure: (samples: Float64Array) => number): Float64Array {
  const scale = 1 / measure(samples)
  return samples.map((x) => x * scale)
}

/** Plays one example over noise through the gateway's measure. */
function play(name: SourceName, wave: Float64Array, noise: Float64Array, strength: number): Rendering {
  const rateHz = rateOf(name)
  const seconds = LEAD_S + Math.ceil(wave.length / rateHz / WINDOW_S) * WINDOW_S + TAIL_S
  const samples = noise.slice(0, seconds * rateHz)
  for (let i = 0; i < wave.length; i++) samples[LEAD_S * rateHz + i]! += strength * wave[i]!
  const readings = measure(samples, rateHz, isHeard(name) ? 'air' : 'ground')
  const quiet = backgroundOf(readings)
  const beginMs = START + 1000 * LEAD_S
  return {
    windows: readings.filter((r) => isWindow(r) && r.measuredAt > beginMs).map((r) => windowOf(r, quiet)),
    events: readings
      .filter((r) => r.kind === 'event' || r.kind === 'airEvent')
      .filter(
        (r) => (r.fields.onsetMs ?? 0) >= beginMs - 2000 && (!isWork(name) || r.measuredAt < beginMs + 1000 * WORK_S),
      )
      .map((r) => ({
        onsetMs: (r.fields.onsetMs ?? 0) - beginMs,
        toldMs: r.measuredAt - beginMs,
        fields: r.fields as SourceEvent['fields'],
      })),
    lines: linesOf(readings, beginMs).filter((l) => !isWork(name) || l.toldMs < 1000 * WORK_S),
  }
}

/** Lines that began with the source or after it. */
const linesOf = (readings: readonly Reading[], beginMs: number): SourceLine[] =>
  readings.flatMap((r) => {
    if (r.kind !== 'machineLine' || (r.fields.sinceMs ?? 0) < beginMs - 1000 * WINDOW_S) return []
    const { sinceMs, heardMs } = r.fields
    const fields = { ...r.fields, sinceMs: (sinceMs ?? 0) - beginMs, heardMs: (heardMs ?? 0) - beginMs }
    return [{ toldMs: r.measuredAt - beginMs, fields }]
  })

/** What a gateway makes of samples in units of the noise. */
export function measure(samples: Float64Array, rateHz: number, kind: 'ground' | 'air', startMs = START): Reading[] {
  const channel = kind === 'ground' ? 'HHZ' : 'HDF'
  const sensor = SensorId.parse('library')
  const chain = createMeasure({ sensor, kind: kind === 'ground' ? 'geophone' : 'air-pressure', channels: [channel] })
  const head = { kind: 'waveform', channel, rateHz, countsPerUnit: COUNTS_PER_UNIT, clock: 'gnss' } as const
  const counts = Int32Array.from(samples, (x) => Math.max(-2e9, Math.min(2e9, Math.round(x * NOISE * COUNTS_PER_UNIT))))
  const unitOf = kind === 'ground' ? 'm/s' : 'Pa'
  return [...chain.push({ ...head, unit: unitOf, startAt: instant(startMs), counts }), ...chain.end()]
}

const isWindow = (r: Reading): boolean => r.kind === 'vibration' || r.kind === 'air'

const GROUND_BANDS = [
  'rmsTo4HzMPerS',
  'rmsTo9HzMPerS',
  'rmsTo18HzMPerS',
  'rmsTo30HzMPerS',
  'rmsTo45HzMPerS',
  'rmsTo100HzMPerS',
] as const
const AIR_BANDS = ['rmsTo4HzPa', 'rmsTo9HzPa', 'rmsTo18HzPa', 'rmsTo30HzPa', 'rmsTo45HzPa', 'rmsTo100HzPa'] as const

/** Levels of a window in units of the noise, as squares. */
export function energiesOf(reading: Reading): { bands: Float64Array; broadband: number; peak: number } {
  if (reading.kind === 'vibration') {
    const f = reading.fields
    return levels(
      GROUND_BANDS.map((name) => f[name]),
      f.rmsMPerS,
      f.peakMPerS,
    )
  }
  if (reading.kind !== 'air') return levels([], 0, 0)
  const f = reading.fields
  return levels(
    AIR_BANDS.map((name) => f[name]),
    f.rmsPa,
    f.peakPa,
  )
}

const levels = (bands: readonly (number | null)[], all: number | null, most: number | null) => ({
  bands: Float64Array.from({ length: BANDS }, (_, b) => ((bands[b] ?? 0) / NOISE) ** 2),
  broadband: ((all ?? 0) / NOISE) ** 2,
  peak: (most ?? 0) / NOISE,
})

interface Levels {
  readonly bands: Float64Array
  readonly broadband: number
}

/** Mean of the windows before the source. */
function backgroundOf(readings: readonly Reading[]): Levels {
  const before = readings
    .filter((r) => isWindow(r) && r.measuredAt < START + 1000 * LEAD_S)
    .slice(2)
    .map(energiesOf)
  const mean = (of: (e: ReturnType<typeof energiesOf>) => number) =>
    before.reduce((sum, e) => sum + of(e), 0) / before.length
  return {
    bands: Float64Array.from({ length: BANDS }, (_, b) => mean((e) => e.bands[b]!)),
    broadband: mean((e) => e.broadband),
  }
}

function windowOf(reading: Reading, background: Levels): SourceWindow {
  const { bands, broadband, peak } = energiesOf(reading)
  const fields = reading.fields as FieldsOf<'vibration'>
  return {
    energy: bands.map((e, b) => Math.max(0, e - background.bands[b]!)),
    broadband: Math.max(0, broadband - background.broadband),
    peak,
    ...shapeOf(fields),
  }
}

const shapeOf = (
  f: Pick<FieldsOf<'vibration'>, 'kurtosis' | 'toneHz' | 'toneDb' | 'percussionHz' | 'percussionDb'>,
) => ({
  kurtosis: f.kurtosis ?? 3,
  toneHz: f.toneHz ?? 0,
  toneDb: f.toneDb ?? 0,
  percussionHz: f.percussionHz ?? 0,
  percussionDb: f.percussionDb ?? 0,
})

/** Real ground is not Gaussian: its windows have a kurtosis of 2.5 to 6 and lines of up to 16 dB (`calibration.test.ts`). */
function disturb(wave: Wave, stillness: Stillness, random: Random): void {
  const { samples, rateHz } = wave
  if (stillness === 'humming') {
    const hz = random.between(14, 50)
    addLine(
      wave,
      (s) => hz * (1 + 0.001 * Math.sin(s / 9)),
      (s) => 0.15 * (1 + Math.sin(s / 40)),
      [1, 0.5],
    )
  }
  if (stillness === 'even') return
  let level = 0
  for (let i = 0; i < samples.length; i++) {
    level += -level / rateHz + (0.4 * random.gauss()) / Math.sqrt(rateHz)
    samples[i]! *= Math.exp(level)
  }
  for (let s = 0; s < samples.length / rateHz - 2; s += -6 * Math.log(1 - random.next()))
    addBurst(wave, s, { amplitude: random.ratio(1, 4), riseS: 0.01, decayS: 0.06, lowHz: 5, highHz: 40 }, random)
}

function quietOf(noise: Float64Array, rateHz: number, kind: 'ground' | 'air'): Quiet {
  const readings = measure(noise, rateHz, kind)
  const windows = readings
    .filter(isWindow)
    .slice(4)
    .map((r) => {
      const { bands, broadband, peak } = energiesOf(r)
      const shape = shapeOf(r.fields as FieldsOf<'vibration'>)
      return { energy: bands, broadband, peak, ...shape }
    })
  return { windows, lines: linesOf(readings, START), lengthMs: (1000 * noise.length) / rateHz }
}
