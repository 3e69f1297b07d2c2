import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { countProbes } from '@minewarden/cloud/core/probes/online-rate.ts'
import { ProbeBoard, type StoredProbe } from '@minewarden/cloud/core/probes/probe-board.ts'
import { GatewayId, type ProbeStatus, SensorId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { sketchSite } from '../../../support/memory/sites.ts'

const NOW = 1.7e12
const gateway = GatewayId.parse('gw-a')
const sensor = SensorId.parse('probe-1')
const { site } = sketchSite({ id: 'a', name: 'A', latitude: 25, longitude: 111 }, instant(NOW))
const STATUS = 'Probe/Status'

const row = (status: string, atMs = NOW, more: Partial<JournalRow> = {}): JournalRow => ({
  offset: 1,
  gateway,
  receivedAt: instant(NOW + 1e7),
  historical: false,
  reading: {
    kind: 'probe',
    sensor,
    channel: null,
    measuredAt: instant(atMs),
    clock: 'ntp',
    fields: { status, sinceMs: atMs - 60_000, cause: null, confidence: 0.9, clockOffsetS: null },
  },
  ...more,
})
const board = (stored: readonly StoredProbe[] = []) => new ProbeBoard({ sites: [site], stored })
const online = { kind: 'node-online', at: instant(NOW) } as const
const offline = { kind: 'node-offline', at: instant(NOW), reason: 'will' } as never
const born = (states: Record<string, string | number | null>, atMs = NOW) => ({
  states: new Map(Object.entries(states)),
  times: new Map(Object.keys(states).map((name) => [name, atMs])),
})

describe('a probe', () => {
  it('is unknown until its gateway tells of it, and again when the gateway is away', () => {
    const probes = board()
    expect(probes.get({ gateway, sensor })).toMatchObject({ status: 'unknown', unknownBecause: 'gateway-away' })
    probes.presence(gateway, online)
    expect(probes.get({ gateway, sensor })).toMatchObject({ status: 'unknown', unknownBecause: 'not-heard' })
    probes.take([row('occluded')])
    expect(probes.get({ gateway, sensor })).toMatchObject({ status: 'occluded', unknownBecause: null })
    probes.presence(gateway, offline)
    const away = probes.get({ gateway, sensor })
    expect(away).toMatchObject({ status: 'unknown', unknownBecause: 'gateway-away', told: { status: 'occluded' } })
    // The gateway is back; that its probe still is what it was it has to say.
    probes.presence(gateway, online)
    expect(probes.get({ gateway, sensor })?.status).toBe('unknown')
    probes.born({ gateway, sensor }, born({ [STATUS]: 'online' }), instant(NOW))
    expect(probes.get({ gateway, sensor })?.status).toBe('online')
  })

  it('whose gateway has begun anew and knows nothing yet is unknown', () => {
    const probes = board()
    probes.presence(gateway, online)
    probes.take([row('online')])
    probes.born({ gateway, sensor }, born({ [STATUS]: null }), instant(NOW))
    expect(probes.get({ gateway, sensor })?.status).toBe('unknown')
  })

  it('is what was told last by time of measurement, whatever comes in between', () => {
    const probes = board()
    probes.presence(gateway, online)
    probes.take([row('offline', NOW), row('online', NOW - 60_000, { historical: true })])
    expect(probes.get({ gateway, sensor })?.status).toBe('offline')
    probes.born({ gateway, sensor }, born({ [STATUS]: 'online' }, NOW + 100), instant(NOW + 1e6))
    // Measured after what the birth repeated, by a clock that may be slow against ours.
    probes.take([row('dark', NOW + 200)])
    expect(probes.get({ gateway, sensor })?.status).toBe('dark')
  })

  it('that is offline stays so when its sensor is gone, one that was online is unknown', () => {
    const probes = board()
    probes.presence(gateway, online)
    const gone = { kind: 'device-offline', device: 'probe-1', at: instant(NOW) } as never
    probes.take([row('offline')])
    probes.presence(gateway, gone)
    expect(probes.get({ gateway, sensor })?.status).toBe('offline')
    probes.take([row('online', NOW + 1_000)])
    probes.presence(gateway, gone)
    expect(probes.get({ gateway, sensor })?.status).toBe('unknown')
  })

  it('is known again after a restart, as far as it was told, and counts once its gateway stands by it', () => {
    const stored = board().take([row('moved')])
    expect(stored).toHaveLength(1)
    const probes = board(stored)
    expect(probes.get({ gateway, sensor })).toMatchObject({ status: 'unknown', told: { status: 'moved' } })
    probes.presence(gateway, online)
    probes.born({ gateway, sensor }, born({ [STATUS]: 'moved', 'Probe/SinceMs': 5 }), instant(NOW))
    expect(probes.get({ gateway, sensor })).toMatchObject({ status: 'moved', told: { sinceMs: 5 } })
  })

  it('that is not registered, or of a status that is none, changes nothing', () => {
    const probes = board()
    probes.presence(gateway, online)
    const strange = row('online')
    expect(probes.take([row('asleep'), { ...strange, gateway: GatewayId.parse('other') }])).toEqual([])
  })
})

describe('the online rate', () => {
  const probe = (status: ProbeStatus | 'unknown', township: string | null = null, area: 'key' | 'general' = 'key') => ({
    status,
    place: { county: '450324', township, area },
  })
  const many = (count: number, of: ReturnType<typeof probe>) => Array.from({ length: count }, () => of)

  it('of 148 probes of which ten are dead is 93.2 %', () => {
    expect(countProbes([...many(138, probe('online')), ...many(10, probe('offline'))]).all).toMatchObject({
      total: 148,
      onlinePercent: 93.2,
    })
  })

  it('never counts an unknown probe as online, and shows it apart', () => {
    const { all } = countProbes([probe('online'), probe('unknown')])
    expect(all).toMatchObject({ onlinePercent: 50, byStatus: { online: 1, offline: 0, unknown: 1 } })
  })

  it('is 100 and 0 only when it is', () => {
    expect(countProbes([...many(9_999, probe('online')), probe('dark')]).all.onlinePercent).toBe(99.9)
    expect(countProbes([...many(9_999, probe('dark')), probe('online')]).all.onlinePercent).toBe(0.1)
    expect(countProbes([]).all.onlinePercent).toBeNull()
  })

  it('stands by county, township and kind of area', () => {
    const counts = countProbes([
      probe('online', '450324102'),
      probe('offline', '450324101'),
      probe('online', null, 'general'),
    ])
    expect(counts.counties.map(({ code, total }) => [code, total])).toEqual([['450324', 3]])
    expect(counts.townships.map(({ code, onlinePercent }) => [code, onlinePercent])).toEqual([
      ['450324101', 0],
      ['450324102', 100],
    ])
    expect(counts.areas.map(({ code, onlinePercent }) => [code, onlinePercent])).toEqual([
      ['general', 100],
      ['key', 50],
    ])
  })
})

describe('a gateway that tells nonsense', () => {
  it.each([1e300, -1, Number.NaN, NOW + 1e9])('of since when (%d) has said nothing of that', (sinceMs) => {
    const probes = board()
    probes.presence(gateway, online)
    const word = row('dark')
    const fields = { ...word.reading.fields, sinceMs, cause: 'x'.repeat(1e6), confidence: Number.POSITIVE_INFINITY }
    probes.take([{ ...word, reading: { ...word.reading, fields } } as JournalRow])
    expect(probes.get({ gateway, sensor })?.told).toMatchObject({ status: 'dark', sinceMs: null, confidence: null })
    expect(probes.get({ gateway, sensor })?.told?.cause).toHaveLength(128)
    probes.born({ gateway, sensor }, born({ [STATUS]: 'dark', 'Probe/SinceMs': sinceMs }), instant(NOW))
    expect(probes.get({ gateway, sensor })?.told?.sinceMs).toBeNull()
  })
})
