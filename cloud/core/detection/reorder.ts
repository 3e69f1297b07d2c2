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

/** Takes one in; what may be judged then is told by {@link nextUntil}. */
export function hold(state: Reorder, item: HeldReading): void {
  const at = item.reading.measuredAt
  let place = state.held.length
  while (place > 0 && state.held[place - 1]!.reading.measuredAt > at) place--
  if (place === state.held.length) state.held.push(item)
  else state.held.splice(place, 0, item)
  state.newestMs = Math.max(state.newestMs, at)
}

/** Gives out the oldest if it was measured up to a moment, or if too many are held; else `null`. Ask until it does. */
export function nextUntil({ held }: Reorder, untilMs: number): HeldReading | null {
  const oldest = held[0]
  if (!oldest || (oldest.reading.measuredAt > untilMs && held.length <= CEILING)) return null
  held.shift()
  return oldest
}
