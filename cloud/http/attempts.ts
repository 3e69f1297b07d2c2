import type { Millis } from '@minewarden/protocol/time.ts'

/** Addresses counted at a time. When all are taken, newcomers share one counter: a flood limits itself, not the memory. */
const MAX_ADDRESSES = 1024
const SHARED = 'shared'

/** Counts attempts of each address in windows of a fixed length. */
export interface AttemptCounter {
  /** Counts one attempt; `false` when this address has had its share of the window. */
  allow(address: string): boolean
}

/** @param monotonic elapsed time, so that a stepped clock opens no door */
export function createAttemptCounter(options: {
  readonly limit: number
  readonly windowMs: Millis
  readonly monotonic: () => Millis
}): AttemptCounter {
  const counts = new Map<string, number>()
  let windowEnds = 0
  return {
    allow(address) {
      if (options.monotonic() >= windowEnds) {
        counts.clear()
        windowEnds = options.monotonic() + options.windowMs
      }
      const key = counts.has(address) || counts.size < MAX_ADDRESSES ? address : SHARED
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return count <= options.limit
    },
  }
}
