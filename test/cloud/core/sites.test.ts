import type { JournalRow, LiveEvent } from '@minewarden/cloud/core/ports.ts'
import { Sites, type SitesDeps } from '@minewarden/cloud/core/sites.ts'
import type { EventFinding, StateFinding } from '@minewarden/protocol/finding.ts'
import type { GatewayId, SensorId, SiteId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { Site } from '@minewarden/protocol/site.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { siteConfig } from '../../crash/support/cloud-config.ts'
import { powerReading } from '../../support/fake-gateway.ts'

const SITE = 'site-1' as SiteId
const GATEWAY = 'gw-1' as GatewayId
const METER = 'meter-1' as SensorId
const site = Site.parse((siteConfig('') as { sites: unknown[] }).sites[0])

const state: StateFinding = {
  kind: 'state',
  site: SITE,
  at: 7_000,
  state: 'suspected',
  probability: 0.8,
  because: [{ code: 'blast', values: {} }],
  independentKinds: ['geophone'],
  late: false,
}
const event: EventFinding = {
  kind: 'event',
  site: SITE,
  sensor: METER,
  onset: 6_000,
  at: 6_500,
  class: 'blast',
  probability: 0.9,
  durationS: 1,
  peakVelocityMmPerS: 2,
  dominantFrequencyHz: 8,
  because: [],
  late: false,
}

let told: LiveEvent[]
const make = (findings: Partial<SitesDeps['findings']> = {}) =>
  new Sites({
    sites: [site],
    gateways: [{ id: GATEWAY, site: SITE }],
    findings: { latest: () => [state, event], lastState: () => null, lastEvent: () => null, ...findings },
    journal: { lastMeasuredAt: () => instant(5_000) },
    live: { publish: (each) => void told.push(each) },
  })
beforeEach(() => {
  told = []
})

const row = (reading: Reading, historical = false): JournalRow => ({
  offset: 1,
  gateway: GATEWAY,
  receivedAt: instant(Math.max(90_000, reading.measuredAt)),
  historical,
  reading,
})
const sensorState = (word: string, at: number): Reading => ({
  kind: 'sensor',
  sensor: METER,
  channel: null,
  measuredAt: instant(at),
  clock: 'ntp',
  fields: { state: word, reason: null },
})

describe('the sites', () => {
  test('begin with what the files remember', () => {
    const sites = make({ lastState: () => state, lastEvent: () => event })
    expect(sites.get(SITE)).toMatchObject({
      state: 'suspected',
      probability: 0.8,
      since: 7_000,
      lastEvent: { class: 'blast' },
      gateways: [
        { id: GATEWAY, online: false, since: null, lastReadingAt: 5_000, sensors: [{ id: METER, state: 'unknown' }] },
      ],
    })
    expect(make().list()).toMatchObject([{ id: SITE, state: 'sealed', probability: 0, since: null }])
    expect(make().get('elsewhere' as SiteId)).toBeNull()
    expect(sites.findings(SITE, 9)).toHaveLength(2)
  })

  test('follow gateways and sensors as they come and go, and tell of each change', () => {
    const sites = make()
    sites.presence(GATEWAY, { kind: 'node-online', at: instant(10) })
    sites.presence(GATEWAY, { kind: 'device-online', device: METER, at: instant(11) })
    sites.sensorState(GATEWAY, METER, 'ok')
    sites.sensorState(GATEWAY, METER, 'ok')
    expect(told.map(({ kind }) => kind)).toEqual(['site', 'site', 'site'])
    expect(sites.get(SITE)?.gateways[0]).toMatchObject({
      online: true,
      since: 10,
      sensors: [{ online: true, state: 'ok' }],
    })
    sites.presence(GATEWAY, { kind: 'node-offline', at: instant(20) })
    sites.presence('stranger' as GatewayId, { kind: 'node-online', at: instant(20) })
    expect(sites.get(SITE)?.gateways[0]).toMatchObject({ online: false, since: 20 })
  })

  test('show findings when they are made', () => {
    const sites = make()
    sites.found(event)
    sites.found(state)
    expect(told.map(({ kind }) => kind)).toEqual(['event', 'site', 'site'])
    expect(sites.get(SITE)).toMatchObject({ state: 'suspected', lastEvent: { class: 'blast' } })
  })

  test('pass live readings on, and let no backlog move what is shown as now', () => {
    const sites = make()
    sites.committed([row(powerReading(1, instant(90_000))), row(sensorState('ok', 90_000))])
    const before = told.length
    sites.committed([row(sensorState('unplugged', 20_000)), row(sensorState('unplugged', 89_000), true)])
    expect(told).toHaveLength(before)
    expect(sites.get(SITE)?.gateways[0]).toMatchObject({ lastReadingAt: 90_000, sensors: [{ state: 'ok' }] })
    sites.committed([row(sensorState('unplugged', 91_000))])
    expect(sites.get(SITE)?.gateways[0]?.sensors[0]?.state).toBe('unplugged')
  })

  test('a gateway whose clock ran ahead for a while does not make all that follows look old', () => {
    const sites = make()
    sites.committed([{ ...row(powerReading(1, instant(9_000_000))), receivedAt: instant(100_000) }])
    expect(sites.get(SITE)?.gateways[0]?.lastReadingAt).toBe(100_000)
    const before = told.length
    sites.committed([{ ...row(powerReading(2, instant(101_000))), receivedAt: instant(101_500) }])
    expect(told.length).toBe(before + 1)
    expect(sites.get(SITE)?.gateways[0]?.lastReadingAt).toBe(101_000)
  })

  test('keep raw waveforms off the pages', () => {
    const fields = { request: '', fromMs: 0, toMs: 1, part: 1, parts: 1, data: new Uint8Array(9) }
    make().committed([
      row({ kind: 'waveform', sensor: METER, channel: 'HHZ', measuredAt: instant(90_000), clock: 'ntp', fields }),
    ])
    expect(told).toEqual([])
  })
})
