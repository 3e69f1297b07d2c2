/**
 * Peaks as blast monitoring knows them: the largest amplitude of an axis, the frequency of the half-wave it stands in
 * (from zero crossing to zero crossing), and the largest length of the vector over time. A wave passes its peak between
 * two samples more often than at one (at a quarter of the rate up to 29 % would be missed), so between samples it is
 * interpolated as the sampling theorem has it. Cannot see what the converter's filter has already taken away.
 *
 * @see ISEE, Performance Specifications for Blasting Seismographs, 2017; DIN 45669-1; GB 6722-2014, table 2, note
 *   ("the frequency of the wave with the largest amplitude")
 */
export interface AxisPeak {
  /** In the unit of the samples; 0 for silence. */
  readonly amplitude: number
  /** `null` where the half-wave is longer than half a second or cut off. */
  readonly hz: number | null
}

/** Samples that a stretch must have before and after what is looked at. */
export const MARGIN_SAMPLES = 16
/** Points in an interval between two samples; a parabola through the highest three finds the rest. */
const POINTS = 8
/** An interval whose samples are below this share of the largest sample cannot hold the peak below 0.4 of the rate. */
const WORTH_LOOKING = 0.3
/**
 * Intervals looked into at most, the highest first: a machine that shakes for a minute must not hold up the gateway. Of so
 * many crests one or the other lies near a sample.
 */
const MOST_INTERVALS = 2000
/** Half of the longest half-wave sought. */
const REACH_S = 0.5

/** Shape of the window: sidelobes 60 dB down, and a transition that ends near 0.44 of the rate. */
const KAISER_BETA = 6

/** Weights of the `2 * MARGIN_SAMPLES` samples around a point, for each of the points of an interval. */
const WEIGHTS: readonly Float64Array[] = Array.from({ length: POINTS }, (_, p) => weightsAt(p / POINTS))

/** The same, sample by sample: {@link POINTS} weights for each. */
const WEIGHTS_BY_SAMPLE = Float64Array.from(
  { length: 2 * MARGIN_SAMPLES * POINTS },
  (_, i) => WEIGHTS[i % POINTS]![Math.floor(i / POINTS)]!,
)

/** A sinc under a Kaiser window, normalised so that a constant stays one. */
function weightsAt(share: number): Float64Array {
  const weights = new Float64Array(2 * MARGIN_SAMPLES)
  let sum = 0
  for (let k = 0; k < weights.length; k++) {
    const x = share - (k - MARGIN_SAMPLES + 1)
    const window = kaiser(x / MARGIN_SAMPLES)
    weights[k] = window * (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))
    sum += weights[k]!
  }
  return weights.map((w) => w / sum)
}

function kaiser(x: number): number {
  return bessel0(KAISER_BETA * Math.sqrt(Math.max(0, 1 - x * x))) / bessel0(KAISER_BETA)
}

