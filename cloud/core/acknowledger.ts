/**
 * When a gateway is told what is committed: at most each second or each few hundred rows (or quarter of its window), and again on every duplicate
 * and birth (then the gateway has missed an acknowledgement). Pure: the caller sends what `take` returns.
 */
import type { Instant, Millis } from '@minewarden/protocol/time.ts'

export const ACKNOWLEDGE_EACH_MS: Millis = 1_000
export const ACKNOWLEDGE_EACH_ROWS = 300
/** Repetitions for duplicates are gathered this long: a resent window is answered once, not a thousand times. */
export const REPEAT_AFTER_MS: Millis = 50

export class AcknowledgementTimer {
  #rows = 0
  #repeat = false
  #sentAt: Instant | null = null
  #grantedWindow = 0

  /** Rows (or refusals) of the gateway were committed. */
  committed(rows: number): void {
    this.#rows += rows
  }

  /** A duplicate or a birth: the gateway needs to be told again. */
  repeat(): void {
    this.#repeat = true
  }

  /** Whether an acknowledgement goes out now; counts it as sent. `window` is what it would grant. */
  take(at: Instant, window: number): boolean {
    if (!this.#isDue(at, window)) return false
    this.#rows = 0
    this.#repeat = false
    this.#sentAt = at
    this.#grantedWindow = window
    return true
  }

  #isDue(at: Instant, window: number): boolean {
    const waited = this.#sentAt === null || at < this.#sentAt ? Number.POSITIVE_INFINITY : at - this.#sentAt
    // A small window is used up by fewer rows, and its gateway must not wait for the second to pass.
    if (this.#rows >= Math.min(ACKNOWLEDGE_EACH_ROWS, Math.max(1, this.#grantedWindow / 4))) return true
    if (this.#repeat && waited >= REPEAT_AFTER_MS) return true
    if (waited < ACKNOWLEDGE_EACH_MS) return false
    // A gateway that was throttled must learn that it may go on, though it has nothing to be acknowledged.
    const mayGoOn = this.#sentAt !== null && window >= 2 * Math.max(1, this.#grantedWindow)
    return this.#rows > 0 || mayGoOn
  }
}
