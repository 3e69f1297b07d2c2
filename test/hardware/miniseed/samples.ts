import type { RecordFormat } from '../../../hardware/miniseed/encode.ts'
import { decodeAll, type StreamItem } from '../../../hardware/miniseed/stream.ts'

export const FORMAT = {
  network: 'MW',
  station: 'ADIT1',
  location: '00',
  channel: 'HHZ',
  rateHz: 100,
} satisfies RecordFormat

/** The same numbers for the same seed, each run. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A walk whose steps are of all sizes up to `bits` bits. */
export function walk(count: number, bits: number, seed = 1): Int32Array {
  const random = randomSource(seed)
  let sample = 0
  return Int32Array.from({ length: count }, () => {
    const step = Math.trunc((random() - 0.5) * 2 ** (random() * bits))
    sample = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, sample + step))
    return sample
  })
}

const HIGHEST = 2 ** 31 - 1
const LOWEST = -(2 ** 31)

/** Series that have broken encoders before: nothing, one, no change, the widest changes, each border of a bit width. */
export const DIFFICULT: readonly (readonly [string, Int32Array])[] = [
  ['nothing', new Int32Array(0)],
  ['a single sample', Int32Array.of(-7)],
  ['a single lowest sample', Int32Array.of(LOWEST)],
  ['a constant', new Int32Array(5000).fill(123_456)],
  ['an alternation of one', Int32Array.from({ length: 3001 }, (_, i) => i % 2)],
  ['an alternation between the extremes', Int32Array.from({ length: 777 }, (_, i) => (i % 2 ? HIGHEST : LOWEST))],
  ['one extreme step in a quiet series', Int32Array.from({ length: 2000 }, (_, i) => (i < 1000 ? LOWEST : HIGHEST))],
  ['steps at the borders of each bit width', bitBorders()],
  ['a walk', walk(20_000, 20)],
  ['a wild walk', walk(20_000, 32, 2)],
]

function bitBorders(): Int32Array {
  const steps: number[] = []
  for (const bits of [4, 5, 6, 8, 10, 15, 16, 30]) {
    for (const step of [2 ** (bits - 1) - 1, -(2 ** (bits - 1)), 2 ** (bits - 1), -(2 ** (bits - 1)) - 1]) {
      for (let i = 0; i < 8; i++) steps.push(i % 2 ? -step : step)
    }
  }
  let sample = 0
  return Int32Array.from(steps, (step) => {
    sample += step
    return sample
  })
}

/** All items of a stream that comes in the given chunks; samples copied. */
export const itemsOf = (bytes: Uint8Array): StreamItem[] => [...decodeAll(bytes)]

/** The samples of all records, one after the other; fails on anything discarded. */
export function samplesOf(bytes: Uint8Array): number[] {
  return itemsOf(bytes).flatMap((item) => {
    if (item.kind === 'discarded') throw new Error(`${item.bytes} bytes discarded: ${item.reason}`)
    return Array.from(item.record.samples)
  })
}
