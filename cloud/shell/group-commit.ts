import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { Ingest } from '../core/ingest.ts'

/** A row waits at most this long for company in its transaction. */
const COMMIT_AFTER_MS: Millis = 4
/** So many rows are company enough. */
const COMMIT_AT_ROWS = 1_000
const TICK_EACH_MS: Millis = 200

/** The timers of the ingest: commits what came, soon and together, and lets time pass for it. */
export class GroupCommit implements Disposable {
  readonly #ingest: Ingest
  readonly #clock: Clock
  readonly #ticking: NodeJS.Timeout
  #waiting: NodeJS.Timeout | null = null

  constructor(ingest: Ingest, clock: Clock) {
    this.#ingest = ingest
    this.#clock = clock
    this.#ticking = setInterval(() => ingest.tick(clock.now()), TICK_EACH_MS)
  }

  receive(topic: string, payload: Uint8Array): void {
    this.#ingest.receive(topic, payload, this.#clock.now())
    if (this.#ingest.pending >= COMMIT_AT_ROWS) this.flush()
    else if (this.#ingest.pending > 0) this.#waiting ??= setTimeout(() => this.flush(), COMMIT_AFTER_MS)
  }

  flush(): void {
    if (this.#waiting) clearTimeout(this.#waiting)
    this.#waiting = null
    this.#ingest.flush(this.#clock.now())
  }

  [Symbol.dispose](): void {
    clearInterval(this.#ticking)
    this.flush()
  }
}
