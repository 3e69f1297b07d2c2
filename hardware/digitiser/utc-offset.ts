/**
 * From monotonic time to UTC without the fine jitter of a wall clock that is read in whole milliseconds: the difference
 * is followed slowly, so that blocks keep joining. A real step of the clock is taken at once.
 */
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'

/** A difference beyond this is a step of the clock (first synchronisation, a set clock), not its discipline. */
const STEP_MS: Millis = 20
/** Share of the difference that is made up with each block. */
const SHARE = 0.1

export interface UtcTime {
  readonly at: Instant
  /** What the smoothing holds it off by just now. */
  readonly lagMs: Millis
}

export class UtcOffset {
  readonly #mostMs: Millis
  #offset: Millis | null = null

  /** @param mostMs by how much it may change from one time to the next, but for a step */
  constructor(mostMs: Millis) {
    this.#mostMs = mostMs
  }

  /** @param wallAt what the timekeeper says of `monotonicMs` */
  apply(monotonicMs: Millis, wallAt: Instant): UtcTime {
    const wanted = wallAt - monotonicMs
    const before = this.#offset
    const stepped = before !== null && Math.abs(wanted - before) > STEP_MS
    if (before === null || stepped) this.#offset = wanted
    else this.#offset = before + Math.max(-this.#mostMs, Math.min(this.#mostMs, (wanted - before) * SHARE))
    const offset = this.#offset!
    return { at: instant(monotonicMs + offset), lagMs: Math.abs(wanted - offset) }
  }
}
