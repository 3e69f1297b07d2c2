import type { WaveformBlock } from '@minewarden/hardware/contract.ts'
import { instant } from '@minewarden/protocol/time.ts'

/** Ground motion made for tests: noise, and what is added to it. Deterministic for a seed. */

/** Mulberry32: numbers in [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const START = Date.parse('2026-05-01T15:00:00Z')
export const COUNTS_PER_UNIT = 4e8

/** White noise of an rms in m/s. */
export function noise(seconds: number, rateHz: number, rms: number, seed = 1): Float64Array {
  const random = createRandom(seed)
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Float64Array.from({ length: seconds * rateHz }, () => rms * gauss())
}

/** A shot: a broad ringing that starts at once and dies within a second. Amplitude in m/s. */
export function addShot(wave: Float64Array, rateHz: number, atS: number, amplitude: number, hz = 18): void {
  for (let i = Math.round(atS * rateHz); i < wave.length && i < (atS + 2) * rateHz; i++) {
    const t = i / rateHz - atS
    const body = Math.sin(2 * Math.PI * hz * t) + 0.6 * Math.sin(2 * Math.PI * 2.1 * hz * t + 1)
    wave[i] =
      wave[i]! + amplitude * (body * Math.exp(-t / 0.12) + 0.4 * Math.sin(2 * Math.PI * 6 * t) * Math.exp(-t / 0.3))
  }
}

/** A steady tone for a while. */
export function addTone(
  wave: Float64Array,
  rateHz: number,
  { fromS, toS, hz, amplitude }: { fromS: number; toS: number; hz: number; amplitude: number },
): void {
  for (let i = Math.round(fromS * rateHz); i < Math.min(wave.length, toS * rateHz); i++) {
    wave[i] = wave[i]! + amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz)
  }
}

/** One block of a wave, from sample `from` on. */
export const block = (
  wave: Float64Array,
  rateHz: number,
  { from = 0, to = wave.length, channel = 'HHZ', startMs = START } = {},
): WaveformBlock => ({
  kind: 'waveform',
  channel,
  startAt: instant(startMs + (from * 1000) / rateHz),
  rateHz,
  counts: Int32Array.from(wave.subarray(from, to), (x) => Math.round(x * COUNTS_PER_UNIT)),
  countsPerUnit: COUNTS_PER_UNIT,
  unit: 'm/s',
  clock: 'ntp',
})
