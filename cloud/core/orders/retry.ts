import type { Millis } from '@minewarden/protocol/time.ts'

/** How long to wait between attempts: doubling, with a ceiling, each spread so that many do not come at once. */
export interface RetryRules {
  readonly firstMs: Millis
  readonly maxMs: Millis
}

/** Endless; `random` gives 0 to 1. Each wait is between half the interval and the whole of it. */
export function* retryWaits({ firstMs, maxMs }: RetryRules, random: () => number): Generator<Millis, never> {
  for (let wait = firstMs; ; wait = Math.min(wait * 2, maxMs)) {
    yield Math.round(wait * (0.5 + random() / 2))
  }
}
