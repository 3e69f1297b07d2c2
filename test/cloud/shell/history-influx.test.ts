import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { continuousQueries, WINDOWS } from '@minewarden/cloud/core/history/influxql.ts'
import { fleetPoint } from '@minewarden/cloud/core/history/schema.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { openSqliteHistory } from '@minewarden/cloud/shell/history-sqlite.ts'
import { readKeptInInflux } from '@minewarden/cloud/shell/kept-influx.ts'
import { type KeptSlice, readKept } from '@minewarden/cloud/shell/kept-readings.ts'
import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { DAY_MS, MINUTE_MS, rowOf } from '../../support/history/fleet.ts'
import { accessTo, ask, historyIn, number } from '../../support/history/influx.ts'
import { type DatabaseServer, startInfluxd } from '../../support/influxd.ts'
import { requires } from '../../support/requires.ts'

const PATIENCE_MS = 120_000
/** The middle of a ten-minute window, long enough ago that no continuous query looks at it. */
const PAST = Math.floor((Date.now() - 3 * DAY_MS) / 600_000) * 600_000 + 300_000
const PLACE = { county: '450324', township: '450324100', site: 'site-0' }

describe.runIf(requires('influxd'))('the history in InfluxDB', () => {
  let server: DatabaseServer
  beforeAll(async () => {
    server = await startInfluxd()
  }, PATIENCE_MS)
  afterAll(() => server?.[Symbol.asyncDispose]())

  test('makes database, policies and continuous queries as declared; a second start changes none of them', async () => {
    const start = async () => {
      await using history = disposable(historyIn(server.url, 'made'))
      await history.write([rowOf({ atMs: PAST, fields: { activePowerW: 1 } })])
    }
    const seen = async () => [
      (await ask(server.url, 'SHOW RETENTION POLICIES ON "made"'))[0]?.values,
      (await ask(server.url, 'SHOW CONTINUOUS QUERIES')).find(({ name }) => name === 'made')?.values,
    ]
    await start()
    const [policies, queries] = await seen()
    expect(policies).toEqual(
      expect.arrayContaining([
        ['raw', '720h0m0s', '24h0m0s', 1, true],
        ['tenMinutes', '17520h0m0s', '168h0m0s', 1, false],
        ['facts', '87600h0m0s', '720h0m0s', 1, false],
      ]),
    )
    expect(queries?.map(([name]) => name)).toEqual([...continuousQueries('made', WINDOWS).keys()])
    await start()
    // In the same order: none was dropped and made anew.
    expect(await seen()).toEqual([policies, queries])
  })

  test('keeps a reading at its own time, with its place, and every text as it was', async () => {
    await using history = disposable(historyIn(server.url, 'texts'))
    await history.write([
      rowOf({ atMs: PAST, kind: 'sensor', fields: { state: 'cable', reason: 'a "b", c=d\\ \n矿' } }),
    ])
    const [series] = await ask(server.url, 'SELECT * FROM "texts"."raw"."sensor"')
    const row = Object.fromEntries(series?.columns.map((name, i) => [name, series.values[0]?.[i]]) ?? [])
    expect(row).toEqual({
      ...{ time: PAST, ...PLACE, gateway: 'gateway-0', sensor: 'power-meter-2' },
      ...{ clockQuality: 2, state: 'cable', reason: 'a "b", c=d\\ \n矿' },
    })
  })

  test('whatever a person wrote comes back as it was, and ends no line but its own', async () => {
    await using history = disposable(historyIn(server.url, 'any'))
    const texts = fc.sample(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), { numRuns: 300, seed: 7 })
    const fields = { order: 'o', sequence: 1, sinceDraftS: 1, sinceIssueS: null, remainingS: 1 }
    const tags = { ...PLACE, supplier: 'grid', orderState: 'other' }
    const points = texts.map((what, i) => fleetPoint('order', PAST + i, tags, { ...fields, what }))
    await history.points?.writePoints(points)
    const [series] = await ask(server.url, 'SELECT "what" FROM "any"."facts"."order"')
    expect(series?.values.map(([, what]) => what)).toEqual(texts)
    const hostile = fleetPoint('order', PAST + 900, { ...tags, supplier: 'a,b=c d\\\n"e' }, { ...fields, what: 'w' })
    await history.points?.writePoints([hostile])
    const [values] = await ask(server.url, 'SHOW TAG VALUES ON "any" WITH KEY = "supplier"')
    expect(values?.values.map(([, value]) => value)).toEqual(['a,b=c d__"e', 'grid'])
    expect(history.counts.refused).toEqual(new Map())
  })

  test(
    'answers a page as the embedded history does, thinned or not',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'minewarden-both-'))
      await using embedded = disposable(openSqliteHistory(join(dir, 'history.sqlite'), 30 * DAY_MS))
      await using history = disposable(historyIn(server.url, 'both'))
      const ground = (i: number, channel: string) => ({
        ...{ kind: 'vibration' as const, sensor: 'geophone-0', channel, atMs: PAST + i * 5_000 },
        fields: { rmsMPerS: (i % 97) * 1e-7, toneHz: i % 5 === 0 ? null : 49.5 },
      })
      const rows: JournalRow[] = [
        ...Array.from({ length: 12_000 }, (_, i) => rowOf(ground(i, i % 8 === 0 ? 'HHN' : 'HHZ'))),
        ...Array.from({ length: 50 }, (_, i) =>
          rowOf({ atMs: PAST + i * 1_000, fields: { activePowerW: i, simulated: i > 20 } }),
        ),
        ...['ok', 'ok', 'cable'].map((state, i) =>
          rowOf({ kind: 'sensor', atMs: PAST + i * 1_000, fields: { state } }),
        ),
        // Two lines of one window: one moment, two readings.
        ...[1, 2].map((line) =>
          rowOf({
            kind: 'machineLine',
            sensor: 'geophone-0',
            atMs: PAST,
            fields: { line, hz: 24 + line, phase: 'runs' },
          }),
        ),
      ]
      for (const engine of [embedded, history]) await engine.write(rows)
      const span = { gateway: 'gateway-0' as GatewayId, from: instant(PAST - 1), to: instant(PAST + DAY_MS) }
      const both = async (question: object) => {
        const asked = { ...span, maxPoints: 5_000, ...question } as never
        return [await history.query(asked), await embedded.query(asked)] as const
      }
      const meter = 'power-meter-2' as SensorId
      for (const question of [
        { sensor: meter, kind: 'power', fields: ['activePowerW', 'simulated', 'voltageAV'] },
        { sensor: meter, kind: 'power', fields: ['activePowerW'], maxPoints: 10 },
        { sensor: meter, kind: 'sensor', fields: ['state'] },
        { sensor: 'geophone-0', kind: 'machineLine', fields: ['hz', 'phase'] },
        { sensor: 'geophone-0', kind: 'vibration', fields: ['rmsMPerS', 'toneHz'], to: instant(PAST + 3_600_000) },
        { sensor: 'nobody', kind: 'power', fields: ['activePowerW'] },
      ]) {
        const [one, other] = await both(question)
        expect(one).toEqual(other)
      }
      // Where the database thins, stretches begin elsewhere; what stands out is there all the same.
      const [thinned] = await both({ sensor: 'geophone-0', kind: 'vibration', fields: ['rmsMPerS'], maxPoints: 200 })
      expect(thinned.map(({ channel }) => channel)).toEqual(['HHN', 'HHZ'])
      for (const { values, timesMs } of thinned) {
        expect(values.length).toBeLessThanOrEqual(200)
        expect(values.length).toBeGreaterThan(100)
        expect(timesMs).toEqual([...timesMs].sort((a, b) => a - b))
        expect(Math.max(...(values as number[]))).toBeCloseTo(96e-7, 10)
      }
      // A replay reads the same readings from either.
      const kept = { gateways: ['gateway-0' as GatewayId], from: PAST - 1, to: PAST + 1_800_000 }
      const source = { access: accessTo(server.url), database: 'both' }
      const inFile = [...readKept(join(dir, 'history.sqlite'), kept)]
      const inInflux: KeptSlice[] = []
      for await (const slice of readKeptInInflux(source, kept)) inInflux.push(slice)
      expect(inInflux.flatMap(({ readings }) => readings).sort(byText)).toEqual(
        inFile.flatMap(({ readings }) => readings).sort(byText),
      )
      await rm(dir, { recursive: true, force: true })
    },
    PATIENCE_MS,
  )

  test('what is late lands at its own time and changes its window; until then the journal keeps the row', async () => {
    await using history = disposable(historyIn(server.url, 'late'))
    const mean = () => number(server.url, 'SELECT "activePowerW_mean" FROM "late"."tenMinutes"."power"')
    await history.write([rowOf({ offset: 10, atMs: PAST, fields: { activePowerW: 100 } })])
    expect(history.settledOffset(10)).toBe(9)
    await history.tend()
    expect(await mean()).toBe(100)
    expect(history.settledOffset(10)).toBe(10)
    await history.write([
      rowOf({ offset: 11, atMs: PAST + MINUTE_MS, fields: { activePowerW: 300 } }),
      rowOf({ offset: 12, atMs: Date.now(), fields: { activePowerW: 7 } }),
    ])
    expect(history.settledOffset(12)).toBe(10)
    await history.tend()
    expect(await mean()).toBe(200)
    expect(history.settledOffset(12)).toBe(12)
  })

  test(
    'a continuous query computes the windows that are in time',
    async () => {
      await using history = disposable(historyIn(server.url, 'live', { windows: { windowMs: 2_000, again: 3 } }))
      const counted = () => number(server.url, 'SELECT count("activePowerW_max") FROM "live"."tenMinutes"."power"')
      await eventually(
        'windows of the continuous query',
        async () => {
          await history.write([rowOf({ atMs: Date.now(), fields: { activePowerW: 5 } })])
          return (await counted()) >= 2
        },
        PATIENCE_MS,
      )
      expect(history.counts.windows).toBe(0)
    },
    PATIENCE_MS,
  )

  test('a field whose type there is another is left out, named and counted; everything else is taken', async () => {
    await using history = disposable(historyIn(server.url, 'conflict'))
    await history.write([])
    await history.write([rowOf({ kind: 'sensor', atMs: PAST, fields: { state: 'ok' } })])
    const line = `power,gateway=other activePowerW="a text" ${PAST * 1000}`
    const write = `${server.url}/write?db=conflict&rp=raw&precision=u`
    expect((await fetch(write, { method: 'POST', body: line })).status).toBe(204)
    const rows = [1, 2, 3].map((i) =>
      rowOf({ atMs: PAST + i * 1_000, fields: { activePowerW: i, voltageAV: 230 + i } }),
    )
    await history.write(rows)
    expect(await number(server.url, 'SELECT count("voltageAV") FROM "conflict"."raw"."power"')).toBe(3)
    expect([...history.counts.refused]).toEqual([['type of power.activePowerW', 1]])
    await history.write([rowOf({ atMs: PAST + 9_000, fields: { activePowerW: 9, voltageAV: 239 } })])
    expect(await number(server.url, 'SELECT count("voltageAV") FROM "conflict"."raw"."power"')).toBe(4)
  })

  test('one line that the database does not understand holds up none of the others', async () => {
    await using history = disposable(historyIn(server.url, 'odd'))
    await history.write([rowOf({ atMs: PAST, fields: { activePowerW: 1 } })])
    const tags = { scope: 'all', code: 'all' }
    const odd = { measurement: 'probes', atMs: 9.3e15, tags, fields: { total: 1 } }
    const good = Array.from({ length: 50 }, (_, i) => ({
      measurement: 'probes',
      atMs: PAST + i,
      tags,
      fields: { total: i },
    }))
    await history.points?.writePoints([...good.slice(0, 20), odd, ...good.slice(20)])
    expect(await number(server.url, 'SELECT count("total") FROM "odd"."raw"."probes"')).toBe(50)
    expect([...history.counts.refused.values()]).toEqual([1])
  })

  test('a database that somebody dropped is made again, and nothing is lost by it', async () => {
    await using history = disposable(historyIn(server.url, 'dropped'))
    await history.write([rowOf({ atMs: PAST, fields: { activePowerW: 1 } })])
    await ask(server.url, 'DROP DATABASE "dropped"')
    const rows = [rowOf({ atMs: PAST, fields: { activePowerW: 2 } })]
    await history.write(rows)
    expect(await number(server.url, 'SELECT count("activePowerW") FROM "dropped"."raw"."power"')).toBe(1)
  })

  test('readings that would make ever more series, or stand outside of what is kept, are refused by name', async () => {
    await using history = disposable(historyIn(server.url, 'bounded'))
    const at = (atMs: number, sensor = 'power-meter-2') => rowOf({ atMs, sensor, fields: { activePowerW: 1 } })
    await history.write([
      ...Array.from({ length: 40 }, (_, i) => at(PAST, `unregistered-${i}`)),
      at(PAST),
      at(Date.now() - 31 * DAY_MS),
      at(Date.now() + 2 * DAY_MS),
      rowOf({ gateway: 'stranger', atMs: PAST, fields: { activePowerW: 1 } }),
    ])
    expect(Object.fromEntries(history.counts.refused)).toEqual({
      'too-many-series': 24,
      'too-old': 1,
      'in-the-future': 1,
      'unknown-gateway': 1,
    })
    const [series] = await ask(server.url, 'SHOW SERIES ON "bounded" FROM "power"')
    expect(series?.values.length).toBe(17)
  })
})

const byText = (one: object, other: object) => JSON.stringify(one).localeCompare(JSON.stringify(other))

/** For `await using`. */
const disposable = <T extends { close(): Promise<void> }>(history: T) =>
  Object.assign(history, { [Symbol.asyncDispose]: () => history.close() })
