import { findingPoint } from '@minewarden/cloud/core/history/finding-points.ts'
import { GatewayWatch } from '@minewarden/cloud/core/history/gateway-watch.ts'
import { lineOf } from '@minewarden/cloud/core/history/line-protocol.ts'
import { MAX_WAITING, MinuteBuffer } from '@minewarden/cloud/core/history/minute-buffer.ts'
import { sitePoint } from '@minewarden/cloud/core/history/place-points.ts'
import { judgeAnswer } from '@minewarden/cloud/core/history/write-answer.ts'
import type { SiteView } from '@minewarden/cloud/core/ports.ts'
import { instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fleetOf, rowOf } from '../../../support/history/fleet.ts'

const PLACE = { county: '450324', township: null, site: 'site-0' }
const NOW = instant(1_800_000_000_000)

describe('a line', () => {
  it('is one line with one blank before its fields and one before its time, whatever stands in it', () => {
    const anything = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(anything, anything, fc.double(), (tag, text, number) => {
        const line = lineOf({ measurement: 'order', atMs: NOW, tags: { site: tag }, fields: { what: text, n: number } })
        const outside = line?.replace(/"(?:[^"\\]|\\.)*"/gsu, '').replace(/\\./gu, '') ?? ''
        expect(outside.split(' ')).toHaveLength(3)
        expect(outside).not.toMatch(/[\n\r]/)
        expect(outside).not.toMatch(/NaN|Infinity/)
      }),
    )
  })

  it('leaves out what is unknown, an empty tag, and itself when nothing is left', () => {
    const point = { measurement: 'site', atMs: 1.0015, tags: { a: null, b: '', c: 'x' } }
    expect(lineOf({ ...point, fields: { one: null, two: 2, yes: true } })).toBe('site,c=x two=2,yes=1 1002')
    expect(lineOf({ ...point, fields: { one: null, nan: Number.NaN } })).toBeNull()
  })
})

describe('what a database answers', () => {
  it.each([
    [204, '', 'taken'],
    [400, '{"error":"partial write: points beyond retention policy dropped=3"}', 'partly'],
    [400, `{"error":"unable to parse 'x': time outside range"}`, 'indigestible'],
    [413, 'Request Entity Too Large', 'indigestible'],
    [404, '{"error":"database not found: \\"x\\""}', 'unprepared'],
    [500, '{"error":"retention policy not found: raw"}', 'unprepared'],
    [401, '{"error":"authorization failed"}', 'refused'],
    [503, '<html>busy</html>', 'failed'],
  ])('%i %s: %s', (status, body, kind) => {
    expect(judgeAnswer(status, body).kind).toBe(kind)
  })

  it('names the field whose type is in conflict, and how many points went with it', () => {
    const error =
      'partial write: field type conflict: input field "rmsPa" on measurement "air" is type float, already exists as type string dropped=7'
    expect(judgeAnswer(400, JSON.stringify({ error }))).toMatchObject({
      kind: 'partly',
      dropped: 7,
      conflict: { measurement: 'air', field: 'rmsPa' },
    })
  })
})

describe('what a gateway tells of itself', () => {
  const health = (minute: number, spoolFill: number) =>
    rowOf({ kind: 'health', sensor: null, atMs: NOW + minute * 60_000, fields: { spoolFill, clockErrorMs: 4 } })

  it('gives the time until its store is full, by the pace of the last hour', () => {
    const watch = new GatewayWatch()
    for (let minute = 0; minute < 30; minute++) watch.take(health(minute, 0.5 + minute * 0.001))
    const { timeToFullS, spoolFill, clockErrorMs, clockQuality } = watch.figuresOf('gateway-0')
    expect(spoolFill).toBeCloseTo(0.529)
    expect(timeToFullS).toBeCloseTo(((1 - 0.529) / 0.001) * 60, 0)
    expect([clockErrorMs, clockQuality]).toEqual([4, 2])
  })

  it('gives none while its store empties, stands still, or has said too little', () => {
    const watch = new GatewayWatch()
    expect(watch.figuresOf('gateway-0').timeToFullS).toBeNull()
    watch.take(health(0, 0.5))
    watch.take(health(1, 0.6))
    expect(watch.figuresOf('gateway-0').timeToFullS).toBeNull()
    for (let minute = 2; minute < 40; minute++) watch.take(health(minute, 0.6 - minute * 0.001))
    expect(watch.figuresOf('gateway-0').timeToFullS).toBeNull()
  })

  it('is not put back by a backlog', () => {
    const watch = new GatewayWatch()
    watch.take(health(10, 0.2))
    watch.take({ ...health(5, 0.9), historical: true })
    expect(watch.figuresOf('gateway-0').spoolFill).toBe(0.2)
  })
})

describe('points of the fleet', () => {
  it('a site tells why not everything is heard of it', () => {
    const site = fleetOf(1).sites[0]!
    const sensor = (id: string, online: boolean, state: string) => ({ id, online, state })
    const gateways = [
      {
        id: 'gw-1',
        online: true,
        since: NOW,
        lastReadingAt: instant(NOW - 5_000),
        sensors: [sensor('g', true, 'cable'), sensor('m', true, 'ok')],
      },
      { id: 'gw-2', online: false, since: NOW, lastReadingAt: null, sensors: [sensor('p', true, 'ok')] },
    ]
    const view = {
      ...{ id: site.id, name: site.name, state: 'watch', probability: 0.3, since: null, because: [], site },
      gateways,
      lastEvent: null,
    }
    expect(sitePoint(view as unknown as SiteView, 1, NOW).fields).toMatchObject({
      ...{ level: 1, gatewaysOnline: 1, sensors: 3, sensorsOnline: 2, sensorsTroubled: 2, silentS: 5, openOrders: 1 },
      silence: 'g: cable; gw-2: away',
    })
  })

  it('a revised finding stands where the former stood', () => {
    const finding = {
      kind: 'event',
      site: 'site-0',
      sensor: 'g',
      onset: 5,
      at: 9,
      class: 'blast',
      probability: 0.9,
      durationS: 1,
      peakVelocityMmPerS: null,
      dominantFrequencyHz: 8,
      because: [],
      late: false,
    } as const
    const point = (offset: number, changes: object) =>
      findingPoint({ offset, finding: { ...finding, ...changes } as never }, PLACE, () => 'words')
    const [first, revised] = [
      point(1, {}),
      point(2, { class: 'other', revised: true, because: [{ code: 'x', values: {} }] }),
    ]
    expect([revised.atMs, revised.tags]).toEqual([first.atMs, first.tags])
    expect(revised.fields).toMatchObject({ class: 'other', revised: true, reasonsEn: 'words', number: 2 })
  })

  it('wait for a database that is away, the oldest go first when too many do', () => {
    const buffer = new MinuteBuffer()
    const points = (count: number, from: number) =>
      Array.from({ length: count }, (_, i) => ({ measurement: 'site', atMs: from + i, tags: {}, fields: {} }))
    buffer.add(points(10, 0))
    const taken = buffer.take(4)
    buffer.add(points(MAX_WAITING, 100))
    buffer.putBack(taken)
    expect([buffer.length, buffer.dropped]).toEqual([MAX_WAITING, 10])
    expect(buffer.take(1)[0]?.atMs).toBe(100)
  })
})
