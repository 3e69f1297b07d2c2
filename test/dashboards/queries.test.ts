import { MEASUREMENTS } from '@minewarden/cloud/core/history/schema.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alertRules, boardFiles, type Chosen, substituted } from '../support/grafana.ts'
import { figuresOf } from '../support/history/figures.ts'
import { fleetOf, MINUTE_MS } from '../support/history/fleet.ts'
import { ask, historyIn, type Series } from '../support/history/influx.ts'
import { readingsOf } from '../support/history/readings.ts'
import { type DatabaseServer, startInfluxd } from '../support/influxd.ts'
import { requires } from '../support/requires.ts'

const SITES = 50
const MINUTES = 30
/** What a wall may wait for; a slow answer has two more tries, as a torn machine is not a slow query. */
const WITHIN_MS = 1_000
const TRIES = 3
const ALL = '.*'
const boards = boardFiles()
/** A whole number of windows ago, so that downsampled windows are full. */
const TO = Math.floor(Date.now() / 600_000) * 600_000
const FROM = TO - MINUTES * MINUTE_MS

const everything: Chosen = {
  ...{ fromMs: FROM, toMs: TO + 600_000, interval: '1m' },
  values: { county: ALL, township: ALL, gateway: ALL, sensor: ALL, site: ['site-3'] },
}
/** A dot and brackets stand in no id of ours, yet are escaped as Grafana does; several are chosen. */
const some: Chosen = {
  ...everything,
  interval: '10m',
  values: {
    county: ['450324', 'a.b(c'],
    township: ['450324103', '450324105', '450324100'],
    gateway: ['gateway-3', 'gateway-5'],
    sensor: ['geophone-0'],
    site: ['site-3'],
  },
}

describe.runIf(requires('influxd'))('what Grafana asks of the history', () => {
  let server: DatabaseServer
  const asked = async (query: string): Promise<Series[]> => {
    for (let nth = 1; ; nth++) {
      const started = performance.now()
      const series = await ask(`${server.url}`, query)
      const tookMs = performance.now() - started
      if (tookMs < WITHIN_MS) return series
      expect(nth, `${Math.round(tookMs)} ms: ${query}`).toBeLessThan(TRIES)
    }
  }

  beforeAll(async () => {
    server = await startInfluxd()
    const history = historyIn(server.url, 'wall', { fleet: fleetOf(SITES) })
    for (let atMs = FROM; atMs <= Date.now(); atMs += MINUTE_MS) {
      await history.points?.writePoints(figuresOf(SITES, atMs))
      await history.write(readingsOf(SITES, atMs))
    }
    expect(history.counts.refused).toEqual(new Map())
    await downsample(server.url)
    await history.close()
  }, 180_000)
  afterAll(() => server?.[Symbol.asyncDispose]())

  describe.each(boards)('$file', ({ panels, annotations, templating }) => {
    test.each(panels)('$title', async ({ targets }) => {
      for (const { query, resultFormat } of targets) {
        const columns = [...query.split(' FROM ')[0]!.matchAll(/ AS "([^"]+)"/g)].map(([, name]) => name)
        for (const chosen of [everything, some]) {
          const series = await asked(substituted(inDatabase(query), chosen))
          expect(series.length, query).toBeGreaterThan(0)
          for (const { columns: given } of series) expect(given, query).toEqual(['time', ...columns])
          for (const column of columns) expect(valuesOf(series, column!), `${column} of ${query}`).not.toEqual([])
          if (resultFormat !== 'time_series') continue
          for (const column of columns)
            for (const value of valuesOf(series, column!)) expect(value, `${column} of ${query}`).toBeTypeOf('number')
        }
      }
    })

    test('variables and annotations', async () => {
      for (const { name, type, query } of templating.list.filter((variable) => variable.type === 'query')) {
        const series = await asked(substituted(onDatabase(query), everything))
        expect(series[0]?.columns, `${type} ${name}`).toEqual(['key', 'value'])
        expect(series[0]?.values[0]?.[0], name).toBe(name)
      }
      for (const { target } of annotations.list) {
        const [series] = await asked(substituted(inDatabase(target.query), everything))
        expect(series?.columns).toEqual(['time', 'title', 'text', 'tags'])
        expect(series?.values[0]?.[3]).toMatch(/^site-/)
      }
    })
  })

  test.each(alertRules())('alert rule $uid asks one number of each series', async ({ data }) => {
    const series = await asked(inDatabase(data[0]?.model.query ?? ''))
    expect(series.length).toBeGreaterThan(0)
    for (const { columns, values } of series) {
      expect(columns).toEqual(['time', 'value'])
      expect(values.at(-1)?.[1]).toBeTypeOf('number')
    }
  })
})

/** Grafana names the database beside the query; here it stands in it. */
const inDatabase = (query: string): string => query.replaceAll(/FROM ("\w+"\.")/g, 'FROM "wall".$1')
const onDatabase = (query: string): string => query.replace('SHOW TAG VALUES', 'SHOW TAG VALUES ON "wall"')

function valuesOf(series: readonly Series[], column: string): unknown[] {
  return series
    .flatMap(({ columns, values }) => values.map((row) => row[columns.indexOf(column)]))
    .filter((value) => value !== null && value !== undefined)
}

/** What the continuous queries of the measurements that the wall shows over months would have done by the day's end. */
async function downsample(url: string): Promise<void> {
  for (const [name, fields] of [
    ['power', ['activePowerW']],
    ['vibration', ['rmsMPerS']],
    ['site', ['probability', 'level']],
  ] as const) {
    const columns = fields.flatMap((field) =>
      (MEASUREMENTS[name].fields[field]?.downsample ?? []).map((of) => `${of}("${field}") AS "${field}_${of}"`),
    )
    const span = `time >= ${FROM}ms AND time < ${TO}ms`
    await ask(
      url,
      `SELECT ${columns.join(', ')} INTO "wall"."tenMinutes"."${name}" FROM "wall"."raw"."${name}" WHERE ${span} GROUP BY time(10m), *`,
    )
  }
}
