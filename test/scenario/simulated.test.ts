import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { SimulatedSiteOptions } from '@minewarden/hardware/sim/options.ts'
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from '@minewarden/hardware/sim/scenarios.ts'
import { createSimulatedSite } from '@minewarden/hardware/sim/simulated-site.ts'
import type { Finding } from '@minewarden/protocol/finding.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { type Clock, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { judgeAll, siteOf } from '../support/detection.ts'

const MINUTES = 12
const NIGHT = Date.parse('2026-05-01T15:00:00Z')
const DAY = Date.parse('2026-05-02T03:00:00Z')

/** A free-running site never asks. */
const clock: Clock = { now: () => instant(0), monotonic: () => 0, sleep: async () => {} }

/** A simulated site through the gateway's measures and the detector. */
async function run(scenario: ScenarioName, startMs: number): Promise<Finding[]> {
  const startAt = instant(startMs)
  const endAt = instant(startMs + MINUTES * 60_000)
  const options = SimulatedSiteOptions.parse({
    scenario,
    seed: 11,
    sensors: [
      { kind: 'geophone', id: 'geo-1' },
      { kind: 'air-pressure', id: 'air-1' },
      { kind: 'power-meter', id: 'meter-1' },
      { kind: 'camera-probe', id: 'probe-1' },
    ],
  })
  const readings: Reading[] = []
  for (const driver of createSimulatedSite({ clock, pace: 'free', startAt, endAt }, options)) {
    const measure = createMeasure({ sensor: driver.sensor, kind: driver.kind, channels: driver.channels })
    for await (const m of driver.read(new AbortController().signal)) readings.push(...measure.push(m))
    readings.push(...measure.end())
  }
  const { expectedLoads, permits } = SCENARIOS[scenario]
  const lawful = permits.map((p) => ({
    reason: p.reason,
    from: new Date(startMs + 1000 * p.fromS).toISOString(),
    to: new Date(startMs + 1000 * p.toS).toISOString(),
  }))
  return judgeAll(siteOf({ expectedLoads, permits: lawful }), readings)
}

const reopenedAt = (findings: readonly Finding[]): number | null =>
  findings.find((f) => f.kind === 'state' && f.state === 'reopened')?.at ?? null
const blastsOf = (findings: readonly Finding[]) => findings.filter((f) => f.kind === 'event' && f.class === 'blast')

describe.each([
  ['by night', NIGHT],
  ['by day', DAY],
])('a simulated site %s', (_, startMs) => {
  it('that reopens is found within two minutes of the start, on two kinds of sensor, with its rounds', async () => {
    const findings = await run('reopening', startMs)
    const at = reopenedAt(findings)
    expect(at).not.toBeNull()
    expect(at! - startMs).toBeLessThan(120_000)
    const state = findings.find((f) => f.kind === 'state' && f.state === 'reopened')
    expect(state?.kind === 'state' && state.independentKinds.length).toBeGreaterThanOrEqual(2)
    expect(blastsOf(findings)).toHaveLength(2)
  })

  it.each(SCENARIO_NAMES.filter((name) => name !== 'reopening'))('%s is not reopened', async (scenario) => {
    const findings = await run(scenario, startMs)
    expect(reopenedAt(findings)).toBeNull()
    if (scenario !== 'quarry-next-door') expect(blastsOf(findings)).toEqual([])
  })
})
