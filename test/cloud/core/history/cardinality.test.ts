import { countSeries, SENSOR_CHANNELS, UNREGISTERED_SENSORS } from '@minewarden/cloud/core/history/cardinality.ts'
import { Site } from '@minewarden/protocol/site.ts'
import { describe, expect, it } from 'vitest'

const KINDS = ['geophone', 'air-pressure', 'power-meter', 'camera-probe'] as const
const site = (i: number) =>
  Site.parse({
    ...{ id: `site-${i}`, name: `矿点 ${i}`, county: '450324', township: `45032410${i % 10}` },
    ...{ latitude: 25, longitude: 111, closedOn: null, area: 'key', expectedLoads: [], permits: [], supplyPoints: [] },
    sensors: KINDS.map((kind) => ({ gateway: `gw-${i}`, id: `${kind}-1`, kind })),
  })
const fleetOf = (count: number) => ({
  sites: Array.from({ length: count }, (_, i) => site(i)),
  gateways: Array.from({ length: count }, (_, i) => ({ id: `gw-${i}`, site: `site-${i}` })),
  suppliers: [{}],
})

describe('the number of series', () => {
  it('follows from what is registered', () => {
    const { of } = countSeries(fleetOf(50))
    expect(of.vibration).toEqual({ expected: 150, most: 50 * (4 + UNREGISTERED_SENSORS) * SENSOR_CHANNELS })
    expect(of.health).toEqual({ expected: 50, most: 50 })
    expect(of.powerSummary.expected).toBe(100)
    expect(of.site.expected).toBe(50)
    expect(of.fleetManager.most).toBe(1)
    expect(of.probes.most).toBe(1 + 1 + 10 + 2)
  })

  it('stays at some thirty a site, and under what InfluxDB is sized for with a thousand sites and every bound used up', () => {
    const { all } = countSeries(fleetOf(1_000))
    expect(all.expected / 1_000).toBeLessThan(40)
    // Above ten million series InfluxDB 1.x is at its end; above one million it wants more memory than a small server has.
    expect(all.most).toBeLessThan(1_000_000)
  })
})