/** Modified Bessel function of order 0, by its series. @see Abramowitz and Stegun, 9.6.12 */
function bessel0(x: number): number {
  let term = 1
  let sum = 1
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

/** The wave between samples `at` and `at + 1`. */
function valueAt(wave: Float64Array, at: number, point: number): number {
  if (point === 0) return wave[at]!
  const weights = WEIGHTS[point]!
  let sum = 0
  for (let k = 0; k < weights.length; k++) sum += weights[k]! * wave[at - MARGIN_SAMPLES + 1 + k]!
  return sum
}

/** Adds the squares of the wave at the points from sample `at` to the next; all at once, as most of the work is here. */
function addSquares(squares: Float64Array, wave: Float64Array, at: number): void {
  const w = WEIGHTS_BY_SAMPLE
  let [p1, p2, p3, p4, p5, p6, p7] = [0, 0, 0, 0, 0, 0, 0]
  for (let k = 0, i = 0, from = at - MARGIN_SAMPLES + 1; k < 2 * MARGIN_SAMPLES; k++, i += POINTS) {
    const x = wave[from + k]!
    p1 += w[i + 1]! * x
    p2 += w[i + 2]! * x
    p3 += w[i + 3]! * x
    p4 += w[i + 4]! * x
    p5 += w[i + 5]! * x
    p6 += w[i + 6]! * x
    p7 += w[i + 7]! * x
  }
  const points = [wave[at]!, p1, p2, p3, p4, p5, p6, p7]
  for (let p = 0; p < POINTS; p++) squares[p] = squares[p]! + points[p]! * points[p]!
}

/** Height of the parabola through three equidistant points of which the middle is the highest. */
function crest(before: number, middle: number, after: number): number {
  const bend = before - 2 * middle + after
  return bend < 0 ? middle - (after - before) ** 2 / (8 * bend) : middle
}

/**
 * Peak of one axis.
 * @param wave samples with {@link MARGIN_SAMPLES} more before and after what is looked at
 */
export function axisPeak(wave: Float64Array, rateHz: number): AxisPeak {
  const { at, amplitude } = highest([wave])
  if (amplitude === 0) return { amplitude: 0, hz: null }
  return { amplitude, hz: halfWaveHz(wave, at, rateHz) }
}

/** Largest length over time of the vector of several axes; waves as for {@link axisPeak}, of one length and rate. */
export const vectorPeak = (waves: readonly Float64Array[]): number => highest(waves).amplitude

/** Where (in points) and how high the length of the vector is highest. */
function highest(waves: readonly Float64Array[]): { at: number; amplitude: number } {
  const first = MARGIN_SAMPLES
  const last = (waves[0]?.length ?? 0) - MARGIN_SAMPLES - 1
  const heights = intervalHeights(waves, first, last)
  let sampled = 0
  for (let i = 0; i < heights.length; i++) if (heights[i]! > sampled) sampled = heights[i]!
  const floor = worthLooking(heights, WORTH_LOOKING * WORTH_LOOKING * sampled)
  const squares = new Float64Array(POINTS)
  const fineAt = (point: number) => {
    const i = Math.floor(point / POINTS)
    return waves.reduce((sum, wave) => sum + valueAt(wave, i, point % POINTS) ** 2, 0)
  }
  let best = 0
  let at = first * POINTS
  for (let i = first; i < last; i++) {
    if (heights[i - first]! < floor) continue
    squares.fill(0)
    for (const wave of waves) addSquares(squares, wave, i)
    for (let p = 0; p < POINTS; p++) {
      if (squares[p]! > best) {
        best = squares[p]!
        at = i * POINTS + p
      }
    }
  }
  if (sampled > best) {
    best = sampled
    at = last * POINTS
  }
  const edge = at <= first * POINTS || at >= last * POINTS
  return { at, amplitude: Math.sqrt(edge ? best : crest(fineAt(at - 1), best, fineAt(at + 1))) }
}

/** Squared length of the vector at the higher end of each interval from `first` to `last`. */
function intervalHeights(waves: readonly Float64Array[], first: number, last: number): Float64Array {
  if (last <= first) return new Float64Array(0)
  const squares = new Float64Array(last - first + 1)
  for (const wave of waves) {
    for (let k = 0; k < squares.length; k++) squares[k] = squares[k]! + wave[first + k]! * wave[first + k]!
  }
  for (let k = 1; k < squares.length; k++) squares[k - 1] = Math.max(squares[k - 1]!, squares[k]!)
  return squares.subarray(0, -1)
}

/** The height from which an interval is looked into: `least`, or what {@link MOST_INTERVALS} of them reach. */
function worthLooking(heights: Float64Array, least: number): number {
  let count = 0
  for (let i = 0; i < heights.length; i++) if (heights[i]! >= least) count++
  if (count <= MOST_INTERVALS) return least
  return heights.filter((height) => height >= least).sort()[count - MOST_INTERVALS]!
}

/** Frequency of the half-wave around a point. */
function halfWaveHz(wave: Float64Array, at: number, rateHz: number): number | null {
  const reach = Math.round(REACH_S * rateHz * POINTS)
  const from = Math.max(MARGIN_SAMPLES * POINTS, at - reach)
  const to = Math.min((wave.length - MARGIN_SAMPLES - 1) * POINTS, at + reach)
  const fine = (point: number) => valueAt(wave, Math.floor(point / POINTS), point % POINTS)
  const left = crossing(fine, at, from, -1)
  const right = crossing(fine, at, to, 1)
  return left === null || right === null || right <= left ? null : (rateHz * POINTS) / (2 * (right - left))
}

/** Where the wave first changes its sign on the way from one point to another, between points by a straight line. */
function crossing(fine: (point: number) => number, from: number, to: number, step: 1 | -1): number | null {
  let before = fine(from)
  for (let point = from + step; step * (to - point) >= 0; point += step) {
    const here = fine(point)
    if (here === 0 || here > 0 !== before > 0) return point - step * (here / (here - before))
    before = here
  }
  return null
}

/**
 * The relative error that the interpolation leaves in the peak of a sine, by its share of the sample rate: the largest
 * over all phases and over stretches of less than one period, measured (`true-peak.test.ts` holds it).
 */
export function interpolationError(share: number): number {
  if (share <= 0.42) return 0.002
  return share <= 0.45 ? 0.015 : 0.7
}
