import type { Millis } from '@minewarden/protocol/time.ts'

/** What a time daemon says of the system clock. `absent`: there is none, or it does not answer. */
export type DaemonAnswer =
  | { readonly kind: 'absent'; readonly reason: string }
  /** It runs, and has not found the time yet. */
  | { readonly kind: 'unsynchronised'; readonly source: DaemonName }
  | DaemonReport

export const DAEMON_NAMES = ['chrony', 'timesyncd'] as const
export type DaemonName = (typeof DAEMON_NAMES)[number]

/** A daemon that knows the time. */
export interface DaemonReport {
  readonly kind: 'synchronised'
  readonly source: DaemonName
  /** What its own reference is. */
  readonly quality: 'ntp' | 'gnss'
  /** True time minus system time, as far as the daemon knows and has not yet mended. */
  readonly correctionMs: Millis
  /** Bound of the error that remains after `correctionMs`. */
  readonly errorMs: Millis
  /** How long ago it last heard its reference; negative: the system clock was set back since. */
  readonly referenceAgeMs: Millis
  /** How often it hears its reference. */
  readonly updateIntervalMs: Millis
  /** Bound of the error of the frequency; `null`: it does not tell. */
  readonly skewPpm: number | null
}

/** One look at the system clock and its daemon. */
export interface Observation {
  /** Monotonic time of the look. */
  readonly atMs: Millis
  /** System wall time minus monotonic time. */
  readonly wallOffsetMs: Millis
  /** How well that difference was read. */
  readonly wallErrorMs: Millis
  readonly answer: DaemonAnswer
}
