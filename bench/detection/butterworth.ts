/** Butterworth filters of fourth order as peers' defaults have them, a sample at a time. */

interface Section {
  readonly b: readonly [number, number, number]
  readonly a: readonly [number, number]
  z1: number
  z2: number
}

/** Q of the two pole pairs of fourth order. */
const QUALITIES = [0.5411961, 1.306563]

/** A band-pass made of a high-pass and a low-pass of fourth order each. */
export function createBandPass(lowHz: number, highHz: number, rateHz: number): (x: number) => number {
  const sections = QUALITIES.flatMap((q) => [section('high', lowHz, q, rateHz), section('low', highHz, q, rateHz)])
  return (x) => sections.reduce(step, x)
}

function step(x: number, s: Section): number {
  const y = s.b[0] * x + s.z1
  s.z1 = s.b[1] * x - s.a[0] * y + s.z2
  s.z2 = s.b[2] * x - s.a[1] * y
  return y
}

/** @see R. Bristow-Johnson, Audio EQ Cookbook */
function section(kind: 'high' | 'low', cornerHz: number, q: number, rateHz: number): Section {
  const w = (2 * Math.PI * Math.min(cornerHz, 0.49 * rateHz)) / rateHz
  const alpha = Math.sin(w) / (2 * q)
  const cos = Math.cos(w)
  const a0 = 1 + alpha
  const b = (kind === 'high' ? (1 + cos) / 2 : (1 - cos) / 2) / a0
  return { b: [b, (kind === 'high' ? -2 : 2) * b, b], a: [(-2 * cos) / a0, (1 - alpha) / a0], z1: 0, z2: 0 }
}
