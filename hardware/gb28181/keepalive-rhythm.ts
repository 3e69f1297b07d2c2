import type { Millis } from '@minewarden/protocol/time.ts'

/** Gaps that the interval is judged by, and how many it takes. */
const REMEMBERED = 5
const ENOUGH = 3
/** Nothing shorter is a rhythm: a camera that sends twice. */
const SHORTEST_MS: Millis = 500
const LONGEST_MS: Millis = 600_000

/**
 * Not much shorter than configured: a device that floods for a while is not away when it stops. What was configured says
 * how soon somebody wants to know.
 */
const SHORTEST_SHARE = 0.5

/** How often a device sends its keepalive: as configured, until what it does shows another interval. */
export class KeepaliveRhythm {
  readonly #configuredMs: Millis
  #beatAt: Millis | null = null
  #gaps: Millis[] = []
  intervalMs: Millis

  constructor(configuredMs: Millis) {
    this.#configuredMs = configuredMs
    this.intervalMs = configuredMs
  }

  beat(now: Millis): void {
    const gap = this.#beatAt === null ? null : now - this.#beatAt
    this.#beatAt = now
    if (gap === null || gap < SHORTEST_MS || gap > LONGEST_MS) return
    this.#gaps = [...this.#gaps, gap].slice(-REMEMBERED)
    if (this.#gaps.length < ENOUGH) return
    // The median: a keepalive that was lost makes one gap of two.
    const median = [...this.#gaps].sort((a, b) => a - b)[this.#gaps.length >> 1]!
    this.intervalMs = Math.max(median, SHORTEST_SHARE * this.#configuredMs)
  }

  /** The device began anew, perhaps with another setting. */
  restart(): void {
    this.#beatAt = null
    this.#gaps = []
    this.intervalMs = Math.max(this.intervalMs, this.#configuredMs)
  }
}
