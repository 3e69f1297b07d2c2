/**
 * Delay firing seen in the spectrum: shots at equal delays multiply the spectrum of one shot by an interference
 * pattern whose maxima lie 1/delay apart and, unlike the marks of a path or of a rupture, stay where they are for the
 * whole of the record. The log spectra of overlapping windows are averaged (what moves is lost), the trend is taken
 * away, and the spacing sought by which a sinusoid explains most of what is left (a cepstrum by least squares).
 * Cannot see delays scattered by more than a quarter of themselves, delays no longer than one shot rings (its own
 * spectrum has lobes of that width), nor spacings wider than half of the band.
 *
 * @see Smith, High-frequency seismic observations and models of chemical explosions (BSSA 79, 1989); Hedlin, A global
 *   test of a time-frequency small-event discriminant (BSSA 88, 1998); SAND96-0179C (windows of 2.5 s, 5/8 overlapped)
 */
import type { PowerSpectrum } from './real-fft.ts'

export interface Banding {
  /** Time between shots that would space the bands so. */
  readonly delayS: number
  /** Share (0 to 1) of the variance of the flattened log spectrum that the pattern explains. */
  readonly share: number
}

export const BANDING_WINDOW_S = 2.5
const HOP_SHARE = 3 / 8
const FROM_HZ = 3
/** An anti-alias filter bends the spectrum beyond. */
const TO_SHARE = 0.4
const TO_HZ = 150
/** The pattern must repeat at least twice in the band, and its period hold at least six bins. */
const FEWEST_PERIODS = 2
const FEWEST_BINS = 6
/** Below this share of the strongest bin (in power) a spectrum is noise, whatever its pattern. */
const FLOOR = 1e-4
/** Longest stretch looked at: a round is over by then. */
const MOST_WINDOWS = 16
const FEWEST_POINTS = 24

/**
 * @param samples of the transient from its onset to its end
 * @param spectrum of about {@link BANDING_WINDOW_S}
 * @returns `null` where the band is too narrow or there is no energy
 */
export function findBanding(samples: Float64Array, rateHz: number, spectrum: PowerSpectrum): Banding | null {
  const binHz = rateHz / spectrum.size
  const from = Math.ceil(FROM_HZ / binHz)
  const to = Math.floor(Math.min(TO_HZ, TO_SHARE * rateHz) / binHz)
  const log = averageLogSpectrum(samples, spectrum, from, to)
  if (!log || log.length < FEWEST_POINTS) return null
  flatten(log)
  let total = 0
  for (const x of log) total += x * x
  if (total === 0) return null
  let best: Banding | null = null
  for (let periods = FEWEST_PERIODS; log.length / periods >= FEWEST_BINS; periods += 0.25) {
    const share = explained(log, (2 * Math.PI * periods) / log.length) / total
    if (!best || share > best.share) best = { delayS: periods / (log.length * binHz), share }
  }
  return best
}

/** Mean over the windows of each log spectrum, less its own mean: a loud window counts no more than a weak one. */
function averageLogSpectrum(samples: Float64Array, spectrum: PowerSpectrum, from: number, to: number) {
  if (to <= from) return null
  const log = new Float64Array(to - from + 1)
  const block = new Float64Array(spectrum.size)
  const hop = Math.round(HOP_SHARE * spectrum.size)
  const windows = Math.min(MOST_WINDOWS, 1 + Math.max(0, Math.floor((samples.length - spectrum.size) / hop)))
  let seen = 0
  for (let w = 0; w < windows; w++) {
    // What is shorter than a window stands in its middle, where the Hann window is flat.
    const lead = Math.max(0, (spectrum.size - samples.length) >> 1)
    block.fill(0)
    block.set(samples.subarray(w * hop, Math.min(samples.length, w * hop + spectrum.size - lead)), lead)
    const power = spectrum.of(block)
    let most = 0
    for (let k = from; k <= to; k++) most = Math.max(most, power[k]!)
    if (most === 0) continue
    seen++
    for (let k = from; k <= to; k++) {
      log[k - from] = log[k - from]! + Math.log(Math.max(power[k]!, FLOOR * most))
    }
  }
  return seen > 0 ? log : null
}

/** Takes the parabola of least squares away: source, path and instrument bend a log spectrum that slowly. */
function flatten(x: Float64Array): void {
  const n = x.length
  // Discrete Legendre polynomials of degree 0 to 2 over the points, made orthogonal one after the other.
  const basis: Float64Array[] = []
  for (let degree = 0; degree <= 2; degree++) {
    const p = Float64Array.from({ length: n }, (_, i) => ((2 * i) / (n - 1) - 1) ** degree)
    for (const q of basis) project(p, q)
    basis.push(p)
  }
  for (const q of basis) project(x, q)
}

/** Takes from `x` what lies along `q`. */
function project(x: Float64Array, q: Float64Array): void {
  let dot = 0
  let square = 0
  for (let i = 0; i < x.length; i++) {
    dot += x[i]! * q[i]!
    square += q[i]! * q[i]!
  }
  for (let i = 0; i < x.length; i++) x[i] = x[i]! - (dot / square) * q[i]!
}

/** Energy that a sinusoid of a step per point explains. */
function explained(x: Float64Array, step: number): number {
  let re = 0
  let im = 0
  for (let i = 0; i < x.length; i++) {
    re += x[i]! * Math.cos(step * i)
    im += x[i]! * Math.sin(step * i)
  }
  return (2 * (re * re + im * im)) / x.length
}
