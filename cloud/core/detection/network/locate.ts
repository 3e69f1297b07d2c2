/**
 * Where a source was, from onsets at three sites and more: a grid search, coarse and then fine, of the place whose
 * travel times fit best, for P, S and sound in turn. The sum of absolute residuals forgives a site that triggered on
 * another wave. It cannot tell a depth; outside the network it tells a direction better than a distance, which the
 * uncertainty shows.
 */
import { distanceKm, moved, type Place } from './geometry.ts'
import { P_KM_PER_S, S_KM_PER_S, SOUND_KM_PER_S } from './travel.ts'

export interface Arrival extends Place {
  readonly onsetMs: number
  readonly errorMs: number
}

export interface Located extends Place {
  /** Half the extent of the region that fits nearly as well. */
  readonly uncertaintyKm: number
  readonly originMs: number
  readonly speedKmPerS: number
  /** Mean absolute residual, in seconds. */
  readonly misfitS: number
}

/** Around the sites, and coarse enough to be done in a millisecond. */
const MARGIN_KM = { ground: 80, air: 12 } as const
const STEPS = 24
const FINE_STEPS = 12
/** A misfit larger by this is a worse place. */
const LEAST_TOLERANCE_S = 0.6

/** @param arrivals at three sites or more, at most 16 of them */
export function locate(arrivals: readonly Arrival[], medium: 'ground' | 'air'): Located | null {
  if (arrivals.length < 3) return null
  const speeds = medium === 'air' ? [SOUND_KM_PER_S] : [P_KM_PER_S, S_KM_PER_S]
  const found = speeds.map((speed) => search(arrivals, speed, MARGIN_KM[medium]))
  return found.reduce((best, one) => (one.misfitS < best.misfitS ? one : best))
}

interface Cell extends Place {
  readonly misfitS: number
  readonly originMs: number
}

function search(arrivals: readonly Arrival[], speedKmPerS: number, marginKm: number): Located {
  const middle = {
    latitude: mean(arrivals.map((a) => a.latitude)),
    longitude: mean(arrivals.map((a) => a.longitude)),
  }
  const halfKm = marginKm + Math.max(...arrivals.map((a) => distanceKm(a, middle)))
  const coarse = grid(middle, halfKm, STEPS, arrivals, speedKmPerS)
  const near = best(coarse)
  const fine = grid(near, (2 * halfKm) / STEPS, FINE_STEPS, arrivals, speedKmPerS)
  const place = best(fine)
  const errorS = mean(arrivals.map((a) => a.errorMs)) / 1000
  const limitS = place.misfitS + Math.max(LEAST_TOLERANCE_S, errorS / Math.sqrt(arrivals.length))
  const likely = [...coarse, ...fine].filter((cell) => cell.misfitS <= limitS)
  return {
    latitude: place.latitude,
    longitude: place.longitude,
    originMs: place.originMs,
    speedKmPerS,
    misfitS: place.misfitS,
    uncertaintyKm: Math.max(...likely.map((cell) => distanceKm(cell, place)), halfKm / STEPS / FINE_STEPS),
  }
}

function grid(middle: Place, halfKm: number, steps: number, arrivals: readonly Arrival[], speed: number): Cell[] {
  const cells: Cell[] = []
  for (let i = 0; i <= steps; i++) {
    for (let j = 0; j <= steps; j++) {
      const place = moved(middle, halfKm * ((2 * i) / steps - 1), halfKm * ((2 * j) / steps - 1))
      const origins = arrivals.map((a) => a.onsetMs - (1000 * distanceKm(a, place)) / speed)
      const originMs = median(origins)
      cells.push({ ...place, originMs, misfitS: mean(origins.map((o) => Math.abs(o - originMs))) / 1000 })
    }
  }
  return cells
}

const best = (cells: readonly Cell[]): Cell => cells.reduce((a, b) => (b.misfitS < a.misfitS ? b : a))
const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length
export const median = (xs: readonly number[]): number => {
  const sorted = [...xs].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
