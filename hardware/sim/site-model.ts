import type { Instant } from '@minewarden/protocol/time.ts'
import type { Scenario } from './scenarios.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { createWind } from './weather.ts'

/** What all sensors of a simulated site share: causes, not signals. */
export interface Site {
  readonly seed: number
  readonly scenario: Scenario
  readonly timeline: Timeline
  readonly wind: (atMs: number) => number
  readonly startAt: Instant
}

export function createSite(scenario: Scenario, seed: number, startAt: Instant): Site {
  return {
    seed,
    scenario,
    startAt,
    timeline: createTimeline(scenario, seed, startAt),
    wind: createWind(seed, scenario.windMPerS),
  }
}
