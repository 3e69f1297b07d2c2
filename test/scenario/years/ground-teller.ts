/** Makes a sensor's readings, window by window, from what shakes it: backgrounds and sources add as energies. */
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { FieldsOf, Reading } from '@minewarden/protocol/reading.ts'
import { type ClockQuality, instant } from '@minewarden/protocol/time.ts'
import type { Shaking } from './happening.ts'
import {
  BANDS,
  isWork,
  type Library,
  NOISE,
  type Rendering,
  type SourceLine,
  type SourceWindow,
  type Stillness,
  WINDOW_S,
} from './library.ts'
import { type Span, scheduleLines } from './line-schedule.ts'
import type { Random } from './random.ts'

/** Windows that a machine's start takes; later passes over the same four minutes begin after it. */
const START_WINDOWS = 3

interface Playing {
  readonly shaking: Shaking
  readonly rendering: Rendering
  /** From the library's unit of noise to this sensor's SI unit. */
  readonly scale: number
  window: number
  readonly windows: number
}

interface Due {
  readonly atMs: number
  readonly reading: Reading
}

export interface Teller {
  /** A source begins at the next window. */
  begin(shaking: Shaking): void
  /** The window that ends at `endMs`, and the transients that are told by then. `gains`: energy of each band over the still night's. */
  window(endMs: number, gains: Float64Array, clock: ClockQuality, emit: (reading: Reading) => void): void
  /** Nothing is measured: sources go on unheard. */
  skip(endMs: number): void
}

const HUM_MS = 86_400_000

interface Deps {
  readonly library: Library
  readonly stillness: Stillness
  /** Rms of the background on a still night. */
  readonly stillRms: number
  readonly random: Random
}

