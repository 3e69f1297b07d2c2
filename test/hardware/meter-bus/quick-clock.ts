import { type Instant, instant, type Millis, type Stamp, type Timekeeper } from '@minewarden/protocol/time.ts'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** Virtual time without files: an hour of a bus in seconds. */
export class QuickClock implements Timekeeper {
  #now = 0
  readonly #start: number
  readonly #sleepers = new Set<Sleeper>()

  constructor(start = Date.UTC(2026, 6, 1, 4)) {
    this.#start = start
  }

  now(): Instant {
    return instant(this.#start + this.#now)
  }

  monotonic(): Millis {
    return this.#now
  }

  stamp(monotonicMs: Millis): Stamp {
    return { at: instant(this.#start + monotonicMs), quality: 'ntp', errorMs: 5 }
  }

  sleep(ms: Millis, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const sleeper = { at: this.#now + ms, wake: resolve }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', () => this.#sleepers.delete(sleeper) && reject(signal.reason), { once: true })
    })
  }

  async advance(ms: Millis): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      const next = this.#next(end)
      if (!next) break
      this.#now = Math.max(this.#now, next.at)
      this.#sleepers.delete(next)
      next.wake()
      await settle()
    }
    this.#now = end
  }

  #next(end: number): Sleeper | null {
    let first: Sleeper | null = null
    for (const sleeper of this.#sleepers) if (sleeper.at <= end && (!first || sleeper.at < first.at)) first = sleeper
    return first
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
