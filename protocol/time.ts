/** A moment: milliseconds since 1970-01-01T00:00:00Z, UTC. May have a fraction: samples at 75 a second need it. */
export type Instant = number & { readonly __brand: 'Instant' }

/** A span of time in milliseconds. */
export type Millis = number

/** Marks a number as an {@link Instant}. Free at run time. */
export const instant = (ms: number): Instant => ms as Instant

/**
 * How far a stamp's clock can be trusted, worst first: never set since boot; set once, now drifting; held by NTP or
 * chrony; held by a satellite receiver. The position in this list is what travels (`Spool/Clock`).
 */
export const CLOCK_QUALITIES = ['unsynchronised', 'holdover', 'ntp', 'gnss'] as const
export type ClockQuality = (typeof CLOCK_QUALITIES)[number]

/**
 * The only way our code learns the time. `now` is wall time (may be stepped; goes on the wire); `monotonic` is for
 * elapsed time only. `sleep` rejects with the signal's reason when aborted.
 */
export interface Clock {
  now(): Instant
  monotonic(): Millis
  sleep(ms: Millis, signal?: AbortSignal): Promise<void>
}

/**
 * Bound of a stamp of which nothing is known: every moment from 1970 to 2286 lies within it. A gateway's own clock says
 * it before it was ever synchronised, so that these very stamps can be told from others' and moved once the time is known.
 */
export const UNKNOWN_ERROR_MS: Millis = 1e13

/** A moment and how well it is known. */
export interface Stamp {
  readonly at: Instant
  readonly quality: ClockQuality
  /** The true time lies within this of `at`; {@link UNKNOWN_ERROR_MS} or `null`: nothing is known of it. */
  readonly errorMs: Millis | null
}

/**
 * A clock that knows how good it is. Moments are caught as monotonic time where something happens and turned into UTC
 * later, so that a wall clock that is set in between does not tear them apart.
 */
export interface Timekeeper extends Clock {
  /** UTC of a moment of {@link Clock.monotonic}, by what is known now. Never decreases for later moments. */
  stamp(monotonicMs: Millis): Stamp
}

/** A timekeeper that believes its clock. */
export function believe(clock: Clock, quality: ClockQuality, errorMs: Millis | null = null): Timekeeper {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    stamp: (monotonicMs) => ({ at: instant(clock.now() - (clock.monotonic() - monotonicMs)), quality, errorMs }),
  }
}

/** ISO 8601 with `Z`, to the millisecond. */
export const isoTime = (at: Instant): string => new Date(at).toISOString()

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/

/** Reads an ISO 8601 time that states its offset; `null` when it is not one. Fractions beyond a millisecond are kept. */
export function parseIsoTime(text: string): Instant | null {
  if (!ISO.test(text)) return null
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) return null
  const fraction = /\.\d{3}(\d+)/.exec(text)?.[1]
  return instant(fraction ? ms + Number(`0.${fraction}`) : ms)
}
