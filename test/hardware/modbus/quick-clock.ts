import { type Instant, instant, type Millis, type Stamp, type Timekeeper } from '@minewarden/protocol/time.ts'

/** As with real timers, time passes in every sleep. */
const LEAST_MS: Millis = 0.01

/** Virtual time for work that waits for nothing but this clock: it leaps from sleeper to sleeper. */
export class QuickClock implements Timekeeper {
  static readonly START = 1_767_225_600_000
  #ms: Millis = 0
  #sleepers: { at: Millis; wake: () => void }[] = []

  now(): Instant {
    return instant(QuickClock.START + this.#ms)
  }

  monotonic(): Millis {
    return this.#ms
  }

  stamp(monotonicMs: Millis): Stamp {
    return { at: instant(QuickClock.START + monotonicMs), quality: 'ntp', errorMs: 1 }
  }

  sleep(ms: Millis, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const drop = () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper)
        reject(signal?.reason)
      }
      const wake = () => {
        signal?.removeEventListener('abort', drop)
        resolve()
      }
      const sleeper = { at: this.#ms + Math.max(ms, LEAST_MS), wake }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', drop, { once: true })
    })
  }

  async advance(ms: Millis): Promise<void> {
    const end = this.#ms + ms
    await settle()
    for (;;) {
      const next = this.#sleepers.reduce<{ at: Millis; wake: () => void } | null>(
        (first, one) => (one.at <= end && (!first || one.at < first.at) ? one : first),
        null,
      )
      if (!next) break
      this.#ms = Math.max(this.#ms, next.at)
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1)
      next.wake()
      await settle()
    }
    this.#ms = end
  }
}

/** Promise chains run to their end before an immediate does. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}
