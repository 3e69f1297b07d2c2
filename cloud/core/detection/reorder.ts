/**
 * Puts readings of several sensors into the order in which they were measured: each is held until something
 * `reorderMs` younger was seen (or time is said to have passed). Bounded: when full, the oldest goes early.
 */
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'

export interface HeldReading {
  readonly gateway: GatewayId
  readonly reading: Reading
}

/** Plain JSON, part of the detector's snapshot. `held` is in order of measurement. */
export interface Reorder {
  held: HeldReading[]
  /** The newest time of measurement seen, or said to have passed: what is much older is late. */
  newestMs: number
}

/** Readings held at most: 15 s of a site with many sensors, ten times over. */
const CEILING = 4096

export const createReorder = (): Reorder => ({ held: [], newestMs: 0 })

/** Takes one in; returns what may be judged now, in order. */
export function reorder(state: Reorder, item: HeldReading, reorderMs: number): HeldReading[] {
  const at = item.reading.measuredAt
  let place = state.held.length
  while (place > 0 && state.held[place - 1]!.reading.measuredAt > at) place--
  if (place === state.held.length) state.held.push(item)
  else state.held.splice(place, 0, item)
  state.newestMs = Math.max(state.newestMs, at)
  const ready = releaseUntil(state, state.newestMs - reorderMs)
  if (state.held.length > CEILING) ready.push(...release(state, state.held.length - CEILING))
  return ready
}

/** What was measured up to a moment; from now on, that moment is the age of everything. */
export function releaseUntil(state: Reorder, untilMs: number): HeldReading[] {
  let count = 0
  while (count < state.held.length && state.held[count]!.reading.measuredAt <= untilMs) count++
  return count > 0 ? release(state, count) : []
}

const release = (state: Reorder, count: number): HeldReading[] => state.held.splice(0, count)
