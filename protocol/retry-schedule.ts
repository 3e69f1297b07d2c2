import type { Millis } from './time.ts'

export interface RetryOptions {
  readonly firstMs: Millis
  /** No pause is longer; attempts never end. */
  readonly ceilingMs: Millis
}

/**
 * Pauses between attempts: doubling up to a ceiling, for ever. Each is drawn between half and all of its length, so that
 * a thousand gateways do not come back in one second.
 * @param random uniform in [0, 1)
 */
export function* retrySchedule(options: RetryOptions, random: () => number): Generator<Millis, never> {
  for (let pauseMs = options.firstMs; ; pauseMs = Math.min(pauseMs * 2, options.ceilingMs)) {
    yield Math.min(pauseMs, options.ceilingMs) * (0.5 + random() / 2)
  }
}
