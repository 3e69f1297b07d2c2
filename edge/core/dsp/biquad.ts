/**
 * Second-order sections and a band-pass made of two of them, run over blocks.
 *
 * @see R. Bristow-Johnson, Audio EQ Cookbook: bilinear transform with prewarping, so that a corner lies exactly where
 *   it is asked for.
 */

/** Normalised coefficients (a0 = 1) of one second-order section. */
export interface Biquad {
  readonly b0: number
  readonly b1: number
  readonly b2: number
  readonly a1: number
  readonly a2: number
}

const BUTTERWORTH_Q = Math.SQRT1_2

/** Butterworth high-pass of second order: -3 dB at the corner, 12 dB an octave below it, nothing left at 0 Hz. */
export function designHighPass(cornerHz: number, rateHz: number): Biquad {
  const { cos, alpha } = angle(cornerHz, rateHz)
  const a0 = 1 + alpha
  const b = (1 + cos) / 2 / a0
  return { b0: b, b1: -2 * b, b2: b, a1: (-2 * cos) / a0, a2: (1 - alpha) / a0 }
}

/** Butterworth low-pass of second order: -3 dB at the corner, 12 dB an octave above it. */
export function designLowPass(cornerHz: number, rateHz: number): Biquad {
  const { cos, alpha } = angle(cornerHz, rateHz)
  const a0 = 1 + alpha
  const b = (1 - cos) / 2 / a0
  return { b0: b, b1: 2 * b, b2: b, a1: (-2 * cos) / a0, a2: (1 - alpha) / a0 }
}

const angle = (cornerHz: number, rateHz: number) => {
  const omega = (2 * Math.PI * cornerHz) / rateHz
  return { cos: Math.cos(omega), alpha: Math.sin(omega) / (2 * BUTTERWORTH_Q) }
}

/** Amplitude response of one section at a frequency. */
export function gainAt(section: Biquad, hz: number, rateHz: number): number {
  const w = (2 * Math.PI * hz) / rateHz
  const c1 = Math.cos(w)
  const s1 = Math.sin(w)
  const c2 = Math.cos(2 * w)
  const s2 = Math.sin(2 * w)
  const num = Math.hypot(section.b0 + section.b1 * c1 + section.b2 * c2, section.b1 * s1 + section.b2 * s2)
  const den = Math.hypot(1 + section.a1 * c1 + section.a2 * c2, section.a1 * s1 + section.a2 * s2)
  return num / den
}

/** One section with its memory; `run` filters the first `count` samples of `input` into `output` (may be the same). */
export interface SectionFilter {
  run(input: Float64Array, output: Float64Array, count: number): void
  reset(): void
}

/** Transposed direct form II: two numbers of memory, kept in locals through a block. */
export function createSectionFilter({ b0, b1, b2, a1, a2 }: Biquad): SectionFilter {
  let z1 = 0
  let z2 = 0
  return {
    run(input, output, count) {
      let s1 = z1
      let s2 = z2
      for (let i = 0; i < count; i++) {
        const x = input[i]!
        const y = b0 * x + s1
        s1 = b1 * x - a1 * y + s2
        s2 = b2 * x - a2 * y
        output[i] = y
      }
      z1 = flushed(s1)
      z2 = flushed(s2)
    },
    reset() {
      z1 = 0
      z2 = 0
    },
  }
}

/** A band-pass of a high-pass at `lowHz` and a low-pass at `highHz`; without `highHz` the high-pass alone. */
export function createBandPass(
  { lowHz, highHz }: { readonly lowHz: number; readonly highHz: number | null },
  rateHz: number,
): SectionFilter {
  const high = createSectionFilter(designHighPass(lowHz, rateHz))
  if (highHz === null) return high
  return cascade(designHighPass(lowHz, rateHz), designLowPass(highHz, rateHz))
}

/** Both sections in one loop: the block is walked once. */
function cascade(h: Biquad, l: Biquad): SectionFilter {
  const { b0: hb0, b1: hb1, b2: hb2, a1: ha1, a2: ha2 } = h
  const { b0: lb0, b1: lb1, b2: lb2, a1: la1, a2: la2 } = l
  const z = new Float64Array(4)
  return {
    run(input, output, count) {
      let h1 = z[0]!
      let h2 = z[1]!
      let l1 = z[2]!
      let l2 = z[3]!
      for (let i = 0; i < count; i++) {
        const x = input[i]!
        const m = hb0 * x + h1
        h1 = hb1 * x - ha1 * m + h2
        h2 = hb2 * x - ha2 * m
        const y = lb0 * m + l1
        l1 = lb1 * m - la1 * y + l2
        l2 = lb2 * m - la2 * y
        output[i] = y
      }
      z[0] = flushed(h1)
      z[1] = flushed(h2)
      z[2] = flushed(l1)
      z[3] = flushed(l2)
    },
    reset: () => void z.fill(0),
  }
}

/** Numbers this small are below any sensor and would make the processor crawl through denormals. */
const flushed = (x: number): number => (Math.abs(x) < 1e-200 ? 0 : x)
