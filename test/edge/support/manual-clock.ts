import type { Logger } from '@minewarden/edge/core/ports.ts'
import { type Instant, instant, type Millis, type Stamp, type Timekeeper } from '@minewarden/protocol/time.ts'

/** A clock that moves only when told; who sleeps wakes in order. */
export class ManualClock implements Timekeeper {
  #now: number
  readonly #start: number
  readonly #sleepers = new Set<{ at: number; wake: () => void }>()

  constructor(start: Instant) {
    this.#now = start
    this.#start = start
  }

  now(): Instant {
    return instant(this.#now)
  }

  monotonic(): Millis {
    return this.#now - this.#start
  }

  stamp(monotonicMs: Millis): Stamp {
    return { at: instant(this.#start + monotonicMs), quality: 'ntp', errorMs: null }
  }

  sleep(ms: Millis, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const sleeper = { at: this.#now + ms, wake: resolve }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        if (this.#sleepers.delete(sleeper)) reject(signal.reason)
      })
    })
  }

  /** Moves on, waking sleepers at their times and letting each do its work, disk included. */
  async advance(ms: Millis): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#now = Math.max(this.#now, next.at)
      this.#sleepers.delete(next)
      next.wake()
      await settle()
    }
    this.#now = end
    await settle()
  }
}

/** Long enough for a chain of promises with a few file operations in it. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 1))
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
