import type { DetectorState } from '@minewarden/cloud/core/detection/detector-state.ts'
import { createHourBackground, learnHours } from '@minewarden/cloud/core/detection/learning/hour-background.ts'
import { inheritLearnt } from '@minewarden/cloud/core/detection/learning/inherit.ts'
import { DEFAULT_PARAMETERS } from '@minewarden/cloud/core/detection/parameters.ts'
import { createSiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import type { Finding } from '@minewarden/protocol/finding.ts'
import { GatewayId } from '@minewarden/protocol/ids.ts'
import { expect, test } from 'vitest'
import { gateway, NIGHT, siteOf, windows } from '../../../../support/detection.ts'

const HOUR = 3_600_000
const DAYS = 30

/** A site whose geophone heard a level that rose by half a decibel a day until now. */
function rampedSnapshot(): DetectorState {
  const detector = createSiteDetector(siteOf())
  for (const reading of windows(NIGHT, 5, () => 0)) detector.observe(gateway, reading, { historical: false })
  const state = detector.snapshot() as DetectorState
  const activity = state.activities[`${gateway}/geo-1`]!
  const hours = createHourBackground(5)
  const from = NIGHT - DAYS * 24 * HOUR
  for (let at = from; at < NIGHT; at += 10_000) {
    const db = -140 + 0.5 * Math.max(0, (at - from) / (24 * HOUR) - 4)
    learnHours(hours, at, [db, db, db, null, null])
  }
  activity.hours = hours
  return state
}

const judge = (state: DetectorState, minutes: number, excessDb: number): Finding[] => {
  const detector = createSiteDetector(siteOf(), DEFAULT_PARAMETERS, state)
  return windows(NIGHT + 6 * 60_000, minutes, () => excessDb).flatMap((reading) =>
    detector.observe(gateway, reading, { historical: false }),
  )
}

test('a site whose level crept up to the bound is watched, once, and says so', () => {
  const findings = judge(rampedSnapshot(), 10, 0)
  const states = findings.filter(({ kind }) => kind === 'state')
  expect(states).toHaveLength(1)
  expect(states[0]).toMatchObject({ state: 'watch', orderGrade: { met: false } })
  expect(states[0]!.because.find(({ code }) => code === 'background-raised')?.values).toMatchObject({
    sensor: 'geo-1',
    db: 6,
    fromHz: 9,
    toHz: 18,
    hours: 24,
  })
})

test('the background of the windows is held at the bound', () => {
  const state = rampedSnapshot()
  const detector = createSiteDetector(siteOf(), DEFAULT_PARAMETERS, state)
  // 20 dB above: half an hour would have been enough to follow all of it.
  for (const reading of windows(NIGHT + 6 * 60_000, 60, () => 20))
    detector.observe(gateway, reading, { historical: false })
  const { hours, background } = (detector.snapshot() as DetectorState).activities[`${gateway}/geo-1`]!
  // One step of the rise may lie above it until the next window.
  const band = 4
  const first = hours!.first[(new Date(NIGHT).getUTCHours() % 24) * 5 + band - 2]!
  expect(background[band]!).toBeLessThanOrEqual(first + 6.05)
})

test('a replaced gateway inherits what its predecessor learnt, sensor by sensor', () => {
  const old = rampedSnapshot()
  const learnt = structuredClone(old.activities[`${gateway}/geo-1`]!.hours)
  const site = siteOf({
    sensors: [
      { gateway: GatewayId.parse('gw-2'), id: 'geo-1', kind: 'geophone' },
      { gateway: GatewayId.parse('gw-2'), id: 'meter-1', kind: 'power-meter' },
    ],
  })
  const after = createSiteDetector(site, DEFAULT_PARAMETERS, old).snapshot() as DetectorState
  expect(Object.keys(after.activities)).toEqual(['gw-2/geo-1'])
  expect(after.activities['gw-2/geo-1']!.hours).toEqual(learnt)
})

test('of the same kind one that went and one that came are the same place; of several by their ids alone', () => {
  const tables = (keys: string[]) => ({
    activities: Object.fromEntries(keys.map((key) => [key, { from: key }])),
    machines: {},
    drills: {},
    blows: {},
    meters: {},
    probes: {},
  })
  const register = (keys: string[]) =>
    siteOf({
      sensors: keys.map((key) => {
        const [name, id] = key.split('/')
        return { gateway: name, id, kind: 'geophone' }
      }),
    })
  const move = (before: string[], after: string[]) => inheritLearnt(tables(before) as never, register(after))
  expect(move(['a/g'], ['b/velocity'])).toEqual([['a/g', 'b/velocity']])
  expect(move(['a/g', 'a/h'], ['b/g', 'b/h'])).toEqual([
    ['a/g', 'b/g'],
    ['a/h', 'b/h'],
  ])
  expect(move(['a/g', 'a/h'], ['b/x', 'b/y'])).toEqual([])
  expect(move(['a/g'], ['a/g', 'b/g'])).toEqual([])
})
