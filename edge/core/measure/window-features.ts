/** Levels, tone and rhythm of one channel over one window. */
import { BAND_NAMES } from '../dsp/bands.ts'
import type { PowerSpectrum } from '../dsp/real-fft.ts'
import { refinedHz } from '../dsp/refined-line.ts'
import { findSpectralLine } from '../dsp/spectral-line.ts'
import { spectralPeaks } from '../machine/spectral-peaks.ts'

/** Sums over the samples of a window, made while they stream by. */
export interface WindowSums {
  samples: number
  second: number
  fourth: number
  peak: number
  /** Sum of squares of each band. */
  readonly bands: Float64Array
}

export const createWindowSums = (bands: number): WindowSums => ({
  samples: 0,
  second: 0,
  fourth: 0,
  peak: 0,
  bands: new Float64Array(bands),
})

export function clearWindowSums(sums: WindowSums): void {
  sums.samples = 0
  sums.second = 0
  sums.fourth = 0
  sums.peak = 0
  sums.bands.fill(0)
}

/** Takes the broadband samples from `from` to `to` into the sums of a window. */
export function sumWave(sums: WindowSums, wave: Float64Array, from: number, to: number): void {
  let { second, fourth, peak } = sums
  let highest = peak * peak
  for (let i = from; i < to; i++) {
    const x = wave[i]!
    const square = x * x
    second += square
    fourth += square * square
    if (square > highest) {
      peak = Math.abs(x)
      highest = square
    }
  }
  sums.second = second
  sums.fourth = fourth
  sums.peak = peak
  sums.samples += to - from
}

type Levels = { [K in (typeof BAND_NAMES)[number]]: number | null }

/** Level of each band; `null` for a band that the rate cannot show. */
export function bandLevels(sums: WindowSums): Levels {
  const entries = BAND_NAMES.map((name, b) => [
    name,
    b < sums.bands.length ? Math.sqrt(sums.bands[b]! / sums.samples) : null,
  ])
  return Object.fromEntries(entries) as Levels
}

export const rms = (sums: WindowSums): number => Math.sqrt(sums.second / sums.samples)
export const kurtosis = (sums: WindowSums): number | null =>
  sums.second > 0 ? (sums.fourth * sums.samples) / (sums.second * sums.second) : null

/** Tones of motors and drills are sought from here on: below, waves and microseism make lines of their own. */
const TONE_FROM_HZ = 8
const TONE_REACH_HZ = 4
/** Up to here a digitiser's filter lets lines through. */
const HIGHEST_SHARE = 0.46

/** Peaks of a window's spectrum that the line tracker is given. */
const LEAST_PEAK_DB = 8
const MOST_PEAKS = 12

/** The strongest line of a window's end, and its peaks. @param samples as many as the spectrum takes */
export function toneOf(samples: Float64Array, spectrum: PowerSpectrum, rateHz: number) {
  const binHz = rateHz / spectrum.size
  const reach = Math.round(TONE_REACH_HZ / binHz)
  const power = spectrum.of(samples)
  const range = { binHz, fromHz: TONE_FROM_HZ, toHz: HIGHEST_SHARE * rateHz, reach }
  const line = findSpectralLine(power, range)
  return {
    tone: { toneHz: line && refinedHz(power, line.hz, binHz), toneDb: line?.db ?? null },
    peaks: () => spectralPeaks(power, { ...range, leastDb: LEAST_PEAK_DB, most: MOST_PEAKS }),
  }
}

/** Slower blows than this do not show in one window; faster ones are tones. */
const PERCUSSION_FROM_HZ = 0.8
const PERCUSSION_TO_HZ = 18
const PERCUSSION_REACH = 16

/** The strongest rhythm of an envelope, and its peaks. @param envelope amplitudes by frame, as many as the spectrum takes */
export function percussionOf(envelope: Float64Array, spectrum: PowerSpectrum, frameRateHz: number) {
  let mean = 0
  for (let i = 0; i < envelope.length; i++) mean += envelope[i]! / envelope.length
  for (let i = 0; i < envelope.length; i++) envelope[i] = envelope[i]! - mean
  const binHz = frameRateHz / spectrum.size
  const toHz = Math.min(PERCUSSION_TO_HZ, HIGHEST_SHARE * frameRateHz)
  const power = spectrum.of(envelope)
  const range = { binHz, fromHz: PERCUSSION_FROM_HZ, toHz, reach: PERCUSSION_REACH }
  const line = findSpectralLine(power, range)
  return {
    percussion: { percussionHz: line && refinedHz(power, line.hz, binHz), percussionDb: line?.db ?? null },
    peaks: () => spectralPeaks(power, { ...range, leastDb: LEAST_PEAK_DB, most: MOST_PEAKS }),
  }
}
