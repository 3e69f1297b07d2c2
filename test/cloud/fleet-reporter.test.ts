import type { RecordedFinding } from '@minewarden/cloud/core/findings-port.ts'
import { emptyHistoryCounts } from '@minewarden/cloud/core/history/engine.ts'
import { lineOf } from '@minewarden/cloud/core/history/line-protocol.ts'
import type { HistoryPoint } from '@minewarden/cloud/core/history/measurement.ts'
import { isMeasurement, MEASUREMENTS } from '@minewarden/cloud/core/history/schema.ts'
import { emptyCounts } from '@minewarden/cloud/core/ingest-counts.ts'
import { createLive } from '@minewarden/cloud/core/live.ts'
import type { OrderView, SiteView } from '@minewarden/cloud/core/ports.ts'
import { countProbes } from '@minewarden/cloud/core/probes/online-rate.ts'
import { createFleetReporter } from '@minewarden/cloud/fleet-reporter.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { fleetOf, rowOf } from '../support/history/fleet.ts'

const PATIENCE_MS = 60_000
const NOW = instant(Date.now())
const fleet = fleetOf(2)
const [site] = fleet.sites

const viewOf = (state: SiteView['state']): SiteView => ({
  ...{ id: site!.id, name: site!.name, state, probability: 0.4, since: NOW, because: [], site: site!, lastEvent: null },
  gateways: [{ id: 'gateway-0', online: true, since: NOW, lastReadingAt: NOW, sensors: [] } as never],
})
const ORDER = {
  ...{ id: 'order-1', sequence: 1, site: site!.id, supplier: 'grid-company', state: 'issued' },
  ...{ draftedAt: NOW, validUntil: instant(NOW + 7_200_000), issuedAt: NOW, endedAt: null },
  timeline: [
    { at: NOW, what: 'drafted', notes: [] },
    { at: NOW, what: 'delivery-failed', notes: [] },
  ],
} as unknown as OrderView
const STATE_FINDING: RecordedFinding['finding'] = {
  ...{ kind: 'state', site: site!.id, at: NOW, state: 'watch', probability: 0.4, because: [] },
  ...{ independentKinds: [], late: false },
}

function reporter(sink: (points: readonly HistoryPoint[]) => void) {
  const recorded: RecordedFinding[] = [{ offset: 1, finding: STATE_FINDING }]
  let place = 0
  const live = createLive(silentLogger)
  const orders = [ORDER]
  const made = createFleetReporter({
    config: { sites: fleet.sites, gateways: [], suppliers: [{ id: 'grid-company' }], hostId: 'county' } as never,
    sink: { writePoints: async (points) => sink(points) },
    historyCounts: emptyHistoryCounts(),
    intake: {
      sites: { list: () => [viewOf('watch')], get: () => viewOf('suspected') } as never,
      probes: {
        counts: () => countProbes([{ status: 'online', place: { county: '450324', township: null, area: 'key' } }]),
      } as never,
      counts: emptyCounts(),
      lags: { history: 1, detection: 2, probes: 3 },
      findings: {
        head: 1,
        read: (after, limit) => recorded.filter(({ offset }) => offset > after).slice(0, limit),
        offsetOf: () => place,
        advance(_, offset) {
          place = offset
        },
      },
      snapshotOf: () => null,
      freeDiskBytes: () => 1e9,
    },
    orders: { list: () => orders, get: () => ORDER },
    wordsOf: (reason, language) => `${reason.code} ${language}`,
    ...{ live, clock: systemClock, logger: silentLogger, version: '1', minuteMs: 3_600_000, pauseMs: 100 },
  })
  return { made, live, place: () => place }
}

describe('what the fleet manager writes of the fleet', () => {
  test('is the fleet as it stands, each finding and each line of an order, in fields and tags that are declared', async () => {
    const points: HistoryPoint[] = []
    const { made, live, place } = reporter((written) => void points.push(...written))
    await using running = made
    running.onReading(rowOf({ atMs: NOW, fields: { activePowerW: 1 } }))
    running.start()
    const seen = (measurement: string) => points.filter((point) => point.measurement === measurement)
    await eventually(
      'all of it',
      () => place() === 1 && seen('order').length === 2 && seen('site').length > 0,
      PATIENCE_MS,
    )
    expect(new Set(points.map(({ measurement }) => measurement))).toEqual(
      new Set(['fleetManager', 'county', 'orders', 'probes', 'site', 'gateway', 'stateChange', 'order']),
    )
    for (const { measurement, tags, fields } of points) {
      if (!isMeasurement(measurement)) throw new Error(`${measurement} is not declared`)
      expect(Object.keys(tags).sort(), measurement).toEqual([...MEASUREMENTS[measurement].tags].sort())
      expect(Object.keys(fields).sort(), measurement).toEqual(Object.keys(MEASUREMENTS[measurement].fields).sort())
    }
    expect(seen('order').map(({ tags }) => tags.orderState)).toEqual(['drafted', 'other'])
    expect(new Set(seen('order').map(lineOf)).size).toBe(2)
    expect(seen('orders')[0]?.fields).toMatchObject({ issued: 1, open: 1 })
    live.publish({ kind: 'site', site: viewOf('suspected') })
    await eventually('the change', () => seen('site').some(({ fields }) => fields.state === 'suspected'), PATIENCE_MS)
  })

  test(
    'waits for a database that is away: no finding and no order is forgotten',
    async () => {
      const points: HistoryPoint[] = []
      let isAway = true
      const { made, place } = reporter((written) => {
        if (isAway) throw new Error('away')
        points.push(...written)
      })
      await using running = made
      running.start()
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(place()).toBe(0)
      isAway = false
      const kinds = () => new Set(points.map(({ measurement }) => measurement))
      await eventually('all of it', () => kinds().has('order') && kinds().has('site') && place() === 1, PATIENCE_MS)
    },
    2 * PATIENCE_MS,
  )
})
