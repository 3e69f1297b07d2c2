import type { Millis } from '@minewarden/protocol/time.ts'
import type { Logger } from './ports.ts'

/** What strangers can cause a thousand times a second is counted each time and logged now and then. */
export class SparingLog {
  readonly #logger: Logger
  readonly #everyMs: Millis
  readonly #loggedAt = new Map<string, Millis>()

  constructor(logger: Logger, everyMs: Millis) {
    this.#logger = logger
    this.#everyMs = everyMs
  }

  /** @param key of a bounded set: one line for each in the time. A clock that went back counts as time enough. */
  warn(key: string, now: Millis, fields: object, message: string): void {
    const since = this.#loggedAt.get(key)
    if (since !== undefined && now >= since && now - since < this.#everyMs) return
    this.#loggedAt.set(key, now)
    this.#logger.warn(fields, message)
  }
}
