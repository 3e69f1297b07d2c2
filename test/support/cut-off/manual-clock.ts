import { type Clock, type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'

/** A clock that stands still until it is moved; sleepers wake when their time has come. */
export interface ManualClock extends Clock {
  advance(ms: Millis): Promise<void>
}

export function createManualClock(start: Instant): ManualClock {
  let now = start
  const sleepers = new Set<{ at: number; wake: () => void }>()
  /** Lets what can go on do so; hashes and signatures are made on other threads, hence the real millisecond. */
  const settle = async () => {
    for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done))
    await new Promise((done) => setTimeout(done, 1))
  }
  return {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { at: now + ms, wake: () => resolve() }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    async advance(ms) {
      now = instant(now + ms)
      for (const sleeper of sleepers) {
        if (sleeper.at > now) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
      await settle()
    },
  }
}
