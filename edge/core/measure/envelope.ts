/**
 * The shape of a transient in time, from its envelope: how it comes up, how it dies, how many sharp arrivals it has.
 * A shot comes up within a tenth of a second and dies within one; a round has several shots at uneven delays; a
 * walker's steps are even and each as short as his foot; a vehicle swells and fades over seconds; an earthquake has
 * two arrivals and a long coda.
 */
export interface Shape {
  /** From the trigger to where the transient proper begins; all other times count from there. */
  readonly mainS: number
  readonly attackS: number
  readonly riseS: number
  readonly firstRatio: number
  readonly energyHalfS: number
  readonly energySpanS: number
  readonly decayS: number
  /** Slope of the level from the strongest arrival down to the background; `null` for less than half a second of it. */
  readonly codaDbPerS: number | null
  readonly impulses: number
  readonly impulseIntervalS: number | null
  readonly impulseIntervalSpread: number | null
  readonly impulseEvenness: number | null
  /** Frame of the strongest arrival, from the trigger. */
  readonly strongest: number
}

const FIRST_S = 0.3
/** What is below this share of the strongest arrival (in energy), or this near to the background, is not part of it. */
const MAIN_SHARE = 0.03
const ENERGY_SHARE = 0.01
const OVER_FLOOR = 3
/** A sharp arrival: so many times over the quietest moment of the quarter second before. */
const SHARP_RATIO = 6
const SHARP_WITHIN_S = 0.24
/** A tenth of a second on both sides must be lower. */
const APART_S = 0.1
/** Arrivals below this share of the strongest (in energy) are left out: echoes. */
const SMALLEST_SHARE = 0.02

/**
 * @param envelope energy by frame over the background's own, from the trigger on; noise stands near `floor`
 */
export function describeShape(envelope: Float64Array, floor: number, frameRateHz: number): Shape {
  const all = smoothed(envelope)
  const peak = all[indexOfMaximum(all)] ?? 0
  const main = Math.max(
    0,
    all.findIndex((x) => x >= Math.max(MAIN_SHARE * peak, Math.min(peak, OVER_FLOOR * floor))),
  )
  const smooth = all.subarray(main)
  const strongest = indexOfMaximum(smooth)
  const max = Math.max(peak, Number.MIN_VALUE)
  const first = maximum(smooth, Math.round(FIRST_S * frameRateHz))
  const peaks = sharpArrivals(smooth, Math.max(floor, SMALLEST_SHARE * max), floor, frameRateHz)
  const { half, span } = energyTimes(smooth, Math.max(ENERGY_SHARE * max, Math.min(max, OVER_FLOOR * floor)))
  return {
    mainS: main / frameRateHz,
    attackS: (strongest - lastBelow(smooth, strongest, 0.1 * max)) / frameRateHz,
    riseS: strongest / frameRateHz,
    firstRatio: Math.sqrt(first / max),
    energyHalfS: half / frameRateHz,
    energySpanS: span / frameRateHz,
    decayS: (firstBelow(smooth, strongest, Math.max(0.01 * max, 2 * floor)) - strongest) / frameRateHz,
    codaDbPerS: codaSlope(smooth, strongest, OVER_FLOOR * floor, frameRateHz),
    strongest: main + strongest,
    ...rhythm(peaks, smooth, frameRateHz),
  }
}

/** Mean of three neighbours. */
function smoothed(x: Float64Array): Float64Array {
  const out = new Float64Array(x.length)
  for (let i = 0; i < x.length; i++) out[i] = (x[Math.max(0, i - 1)]! + x[i]! + x[Math.min(x.length - 1, i + 1)]!) / 3
  return out
}

function indexOfMaximum(x: Float64Array): number {
  let best = 0
  for (let i = 1; i < x.length; i++) if (x[i]! > x[best]!) best = i
  return best
}

