import { setImmediate as breathe } from 'node:timers/promises'
import { type Clock, type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'

/** How a simulated site's time runs: as fast as it is read, or so many times as fast as the clock. */
export type Pace = 'free' | { readonly speed: number }

/** When a sensor may give out what it has up to a moment. */
export interface Pacer {
  /** The moment from which a sensor that is opened now measures. */
  begin(): Instant
  /**
   * Waits, for a sensor that stands at `fromMs`, until the site's time is `toMs`. Returns from when to go on: `toMs`, or
   * the site's time when that is far from both (the machine slept, the clock was set), which leaves a gap. Rejects when
   * aborted.
   */
  until(fromMs: number, toMs: number, signal: AbortSignal): Promise<Instant>
}

/** Further from the clock is no longer made up for; only at speed 1, where a site's time is the clock's. */
export const MAX_LAG_MS: Millis = 30_000
/** The clock is looked at so often at least: a timer does not run while the machine sleeps. */
const LONGEST_SLEEP_MS: Millis = 5_000
/** A free-running site lets others run so often. */
const BREATHE_EACH = 32

/**
 * At speed 1 the site's time is the clock's, so that a gateway that is started again finds the site where it is by
 * then, not at its beginning. At other speeds it runs from `startAt`, counted from the making of the pacer.
 */
export function createPacer(clock: Clock, pace: Pace, startAt: Instant): Pacer {
  if (pace === 'free') return freePacer(startAt)
  const { speed } = pace
  const madeMs = clock.monotonic()
  const siteTime = (): Instant => (speed === 1 ? clock.now() : instant(startAt + (clock.monotonic() - madeMs) * speed))
  return {
    begin: siteTime,
    async until(fromMs, toMs, signal) {
      for (;;) {
        signal.throwIfAborted()
        const now = siteTime()
        if (speed === 1 && (now < fromMs - MAX_LAG_MS || now > toMs + MAX_LAG_MS)) return now
        if (now >= toMs) return instant(toMs)
        await clock.sleep(Math.min((toMs - now) / speed, LONGEST_SLEEP_MS), signal)
      }
    },
  }
}

function freePacer(startAt: Instant): Pacer {
  let steps = 0
  return {
    begin: () => startAt,
    async until(_fromMs, toMs, signal) {
      if (++steps % BREATHE_EACH === 0) await breathe()
      signal.throwIfAborted()
      return instant(toMs)
    },
  }
}
