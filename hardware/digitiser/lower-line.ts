/**
 * The line below all arrivals that is nearest to them: what a clock looks like behind delays that vary and are never
 * negative. It is the edge of the lower convex hull above (or below) the mean time, so that half of all seconds may be
 * spoilt by load without moving it. It cannot see a delay that every arrival has: that is the caller's to know.
 * @see Moon, Skelly, Towsley: Estimation and removal of clock skew from network delay measurements, INFOCOM 1999
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import { type ArrivalBins, BINS } from './arrival-bins.ts'

export interface Line {
  /** Lateness that is gained in each unit of nominal time. */
  readonly slope: number
  readonly offset: Millis
}

const hull = new Int32Array(BINS)

/** A slope further than `within` from `expected` is an accident of delays: `expected` is taken. `null`: no arrivals. */
export function lineBelow(bins: ArrivalBins, expected: number, within: number): Line | null {
  if (bins.size === 0) return null
  const shown = edgeSlope(bins)
  const slope = Math.abs(shown - expected) > within ? expected : shown
  let offset = Number.POSITIVE_INFINITY
  for (let i = 0; i < bins.size; i++) {
    const at = bins.at(i)
    offset = Math.min(offset, bins.lateness[at]! - slope * bins.x[at]!)
  }
  return { slope, offset }
}

/** Slope of the lower hull's edge at the mean time. */
function edgeSlope(bins: ArrivalBins): number {
  const { x, lateness } = bins
  let length = 0
  let meanX = 0
  for (let i = 0; i < bins.size; i++) {
    const c = bins.at(i)
    meanX += x[c]! / bins.size
    while (length > 1) {
      const [a, b] = [hull[length - 2]!, hull[length - 1]!]
      const turn = (x[b]! - x[a]!) * (lateness[c]! - lateness[a]!) - (x[c]! - x[a]!) * (lateness[b]! - lateness[a]!)
      if (turn > 0) break
      length -= 1
    }
    hull[length++] = c
  }
  for (let i = 1; i < length; i++) {
    const [a, b] = [hull[i - 1]!, hull[i]!]
    if (x[b]! >= meanX) return (lateness[b]! - lateness[a]!) / (x[b]! - x[a]!)
  }
  return 0
}
