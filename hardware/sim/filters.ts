/** A filter with its memory: one sample in, one out. */
export type Filter = (sample: number) => number

interface Coefficients {
  readonly b: readonly [number, number, number]
  readonly a: readonly [number, number, number]
}

/** @see R. Bristow-Johnson, Cookbook formulae for audio equalizer biquad filter coefficients */
function biquad({ b, a }: Coefficients): Filter {
  const [b0, b1, b2] = b.map((value) => value / a[0]) as [number, number, number]
  const a1 = a[1] / a[0]
  const a2 = a[2] / a[0]
  let s1 = 0
  let s2 = 0
  return (x) => {
    const y = b0 * x + s1
    s1 = b1 * x - a1 * y + s2
    s2 = b2 * x - a2 * y
    return y
  }
}

const design = (hz: number, rateHz: number, q: number) => {
  const w = (2 * Math.PI * hz) / rateHz
  return { cos: Math.cos(w), alpha: Math.sin(w) / (2 * q) }
}

/** Second order; `q` = 1 / (2 x damping). */
export function highPass(hz: number, rateHz: number, q: number): Filter {
  const { cos, alpha } = design(hz, rateHz, q)
  return biquad({ b: [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2], a: [1 + alpha, -2 * cos, 1 - alpha] })
}

/** Second order, of gain 1 at `hz`. */
export function bandPass(hz: number, rateHz: number, q: number): Filter {
  const { cos, alpha } = design(hz, rateHz, q)
  return biquad({ b: [alpha, 0, -alpha], a: [1 + alpha, -2 * cos, 1 - alpha] })
}

/** White noise of standard deviation 1 through {@link bandPass}: this standard deviation. */
export const bandPassedNoise = (hz: number, rateHz: number, q: number): number =>
  Math.sqrt((Math.PI * hz) / (q * rateHz))

/** First order, scaled so that white noise of standard deviation 1 leaves it with 1. */
export function reddening(hz: number, rateHz: number): Filter {
  const keep = Math.exp((-2 * Math.PI * hz) / rateHz)
  const gain = Math.sqrt(1 - keep * keep)
  let y = 0
  return (x) => {
    y = keep * y + gain * x
    return y
  }
}

/** {@link bandPass} twice over: its skirts fall with the square of the frequency, as a source's spectrum does. */
export function steepBandPass(hz: number, rateHz: number, q: number): Filter {
  const first = bandPass(hz, rateHz, q)
  const second = bandPass(hz, rateHz, q)
  return (x) => second(first(x))
}

/** White noise of standard deviation 1 through {@link steepBandPass}: this standard deviation. */
export const steepNoise = (hz: number, rateHz: number, q: number): number =>
  bandPassedNoise(hz, rateHz, q) * Math.SQRT1_2
