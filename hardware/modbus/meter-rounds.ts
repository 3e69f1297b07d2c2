/** Whose turn it is on a line with several meters: who has waited longest past its time, a dead one ever more rarely. */
import type { Millis } from '@minewarden/protocol/time.ts'

/** A dead meter is asked at least so often. */
export const LONGEST_PAUSE_MS: Millis = 30_000
/** One that can be heard through the noise is asked on. */
const HEARD_PAUSE_MS: Millis = 4_000
/** After a first miss the meter gets so long at least: an answer that is still on its way must not meet the next question. */
const SHORTEST_PAUSE_MS: Millis = 250

interface Turn {
  readonly everyMs: Millis
  dueAt: Millis
  misses: number
}

/** Meters by their place in the list. */
export class MeterRounds {
  readonly #turns: readonly Turn[]

  /** @param now in monotonic time; all are due */
  constructor(everyMs: readonly Millis[], now: Millis) {
    this.#turns = everyMs.map((ms) => ({ everyMs: ms, dueAt: now, misses: 0 }))
  }

  /** Who is next and when. */
  next(): { readonly meter: number; readonly dueAt: Millis } {
    let meter = 0
    for (let i = 1; i < this.#turns.length; i++) {
      if ((this.#turns[i] as Turn).dueAt < (this.#turns[meter] as Turn).dueAt) meter = i
    }
    return { meter, dueAt: this.#turns[meter]?.dueAt ?? 0 }
  }

  /** Rounds in a row in which it did not answer. */
  missesOf(meter: number): number {
    return this.#turns[meter]?.misses ?? 0
  }

  /** It answered: again after its interval; what it missed is not made up for. */
  answered(meter: number, now: Millis): void {
    const turn = this.#turns[meter] as Turn
    turn.misses = 0
    turn.dueAt = Math.max(turn.dueAt + turn.everyMs, now)
  }

  /** It did not: pauses double. @param isHeard something came of it, though damaged */
  missed(meter: number, now: Millis, isHeard = false): void {
    const turn = this.#turns[meter] as Turn
    const pauseMs = Math.max(turn.everyMs, SHORTEST_PAUSE_MS) * 2 ** Math.min(turn.misses, 16)
    turn.misses += 1
    const longestMs = isHeard ? HEARD_PAUSE_MS : LONGEST_PAUSE_MS
    turn.dueAt = now + Math.max(Math.min(pauseMs, longestMs), turn.everyMs)
  }
}
