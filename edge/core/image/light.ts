/** Whether there is light to see by: too little (no lamp, power cut, a cap on the lens) or too much (a lamp at the lens). */
import type { GreyFrame } from './frame.ts'

/** A picture is dark when all but its brightest parts, an overlay's share, are below. */
const DARK_LEVEL = 32
/** An amplifier at its limit lifts a picture of nothing to this, with noise. */
const DIM_LEVEL = 50
const DIM_MEAN = 32
const BRIGHT_LEVEL = 248

export interface Light {
  /** Mean brightness, 0 to 255. */
  readonly mean: number
  /** Brightness that 97 % of the points stay below. */
  readonly high: number
  /** Share of burnt-out points. */
  readonly burnt: number
}

export function measureLight({ luma }: Pick<GreyFrame, 'luma'>): Light {
  const counts = new Uint32Array(256)
  let sum = 0
  for (const value of luma) {
    counts[value]! += 1
    sum += value
  }
  return {
    mean: sum / luma.length,
    high: percentile(counts, luma.length * 0.97),
    burnt: burntShare(counts, luma.length),
  }
}

function percentile(counts: Uint32Array, rank: number): number {
  let below = 0
  for (let level = 0; level < 256; level++) {
    below += counts[level]!
    if (below >= rank) return level
  }
  return 255
}

function burntShare(counts: Uint32Array, total: number): number {
  let burnt = 0
  for (let level = BRIGHT_LEVEL; level < 256; level++) burnt += counts[level]!
  return burnt / total
}

export const isDark = ({ high, mean }: Light): boolean => high < DARK_LEVEL || (high < DIM_LEVEL && mean < DIM_MEAN)
