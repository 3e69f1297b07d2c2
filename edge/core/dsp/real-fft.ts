/**
 * Power spectrum of a real block by a complex FFT of half its length (radix 2, tables made once).
 * @see Press et al., Numerical Recipes, section 12.3.2: FFT of a single real function.
 */
export interface PowerSpectrum {
  /** Length of a block: a power of two. */
  readonly size: number
  /**
   * Windows `samples` (Hann), transforms, and returns |X|² for bins 0 to size/2 (the same array at each call; bin k
   * lies at k * rate / size).
   */
  of(samples: Float64Array): Float64Array
}

/** @param size a power of two, 8 or more */
export function createPowerSpectrum(size: number): PowerSpectrum {
  const half = size / 2
  const hann = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size))
  const cos = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / size))
  const sin = Float64Array.from({ length: half }, (_, k) => Math.sin((2 * Math.PI * k) / size))
  const order = bitReversal(half)
  const re = new Float64Array(half)
  const im = new Float64Array(half)
  const power = new Float64Array(half + 1)
  return {
    size,
    of(samples) {
      for (let i = 0; i < half; i++) {
        const j = order[i]!
        re[j] = samples[2 * i]! * hann[2 * i]!
        im[j] = samples[2 * i + 1]! * hann[2 * i + 1]!
      }
      butterflies(re, im, cos, sin)
      untangle(re, im, cos, sin, power)
      return power
    },
  }
}

function bitReversal(size: number): Uint32Array {
  const bits = Math.log2(size)
  return Uint32Array.from({ length: size }, (_, i) => {
    let reversed = 0
    for (let b = 0; b < bits; b++) reversed |= ((i >> b) & 1) << (bits - 1 - b)
    return reversed
  })
}

/** In place, input in bit-reversed order; `cos`/`sin` are of twice the length. */
function butterflies(re: Float64Array, im: Float64Array, cos: Float64Array, sin: Float64Array): void {
  const size = re.length
  // The first span turns nothing: sums and differences.
  for (let p = 0; p < size; p += 2) {
    const r = re[p + 1]!
    const i = im[p + 1]!
    re[p + 1] = re[p]! - r
    im[p + 1] = im[p]! - i
    re[p] = re[p]! + r
    im[p] = im[p]! + i
  }
  let span = 2
  for (; 2 * span < size; span *= 4) twoSpans(re, im, { cos, sin, span })
  if (span < size) oneSpan(re, im, { cos, sin, span })
}

interface Turns {
  readonly cos: Float64Array
  readonly sin: Float64Array
  /** Distance of the two that meet. */
  readonly span: number
}

function oneSpan(re: Float64Array, im: Float64Array, { cos, sin, span }: Turns): void {
  const size = re.length
  const step = size / span
  for (let start = 0; start < size; start += 2 * span) {
    for (let k = 0; k < span; k++) {
      const wr = cos[k * step]!
      const wi = -sin[k * step]!
      const p = start + k
      const q = p + span
      const tr = re[q]! * wr - im[q]! * wi
      const ti = re[q]! * wi + im[q]! * wr
      re[q] = re[p]! - tr
      im[q] = im[p]! - ti
      re[p] = re[p]! + tr
      im[p] = im[p]! + ti
    }
  }
}

/** A span and the one twice as wide: what the first has made need not go through memory for the second. */
function twoSpans(re: Float64Array, im: Float64Array, { cos, sin, span }: Turns): void {
  const size = re.length
  const step = size / span
  const quarter = size / 2
  for (let k = 0; k < span; k++) {
    const wr = cos[k * step]!
    const wi = -sin[k * step]!
    const vr = cos[(k * step) / 2]!
    const vi = -sin[(k * step) / 2]!
    const ur = cos[(k * step) / 2 + quarter]!
    const ui = -sin[(k * step) / 2 + quarter]!
    for (let a = k; a < size; a += 4 * span) {
      const b = a + span
      const c = b + span
      const d = c + span
      const br = re[b]! * wr - im[b]! * wi
      const bi = re[b]! * wi + im[b]! * wr
      const dr = re[d]! * wr - im[d]! * wi
      const di = re[d]! * wi + im[d]! * wr
      const ar = re[a]!
      const ai = im[a]!
      const cr = re[c]!
      const ci = im[c]!
      const er = (cr + dr) * vr - (ci + di) * vi
      const ei = (cr + dr) * vi + (ci + di) * vr
      const fr = (cr - dr) * ur - (ci - di) * ui
      const fi = (cr - dr) * ui + (ci - di) * ur
      re[a] = ar + br + er
      im[a] = ai + bi + ei
      re[c] = ar + br - er
      im[c] = ai + bi - ei
      re[b] = ar - br + fr
      im[b] = ai - bi + fi
      re[d] = ar - br - fr
      im[d] = ai - bi - fi
    }
  }
}

/** Even and odd samples were packed as real and imaginary part: takes them apart, and keeps |X|². */
function untangle(re: Float64Array, im: Float64Array, cos: Float64Array, sin: Float64Array, power: Float64Array): void {
  const half = re.length
  power[0] = (re[0]! + im[0]!) ** 2
  power[half] = (re[0]! - im[0]!) ** 2
  for (let k = 1; k < half; k++) {
    const m = half - k
    const er = (re[k]! + re[m]!) / 2
    const ei = (im[k]! - im[m]!) / 2
    const or = (im[k]! + im[m]!) / 2
    const oi = (re[m]! - re[k]!) / 2
    const xr = er + or * cos[k]! + oi * sin[k]!
    const xi = ei + oi * cos[k]! - or * sin[k]!
    power[k] = xr * xr + xi * xi
  }
}