export function createTeller(kind: 'ground' | 'air', { library, stillness, stillRms, random }: Deps): Teller {
  const sensor = SensorId.parse(kind === 'ground' ? 'geo-1' : 'air-1')
  const quiet = library.quiet(kind, stillness)
  const playing: Playing[] = []
  /** In order of time; `fresh` still has to be put among them. */
  const due: Due[] = []
  const fresh: Due[] = []
  const waiting: Shaking[] = []
  let lineCount = 0
  /** Until when the lines of the background are scheduled. */
  let hummedMs = Number.NaN
  let humming: NonNullable<Span['lasting']> | null = null
  const bands = new Float64Array(BANDS)
  const still = stillRms * stillRms

  /** Depth of the background that a source has to stand out of, over the still night's. */
  const depth = (gains: Float64Array): number => {
    let sum = 0
    for (let b = 1; b < BANDS; b++) sum += gains[b]!
    return Math.sqrt(sum / (BANDS - 1))
  }

  const start = (shaking: Shaking, beginMs: number, gains: Float64Array, clock: ClockQuality): void => {
    const background = stillRms * depth(gains)
    const rendering = library.rendering(shaking.source, shaking.example, shaking.peak / background, random)
    if (!rendering) return
    const work = isWork(shaking.source)
    const windows = work ? Math.ceil(shaking.forMs / (1000 * WINDOW_S)) : rendering.windows.length
    const scale = background / NOISE
    playing.push({ shaking, rendering, scale, window: 0, windows })
    const passMs = 1000 * WINDOW_S * rendering.windows.length
    for (let pass = 0; pass * passMs < windows * 1000 * WINDOW_S && pass < 400; pass++) {
      for (const event of rendering.events) {
        if (pass > 0 && event.onsetMs < 1000 * WINDOW_S * START_WINDOWS) continue
        const onsetMs = beginMs + pass * passMs + event.onsetMs
        if (work && onsetMs > beginMs + shaking.forMs) continue
        fresh.push({
          atMs: beginMs + pass * passMs + event.toldMs,
          reading: eventReading(event.fields, onsetMs, beginMs + pass * passMs + event.toldMs, scale, clock),
        })
      }
    }
    const endMs = beginMs + (work ? shaking.forMs : 1000 * WINDOW_S * windows)
    tellLines(rendering.lines, { beginMs, endMs, passMs, scale, nextLine: () => ++lineCount }, clock)
  }

  const tellLines = (lines: readonly SourceLine[], span: Span, clock: ClockQuality): void => {
    for (const { atMs, fields } of scheduleLines(lines, span)) {
      const reading: Reading = { kind: 'machineLine', sensor, channel: null, measuredAt: instant(atMs), clock, fields }
      fresh.push({ atMs, reading })
    }
    fresh.sort((a, b) => a.atMs - b.atMs)
    for (const one of fresh) insert(due, one)
    fresh.length = 0
  }

  const eventReading = (
    fields: FieldsOf<'event'> | FieldsOf<'airEvent'>,
    onsetMs: number,
    atMs: number,
    scale: number,
    clock: ClockQuality,
  ): Reading => {
    const head = { sensor, channel: null, measuredAt: instant(atMs), clock }
    if ('peakPressurePa' in fields) {
      const pa = (fields.peakPressurePa ?? 0) * scale
      const scaled = {
        onsetMs,
        peakPressurePa: pa,
        backgroundPa: (fields.backgroundPa ?? 0) * scale,
        peakDbL: 20 * Math.log10(pa / 2e-5),
      }
      return { ...head, kind: 'airEvent', fields: { ...fields, ...scaled } }
    }
    const times = (value: number | null) => (value === null ? null : value * scale)
    const scaled = {
      onsetMs,
      peakVelocityMPerS: times(fields.peakVelocityMPerS),
      peakVerticalMPerS: times(fields.peakVerticalMPerS),
      backgroundMPerS: times(fields.backgroundMPerS),
    }
    return { ...head, kind: 'event', fields: { ...fields, ...scaled } }
  }

  /** The background's own lines, for a day: a machine far off that never rests, or chance. */
  const hum = (beginMs: number, clock: ClockQuality): void => {
    humming ??= { sinceMs: beginMs, numbers: new Map() }
    hummedMs = beginMs + HUM_MS
    const span = {
      beginMs,
      endMs: hummedMs,
      passMs: quiet.lengthMs,
      scale: stillRms / NOISE,
      nextLine: () => ++lineCount,
      lasting: humming,
    }
    tellLines(quiet.lines, span, clock)
  }

  const windowReading = (endMs: number, gains: Float64Array, clock: ClockQuality): Reading => {
    const q = quiet.windows[Math.floor(random.next() * quiet.windows.length)]!
    let shape: SourceWindow = q
    let peak = 0
    let all = 0
    for (let b = 0; b < BANDS; b++) {
      const energy = still * q.energy[b]! * gains[b]!
      bands[b] = energy
      all += energy
    }
    peak = 4 * Math.sqrt(all)
    let loudest = all
    for (let i = 0; i < playing.length; i++) {
      const p = playing[i]!
      const source = windowOf(p)
      const square = p.scale * p.scale
      let sum = 0
      for (let b = 0; b < BANDS; b++) {
        const energy = source.energy[b]! * NOISE * NOISE * square
        bands[b]! += energy
        sum += energy
      }
      all += sum
      if (sum > 0.3 * loudest) {
        loudest = Math.max(loudest, sum)
        shape = source
        peak = Math.max(peak, source.peak * NOISE * p.scale)
      }
      if (++p.window >= p.windows) playing.splice(i--, 1)
    }
    return kind === 'ground' ? vibration(endMs, clock, all, peak, shape) : air(endMs, clock, all, peak, shape)
  }

  const vibration = (endMs: number, clock: ClockQuality, all: number, peak: number, s: SourceWindow): Reading => ({
    kind: 'vibration',
    sensor,
    channel: 'HHZ',
    measuredAt: instant(endMs),
    clock,
    fields: {
      windowS: WINDOW_S,
      coverage: 1,
      rmsMPerS: Math.sqrt(all),
      peakMPerS: peak,
      rmsTo4HzMPerS: Math.sqrt(bands[0]!),
      rmsTo9HzMPerS: Math.sqrt(bands[1]!),
      rmsTo18HzMPerS: Math.sqrt(bands[2]!),
      rmsTo30HzMPerS: Math.sqrt(bands[3]!),
      rmsTo45HzMPerS: Math.sqrt(bands[4]!),
      rmsTo100HzMPerS: Math.sqrt(bands[5]!),
      rmsTo200HzMPerS: null,
      kurtosis: s.kurtosis,
      toneHz: s.toneHz,
      toneDb: s.toneDb,
      percussionHz: s.percussionHz,
      percussionDb: s.percussionDb,
    },
  })
  const air = (endMs: number, clock: ClockQuality, all: number, peak: number, s: SourceWindow): Reading => ({
    kind: 'air',
    sensor,
    channel: 'HDF',
    measuredAt: instant(endMs),
    clock,
    fields: {
      windowS: WINDOW_S,
      coverage: 1,
      rmsPa: Math.sqrt(all),
      peakPa: peak,
      rmsTo4HzPa: Math.sqrt(bands[0]!),
      rmsTo9HzPa: Math.sqrt(bands[1]!),
      rmsTo18HzPa: Math.sqrt(bands[2]!),
      rmsTo30HzPa: Math.sqrt(bands[3]!),
      rmsTo45HzPa: Math.sqrt(bands[4]!),
      rmsTo100HzPa: null,
      rmsTo200HzPa: null,
      kurtosis: s.kurtosis,
      toneHz: s.toneHz,
      toneDb: s.toneDb,
      percussionHz: s.percussionHz,
      percussionDb: s.percussionDb,
    },
  })

  return {
    begin: (shaking) => void waiting.push(shaking),
    window(endMs, gains, clock, emit) {
      // What began within the window before is rendered from this one's beginning on: the library's grid is the clock's.
      for (const shaking of waiting) start(shaking, endMs - 1000 * WINDOW_S, gains, clock)
      waiting.length = 0
      if (kind === 'ground' && quiet.lines.length > 0 && !(endMs < hummedMs)) hum(endMs, clock)
      while (due.length > 0 && due[0]!.atMs <= endMs) emit(due.shift()!.reading)
      emit(windowReading(endMs, gains, clock))
    },
    skip(endMs) {
      waiting.length = 0
      while (due.length > 0 && due[0]!.atMs <= endMs) due.shift()
      for (let i = playing.length - 1; i >= 0; i--)
        if (++playing[i]!.window >= playing[i]!.windows) playing.splice(i, 1)
    },
  }
}

/** Puts one in its place, after those of the same moment. */
function insert(due: Due[], one: Due): void {
  let [low, high] = [0, due.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (due[middle]!.atMs > one.atMs) high = middle
    else low = middle + 1
  }
  if (low === due.length) due.push(one)
  else due.splice(low, 0, one)
}

function windowOf({ rendering, window }: Playing): SourceWindow {
  const { windows } = rendering
  if (window < windows.length) return windows[window]!
  return windows[START_WINDOWS + ((window - windows.length) % (windows.length - START_WINDOWS))]!
}