function maximum(x: Float64Array, count: number): number {
  let best = 0
  for (let i = 0; i < Math.min(count, x.length); i++) best = Math.max(best, x[i]!)
  return best
}

/** Walks back from `from` to the last frame below `level`; -1 if the transient opens above it. */
function lastBelow(x: Float64Array, from: number, level: number): number {
  let i = from
  while (i >= 0 && x[i]! >= level) i--
  return i
}

function firstBelow(x: Float64Array, from: number, level: number): number {
  let i = from
  while (i < x.length && x[i]! >= level) i++
  return i
}

/** A coda that is shorter than this has no slope worth the name. */
const SHORTEST_CODA_S = 0.5

/**
 * Least squares over the level in dB, until it first meets the background: waves scattered by kilometres of crust die
 * by a few dB a second, those of a shot near by with its own ringing.
 * @see Aki & Chouet, Origin of coda waves (J. Geophys. Res. 80, 1975)
 */
function codaSlope(x: Float64Array, from: number, floor: number, frameRateHz: number): number | null {
  const to = firstBelow(x, from, floor)
  const n = to - from
  if (n < SHORTEST_CODA_S * frameRateHz) return null
  let level = 0
  let product = 0
  for (let i = from; i < to; i++) level += (10 * Math.log10(x[i]!)) / n
  for (let i = from; i < to; i++) product += (i - from - (n - 1) / 2) * (10 * Math.log10(x[i]!) - level)
  return (12 * frameRateHz * product) / (n * (n * n - 1))
}

/** When half of the energy has passed, and how long its middle nine tenths last; frames below `least` are background. */
function energyTimes(x: Float64Array, least: number): { half: number; span: number } {
  let total = 0
  for (let i = 0; i < x.length; i++) if (x[i]! >= least) total += x[i]!
  let sum = 0
  let from = 0
  let half = 0
  let to = x.length
  for (let i = 0; i < x.length; i++) {
    if (x[i]! >= least) sum += x[i]!
    if (sum < 0.05 * total) from = i + 1
    if (sum < 0.5 * total) half = i + 1
    if (sum >= 0.95 * total) {
      to = i
      break
    }
  }
  return { half, span: Math.max(0, to - from) }
}

/** Frames of the sharp arrivals, in order. */
function sharpArrivals(x: Float64Array, smallest: number, floor: number, frameRateHz: number): number[] {
  const apart = Math.max(1, Math.round(APART_S * frameRateHz))
  const before = Math.round(SHARP_WITHIN_S * frameRateHz)
  const found: number[] = []
  for (let i = 0; i < x.length; i++) {
    if (x[i]! < smallest || !isHighest(x, i, apart)) continue
    let lowest = i < before ? floor : Number.POSITIVE_INFINITY
    for (let j = Math.max(0, i - before); j < i; j++) lowest = Math.min(lowest, x[j]!)
    if (x[i]! >= SHARP_RATIO * Math.max(lowest, floor)) found.push(i)
  }
  return found
}

function isHighest(x: Float64Array, at: number, apart: number): boolean {
  for (let i = Math.max(0, at - apart); i <= Math.min(x.length - 1, at + apart); i++) {
    if (x[i]! > x[at]! || (x[i]! === x[at]! && i < at)) return false
  }
  return true
}

function rhythm(peaks: readonly number[], x: Float64Array, frameRateHz: number) {
  const amplitudes = peaks.map((i) => Math.sqrt(x[i]!))
  const intervals = peaks.slice(1).map((frame, i) => (frame - peaks[i]!) / frameRateHz)
  const interval = median(intervals)
  const spread = interval === null ? null : median(intervals.map((s) => Math.abs(s - interval)))
  return {
    impulses: peaks.length,
    impulseIntervalS: interval,
    impulseIntervalSpread: interval && spread !== null ? spread / interval : null,
    impulseEvenness: amplitudes.length > 0 ? median(amplitudes)! / Math.max(...amplitudes) : null,
  }
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
