import type { Millis } from '@minewarden/protocol/time.ts'

/** A token bucket: `burst` at once, `perS` in the long run. */
export class RateLimit {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #at: Millis | null = null

  constructor(options: { readonly perS: number; readonly burst: number }) {
    this.#perMs = options.perS / 1000
    this.#burst = options.burst
    this.#tokens = options.burst
  }

  /** @param now monotonic */
  take(now: Millis): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - (this.#at ?? now)) * this.#perMs)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
