import { refinedHz } from '../dsp/refined-line.ts'

/** A narrow peak of a spectrum. */
export interface SpectralPeak {
  readonly hz: number
  /** Over the mean of its neighbourhood without it. */
  readonly db: number
  /** Standard deviation of `hz` by the noise about it. */
  readonly errorHz: number
  /** Power of its bin in the units of the spectrum, the neighbourhood's taken off. */
  readonly power: number
}

export interface PeakOptions {
  readonly binHz: number
  readonly fromHz: number
  readonly toHz: number
  /** Bins on either side that make the neighbourhood. */
  readonly reach: number
  readonly leastDb: number
  readonly most: number
}

/** Bins of the line itself under a Hann window, on either side of its highest. */
const OWN_BINS = 2
/** Found by trial with sines in white noise: the error of a parabola through three bins, in bins, at a ratio of 1. */
const ERROR_BINS = 0.8

/** The highest peaks over their neighbourhoods, the highest first. @param power |X|² by bin */
export function spectralPeaks(power: Float64Array, options: PeakOptions): SpectralPeak[] {
  const { binHz, fromHz, toHz, reach, leastDb, most } = options
  const first = Math.max(1, Math.ceil(fromHz / binHz))
  const last = Math.min(power.length - 2, Math.floor(toHz / binHz))
  const leastRatio = 10 ** (leastDb / 10)
  const peaks: SpectralPeak[] = []
  for (let k = first; k <= last; k++) {
    const at = power[k]!
    if (at <= power[k - 1]! || at < power[k + 1]!) continue
    const floor = neighbourhood(power, k, { first, last, reach })
    const ratio = floor > 0 ? at / floor : 0
    if (ratio < leastRatio) continue
    const errorHz = (ERROR_BINS * binHz) / Math.sqrt(ratio)
    peaks.push({ hz: refinedHz(power, k * binHz, binHz), db: 10 * Math.log10(ratio), errorHz, power: at - floor })
  }
  return peaks.sort((a, b) => b.db - a.db).slice(0, most)
}

/** Mean of the bins about one, its own left out; where the range ends, those of the other side stand for both. */
function neighbourhood(
  power: Float64Array,
  k: number,
  { first, last, reach }: { first: number; last: number; reach: number },
): number {
  let sum = 0
  const from = Math.max(first, k - reach)
  const to = Math.min(last, k + reach)
  for (let i = from; i < k - OWN_BINS; i++) sum += power[i]!
  for (let i = k + OWN_BINS + 1; i <= to; i++) sum += power[i]!
  const bins = Math.max(0, k - OWN_BINS - from) + Math.max(0, to - k - OWN_BINS)
  return bins > 0 ? sum / bins : 0
}
