/**
 * What sources of vibration are made of: bursts of band-limited noise and lines. A burst stands for one arrival: rock
 * scatters a pulse into a train that comes up at once and dies away (single scattering, Aki & Chouet 1975,
 * https://doi.org/10.1029/JB080i023p03322); its upper corner is what distance leaves of it.
 */
import type { Random } from './random.ts'

/** Ground or air at one point, at the rate that the library is rendered with. */
export interface Wave {
  readonly rateHz: number
  readonly samples: Float64Array
}

export const createWave = (seconds: number, rateHz: number): Wave => ({
  rateHz,
  samples: new Float64Array(Math.ceil(seconds * rateHz)),
})

export interface Burst {
  /** Largest amplitude. */
  readonly amplitude: number
  /** Straight rise, then exponential decay with this time constant. */
  readonly riseS: number
  readonly decayS: number
  /** Corners of the noise in it, second order each. */
  readonly lowHz: number
  readonly highHz: number
}

/** Adds one arrival. */
export function addBurst(wave: Wave, atS: number, burst: Burst, random: Random): void {
  const { rateHz, samples } = wave
  const lengthS = burst.riseS + 6 * burst.decayS
  const noise = bandNoise(Math.max(8, Math.ceil(lengthS * rateHz)), { ...burst, rateHz }, random)
  let peak = 0
  for (let i = 0; i < noise.length; i++) {
    const t = i / rateHz
    noise[i]! *= t < burst.riseS ? t / burst.riseS : Math.exp(-(t - burst.riseS) / burst.decayS)
    peak = Math.max(peak, Math.abs(noise[i]!))
  }
  addScaled(samples, noise, Math.round(atS * rateHz), burst.amplitude / peak)
}

/** Adds noise between two corners whose strength follows `levelAt`, as rolling wheels and running machines make it. */
export function addRumble(
  wave: Wave,
  { lowHz, highHz }: { lowHz: number; highHz: number },
  levelAt: (s: number) => number,
  random: Random,
): void {
  const { rateHz, samples } = wave
  const noise = bandNoise(samples.length, { lowHz, highHz, rateHz }, random)
  const scale = 1 / Math.sqrt(noise.reduce((sum, x) => sum + x * x, 0) / noise.length)
  for (let i = 0; i < samples.length; i++) samples[i]! += scale * noise[i]! * levelAt(i / rateHz)
}

/** Adds a line and its harmonics; `hzAt` may wander. */
export function addLine(
  wave: Wave,
  hzAt: (s: number) => number,
  levelAt: (s: number) => number,
  harmonics: readonly number[] = [1],
): void {
  const { rateHz, samples } = wave
  let phase = 0
  for (let i = 0; i < samples.length; i++) {
    const t = i / rateHz
    phase += (2 * Math.PI * hzAt(t)) / rateHz
    const level = levelAt(t)
    if (level === 0) continue
    harmonics.forEach((share, k) => {
      if ((k + 1) * hzAt(t) < 0.45 * rateHz) samples[i]! += level * share * Math.sin((k + 1) * phase)
    })
  }
}

/** Noise with a power spectral density that falls as 1/f, as the ground has it between the microseism and 50 Hz. */
export function pinkNoise(length: number, random: Random): Float64Array {
  const poles = [0.99765, 0.963, 0.57]
  const gains = [0.099046, 0.2965164, 1.0526913]
  const memory = [0, 0, 0]
  // Kellet's three-pole approximation of a -3 dB/octave filter.
  return Float64Array.from({ length }, () => {
    const white = random.gauss()
    for (let k = 0; k < 3; k++) memory[k] = poles[k]! * memory[k]! + gains[k]! * white
    return (memory[0]! + memory[1]! + memory[2]! + 0.1848 * white) / 3
  })
}

interface Band {
  readonly lowHz: number
  readonly highHz: number
  readonly rateHz: number
}

function bandNoise(length: number, { lowHz, highHz, rateHz }: Band, random: Random): Float64Array {
  const low = Math.exp((-2 * Math.PI * lowHz) / rateHz)
  const high = Math.exp((-2 * Math.PI * Math.min(highHz, 0.4 * rateHz)) / rateHz)
  const smooth = [0, 0]
  const slow = [0, 0]
  const out = new Float64Array(length)
  // The filters' memory is filled first: a train that comes up at once must not wait for it.
  for (let i = -64; i < length; i++) {
    smooth[0] = high * smooth[0]! + (1 - high) * random.gauss()
    smooth[1] = high * smooth[1]! + (1 - high) * smooth[0]!
    slow[0] = low * slow[0]! + (1 - low) * smooth[1]!
    const once = smooth[1]! - slow[0]!
    slow[1] = low * slow[1]! + (1 - low) * once
    if (i >= 0) out[i] = once - slow[1]!
  }
  return out
}

function addScaled(samples: Float64Array, part: Float64Array, from: number, scale: number): void {
  for (let i = Math.max(0, -from); i < part.length && from + i < samples.length; i++)
    samples[from + i]! += scale * part[i]!
}
