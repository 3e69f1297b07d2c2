import { DEFAULT_PARAMETERS } from '@minewarden/cloud/core/detection/parameters.ts'
import { createSiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import { PARAMETER_BOUNDS, SiteParameters, withSiteParameters } from '@minewarden/cloud/core/tuning/site-parameters.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'
import { event, gateway, meter, NIGHT, probe, siteOf, windows } from '../../../support/detection.ts'

const MINUTE = 60_000
/** Every number at its least watchful end. */
const DULLEST = withSiteParameters(
  DEFAULT_PARAMETERS,
  SiteParameters.parse({
    watchAt: PARAMETER_BOUNDS.watchAt[1],
    suspectedAt: PARAMETER_BOUNDS.suspectedAt[1],
    reopenedAt: PARAMETER_BOUNDS.reopenedAt[1],
    hysteresis: PARAMETER_BOUNDS.hysteresis[0],
    nightFromHour: PARAMETER_BOUNDS.nightFromHour[1],
    nightToHour: PARAMETER_BOUNDS.nightToHour[0],
    deadFromHour: PARAMETER_BOUNDS.deadFromHour[1],
    deadToHour: PARAMETER_BOUNDS.deadToHour[0],
    silentAfterMinutes: PARAMETER_BOUNDS.silentAfterMinutes[1],
  }),
)

function statesOf(readings: readonly Reading[], untilMs = 0): string[] {
  const detector = createSiteDetector(siteOf(), DULLEST)
  const ordered = [...readings].sort((a, b) => a.measuredAt - b.measuredAt)
  const found = ordered.flatMap((reading) => detector.observe(gateway, reading, { historical: false }))
  const end = Math.max(untilMs, ordered.at(-1)!.measuredAt + MINUTE)
  return [...found, ...detector.advanceTo(instant(end))].flatMap((one) => (one.kind === 'state' ? [one.state] : []))
}

test('a site whose every number stands at its dullest still finds a reopening with machines, load and blasts', () => {
  const shift = (m: number) => m >= 10 && m % 4 < 3
  const states = statesOf([
    ...meter(NIGHT, 150, (m) => (shift(m) ? 36_000 : 150)),
    ...windows(NIGHT, 150, (m) => (shift(m) ? 9 : 0)),
    event(NIGHT + 40 * MINUTE),
    event(NIGHT + 90 * MINUTE),
  ])
  expect(states).toContain('reopened')
})

test('and a blast at night alone, and a sensor that went dead', () => {
  const calm = [...meter(NIGHT, 60, () => 150), ...windows(NIGHT, 60, () => 0), probe(NIGHT, 'online')]
  expect(statesOf([...calm, event(NIGHT + 30 * MINUTE)])).toContain('suspected')
  expect(statesOf(calm, NIGHT + 60 * MINUTE + 125 * MINUTE)).toEqual(['watch'])
})
