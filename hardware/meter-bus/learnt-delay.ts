import type { Millis } from '@minewarden/protocol/time.ts'
import { LONGEST_DELAY_MS } from './line-speed.ts'

/** Below it a busy gateway or a converter that hands bytes over in portions would look like a silent meter. */
export const SHORTEST_TIMEOUT_MS: Millis = 200
/** What the standard allows a meter, and as much again as a converter and the system may add. */
export const FIRST_TIMEOUT_MS: Millis = LONGEST_DELAY_MS + SHORTEST_TIMEOUT_MS
/** A meter that is slower than the standard allows is waited for so long, and no longer. */
export const LONGEST_TIMEOUT_MS: Millis = 1_500
const SPARE = 1.5
/** Of the slowest answer, so much is forgotten with each faster one. */
const FORGETTING = 0.02

/** How long to wait for a meter: what it took lately and half as much again. */
export class LearntDelay {
  #slowestMs: Millis | null = null
  #floorMs: Millis = SHORTEST_TIMEOUT_MS

  get timeoutMs(): Millis {
    if (this.#slowestMs === null) return Math.max(FIRST_TIMEOUT_MS, this.#floorMs)
    return Math.min(LONGEST_TIMEOUT_MS, Math.max(this.#floorMs, SHORTEST_TIMEOUT_MS, SPARE * this.#slowestMs))
  }

  /** An answer came so long after the request's end. */
  answered(delayMs: Millis): void {
    const kept = (this.#slowestMs ?? delayMs) * (1 - FORGETTING)
    this.#slowestMs = Math.max(delayMs, kept)
    this.#floorMs = SHORTEST_TIMEOUT_MS
  }

  /** None came in time: the next is waited for as long as the standard allows. */
  missed(): void {
    this.#floorMs = Math.max(this.#floorMs, FIRST_TIMEOUT_MS)
  }

  /** It came after its time: the next is waited for as long as any. */
  cameLate(): void {
    this.#floorMs = LONGEST_TIMEOUT_MS
    this.#slowestMs = LONGEST_TIMEOUT_MS / SPARE
  }
}
