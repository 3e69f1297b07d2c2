import type { Millis } from '@minewarden/protocol/time.ts'

/** Messages of one address in a second, and at once: a recorder's catalogue, or a street of cameras behind one router. */
export const MESSAGES_PER_S = 200
export const MESSAGES_BURST = 2_000
/** Addresses that are told apart; all further ones share one measure. */
const ADDRESSES_CEILING = 1_024

interface Measure {
  left: number
  at: Millis
}

/** Who sends far more than any camera is not listened to, and all others are. */
export class FloodGate {
  readonly #measures = new Map<string, Measure>()
  readonly #shared: Measure = { left: MESSAGES_BURST, at: 0 }

  passes(host: string, now: Millis): boolean {
    const measure = this.#measureOf(host, now)
    measure.left = Math.min(MESSAGES_BURST, measure.left + ((now - measure.at) * MESSAGES_PER_S) / 1_000)
    measure.at = now
    if (measure.left < 1) return false
    measure.left -= 1
    return true
  }

  #measureOf(host: string, now: Millis): Measure {
    const known = this.#measures.get(host)
    if (known) return known
    if (this.#measures.size >= ADDRESSES_CEILING) this.#forget(now)
    if (this.#measures.size >= ADDRESSES_CEILING) return this.#shared
    const measure = { left: MESSAGES_BURST, at: now }
    this.#measures.set(host, measure)
    return measure
  }

  /** A measure that is full again says nothing. */
  #forget(now: Millis): void {
    // At most so often as a measure takes to fill: a flood of addresses must not make us search without end.
    if (now - this.#shared.at < 1_000 && this.#shared.left < MESSAGES_BURST) return
    for (const [host, { left, at }] of this.#measures)
      if (left + ((now - at) * MESSAGES_PER_S) / 1_000 >= MESSAGES_BURST) this.#measures.delete(host)
  }
}
