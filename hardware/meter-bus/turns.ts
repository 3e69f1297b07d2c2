/** Which meter's turn it is: whoever waits longest; all that fail have one turn among them, so that they starve nobody. */
import type { Millis } from '@minewarden/protocol/time.ts'
import type { MeterPoll } from './meter-poll.ts'

export class Turns {
  readonly #polls: readonly MeterPoll[]
  /** When one that fails last had the bus. */
  #failedAt: Millis = Number.NEGATIVE_INFINITY

  constructor(polls: readonly MeterPoll[]) {
    this.#polls = polls
  }

  /** Who is next, and when. */
  next(): { readonly poll: MeterPoll; readonly at: Millis } {
    const waiting = this.#polls.map((poll) => ({ poll, at: this.#turnAt(poll) }))
    return waiting.reduce((a, b) => (b.at < a.at ? b : a))
  }

  served(poll: MeterPoll, at: Millis): void {
    if (poll.isFailing) this.#failedAt = at
  }

  #turnAt(poll: MeterPoll): Millis {
    return poll.isFailing ? Math.max(poll.dueAt, this.#failedAt) : poll.dueAt
  }
}
