/** A narrow line in a spectrum: a rotating machine, a drill, a rhythm of blows. */
export interface SpectralLine {
  readonly hz: number
  /** Power of the strongest bin over the mean of its neighbourhood without it. */
  readonly db: number
}

/** Far more than rounding takes. */
const SURELY_LOWER = 1 - 1e-9

/**
 * The bin that stands highest above its neighbourhood (`reach` bins on either side, the line's own three left out).
 *
 * @param power |X|² by bin, bin k at `k * binHz`
 * @returns `null` where the range holds fewer than eight bins or no energy
 */
export function findSpectralLine(
  power: Float64Array,
  { binHz, fromHz, toHz, reach }: { binHz: number; fromHz: number; toHz: number; reach: number },
): SpectralLine | null {
  const first = Math.max(1, Math.ceil(fromHz / binHz))
  const last = Math.min(power.length - 1, Math.floor(toHz / binHz))
  if (last - first < 8) return null
  let bestBin = -1
  let bestRatio = 0
  let sum = 0
  let lowEdge = first
  let highEdge = first - 1
  let below = 0
  for (let k = first; k <= last; k++) {
    while (highEdge < last && highEdge < k + reach) sum += power[++highEdge]!
    while (lowEdge < k - reach) sum -= power[lowEdge++]!
    const at = power[k]!
    const own = at + below + (k < last ? power[k + 1]! : 0)
    below = at
    const bins = Math.max(1, highEdge - lowEdge - 2)
    const rest = sum - own
    // Two divisions a bin would be most of the work: bins that are lower than the best for certain need none.
    if (!(rest > 0) || at * bins < SURELY_LOWER * bestRatio * rest) continue
    const floor = rest / bins
    const ratio = floor > 0 ? at / floor : 0
    if (ratio > bestRatio) {
      bestRatio = ratio
      bestBin = k
    }
  }
  if (bestBin < 0) return null
  return { hz: bestBin * binHz, db: 10 * Math.log10(bestRatio) }
}
