import { SampleClock } from '@minewarden/hardware/digitiser/sample-clock.ts'

/** Uniform in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const exponential = (meanMs: number, random: () => number): number => -meanMs * Math.log(1 - random())

export interface Weather {
  readonly rateHz: number
  readonly forS: number
  /** How much faster than monotonic time the crystal runs at a moment, ppm. */
  readonly driftPpm: (atS: number) => number
  /** How late a frame is that was finished at a moment. Frames never overtake each other. */
  readonly delayMs: (atS: number, random: () => number) => number
  readonly seed: number
}

export interface Outcome {
  /** Errors of every block's start, milliseconds, in order. */
  readonly errors: number[]
  /** How far each block starts off the end of the one before, in samples of the nominal rate. */
  readonly seams: number[]
  readonly starts: number[]
  /** Error over its stated bound, the largest. */
  readonly worstOfBound: number
  readonly clock: SampleClock
}

const FRAME = { 250: 10, 500: 16, 1000: 16 } as Record<number, number>
/** A run of a digitiser through the sample clock: blocks of half a second. */
export function simulateRun(weather: Weather, driftKnownPpm: number | null = null): Outcome {
  const { rateHz, forS } = weather
  const random = seededRandom(weather.seed)
  const frame = FRAME[rateHz]!
  const perBlock = Math.ceil(rateHz / 2 / frame) * frame
  const clock = new SampleClock({ rateHz, delayMs: 0, delayErrorMs: 0.05, driftPpm: driftKnownPpm })
  const truth: number[] = []
  const out = { errors: [] as number[], seams: [] as number[], starts: [] as number[], worstOfBound: 0, clock }
  let trueMs = 1_000_000 + random() * 1000
  let arrived = 0
  let index = 0
  let stampedTo = 0
  let endOfBlock = Number.NaN
  while (index < forS * rateHz) {
    const period = 1000 / (rateHz * (1 + weather.driftPpm(index / rateHz) * 1e-6))
    if (index % perBlock === 0) truth.push(trueMs)
    index += frame
    const last = trueMs + (frame - 1) * period
    trueMs += frame * period
    arrived = Math.max(arrived, last + weather.delayMs(index / rateHz, random))
    clock.observe(index - 1, arrived)
    while (index - stampedTo >= perBlock && clock.settled) {
      const stamp = clock.stamp(stampedTo, perBlock)!
      const error = stamp.startMs - truth.shift()!
      out.errors.push(error)
      out.starts.push(stamp.startMs)
      if (!Number.isNaN(endOfBlock)) out.seams.push(((stamp.startMs - endOfBlock) * rateHz) / 1000)
      out.worstOfBound = Math.max(out.worstOfBound, Math.abs(error) / stamp.errorMs)
      endOfBlock = stamp.startMs + (perBlock * 1000) / rateHz
      stampedTo += perBlock
    }
  }
  return out
}

/** Delays as they are met: what the driver, the scheduler and the garbage collector do. */
export const DELAYS: Record<string, Weather['delayMs']> = {
  'a quiet machine': (_s, random) => exponential(0.3, random),
  '4 ms on average': (_s, random) => exponential(4, random),
  'a USB latency timer of 16 ms': (_s, random) => random() * 16,
  'pauses of 100 ms': (_s, random) => exponential(1, random) + (random() < 0.01 ? random() * 100 : 0),
  'a busy minute in two': (s, random) => exponential(s % 120 < 60 ? 0.5 : 12, random),
  'stalls of 5 s': (s, random) => exponential(2, random) + (s % 47 < 5 ? (5 - (s % 47)) * 1000 : 0),
}

export const DRIFTS: Record<string, Weather['driftPpm']> = {
  none: () => 0,
  '+100 ppm': () => 100,
  '-100 ppm': () => -100,
  'a day of 40 ppm': (s) => 40 * Math.sin((2 * Math.PI * s) / 86_400),
  'sun on the box: 20 ppm in ten minutes': (s) => -60 + 20 * (1 - Math.exp(-s / 600)),
}
