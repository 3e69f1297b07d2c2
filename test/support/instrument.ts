import type { InstrumentResponse } from '@minewarden/hardware/contract.ts'

/** What a coil and an averaging converter make of ground motion, by plain arithmetic far above the rates in question. */
export const FINE_HZ = 16_000

/** Ground motion: bursts of a known peak and frequency, each at its time. Swells and fades within about six periods. */
export interface Burst {
  readonly atS: number
  readonly hz: number
  readonly peak: number
  /** Of the wave under its envelope, radians; 0 has its crest at `atS`. */
  readonly phase?: number
}

export const groundOf =
  (bursts: readonly Burst[]) =>
  (t: number): number =>
    bursts.reduce((sum, { atS, hz, peak, phase = 0 }) => {
      const cycles = (t - atS) * hz
      return Math.abs(cycles) > 12
        ? sum
        : sum + peak * Math.exp(-((cycles / 3) ** 2)) * Math.cos(2 * Math.PI * cycles + phase)
    }, 0)

/** Samples of a channel: the coil's equation of motion in small steps, then sinc and means as the converter does. */
export function recordedBy(
  { cornerHz, damping, averaging }: InstrumentResponse,
  ground: (t: number) => number,
  { seconds, rateHz }: { seconds: number; rateHz: number },
): Float64Array {
  const w = 2 * Math.PI * (cornerHz ?? 0)
  const h = damping ?? 0
  const fine = new Float64Array(seconds * FINE_HZ)
  // The mass's velocity against the case: u' = -v' - 2hw u - w^2 x, x' = u; the output is -u.
  let u = 0
  let x = 0
  let before = ground(0)
  for (let i = 0; i < fine.length; i++) {
    const v = ground(i / FINE_HZ)
    const middle = u - (v - before) / 2
    u += -(v - before) - (2 * h * w * middle + w * w * (x + middle / (2 * FINE_HZ))) / FINE_HZ
    x += u / FINE_HZ
    before = v
    fine[i] = cornerHz === null ? v : -u
  }
  let wave = fine
  if (averaging) for (let k = 0; k < averaging.order; k++) wave = boxcar(wave, FINE_HZ / averaging.rateHz)
  wave = averaging ? boxcar(wave, FINE_HZ / rateHz, FINE_HZ / averaging.rateHz) : wave
  return Float64Array.from({ length: seconds * rateHz }, (_, i) => wave[Math.round((i * FINE_HZ) / rateHz)]!)
}

/** Mean of every `stride`-th of the last `length` points. */
function boxcar(wave: Float64Array<ArrayBuffer>, length: number, stride = 1): Float64Array<ArrayBuffer> {
  const count = length / stride
  return wave.map((_, i) => {
    let sum = 0
    for (let k = 0; k < count; k++) sum += wave[i - k * stride] ?? 0
    return sum / count
  })
}
