/**
 * RTU answers name neither their question nor their registers: only their length tells an answer that comes too late from
 * the one that is waited for. A meter answers in order. So a question is only asked while no earlier one is open whose
 * answer would be as long; the first answer that is taken settles all earlier ones. It cannot see an answer that comes
 * after {@link LATEST_MS} or out of order.
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import type { RegisterBlock } from './read-plan.ts'

/** An answer is not expected any more so long after its question. */
export const LATEST_MS: Millis = 10_000

/** Questions of one meter that were never answered; at most as many as its answers have lengths. */
export class OwedAnswers {
  /** Count of registers to when it was last asked for in vain. */
  readonly #missed = new Map<number, Millis>()

  /** A question stayed open. @param count of its registers @param now in monotonic time, as below */
  missed(count: number, now: Millis): void {
    this.#missed.set(count, now)
  }

  settle(): void {
    this.#missed.clear()
  }

  /** Whether an answer may still come. */
  isOwed(now: Millis): boolean {
    for (const [count, at] of this.#missed) if (now - at >= LATEST_MS) this.#missed.delete(count)
    return this.#missed.size > 0
  }

  /** What can be asked now so that its answer is unmistakable; `null`: nothing, time has to pass. */
  safe(candidates: readonly RegisterBlock[], now: Millis): RegisterBlock | null {
    this.isOwed(now)
    return candidates.find(({ count }) => !this.#missed.has(count)) ?? null
  }
}
