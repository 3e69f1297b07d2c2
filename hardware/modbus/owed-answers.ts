/**
 * RTU answers name neither their question nor their registers: only their length tells an answer that comes too late from
 * the one that is waited for. A meter answers in order. So a question is only asked while no earlier one is open whose
 * answer would be as long; the first answer that is taken settles all earlier ones.
 */
import type { RegisterBlock } from './read-plan.ts'

/** Questions of one meter that were never answered. */
export class OwedAnswers {
  readonly #counts = new Set<number>()

  /** A question stayed open. @param count of its registers */
  missed(count: number): void {
    this.#counts.add(count)
  }

  settle(): void {
    this.#counts.clear()
  }

  get any(): boolean {
    return this.#counts.size > 0
  }

  /** What can be asked now so that its answer is unmistakable; `null`: nothing, a pause has to do. */
  safe(candidates: readonly RegisterBlock[]): RegisterBlock | null {
    return candidates.find(({ count }) => !this.#counts.has(count)) ?? null
  }
}
