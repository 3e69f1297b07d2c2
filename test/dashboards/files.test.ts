import { FLEET_MEASUREMENTS } from '@minewarden/cloud/core/history/fleet-measurements.ts'
import { downsampledFields, MEASUREMENTS, type MeasurementName } from '@minewarden/cloud/core/history/schema.ts'
import { describe, expect, test } from 'vitest'
import { COLOURS } from '../../dashboards/colours.ts'
import { grafanaFiles } from '../../dashboards/files.ts'
import { UNSHOWN } from '../../dashboards/unshown.ts'
import { alertRules, boardFiles, readDashboardFile } from '../support/grafana.ts'

const boards = boardFiles()
const rules = alertRules()
const uids = boards.map(({ uid }) => uid)
// biome-ignore lint/suspicious/noTemplateCurlyInString: as Grafana writes a variable
const BY_VARIABLE = '${datasource}'
const ROOMS = /^\$\{product\}\/(sites|orders|probes)?(\/\$\{(site:percentencode|__value\.raw:percentencode)\})?$/

/** `"policy"."measurement"` of a query, and the identifiers of fields and tags in it. */
function namesIn(query: string): { policy: string; measurement: string; names: string[] } {
  const [, policy = '', measurement = ''] = /FROM "(\w+)"\."(\w+)"/.exec(query) ?? []
  const outer = new Set([...query.matchAll(/ AS "([^"]+)"/g)].map(([, name]) => name!))
  const plain = query.replaceAll(/ AS "[^"]+"/g, '').replace(`"${policy}"."${measurement}"`, '')
  const names = [...plain.matchAll(/"([^"]+)"/g)].map(([, name]) => name!)
  return {
    policy,
    measurement,
    names: [...new Set(names)].filter((name) => !outer.has(name) || isDeclared(measurement, name)),
  }
}
const isDeclared = (measurement: string, name: string): boolean =>
  Object.hasOwn(MEASUREMENTS[measurement as MeasurementName]?.fields ?? {}, name)

const queries = [
  ...boards.flatMap(({ file, panels, annotations }) => [
    ...panels.flatMap(({ title, targets }) => targets.map(({ query }) => ({ of: `${file} ${title}`, query }))),
    ...annotations.list.map(({ target }) => ({ of: `${file} annotation`, query: target.query })),
  ]),
  ...rules.flatMap(({ uid, data }) =>
    data.flatMap(({ model }) => (model.query ? [{ of: uid, query: model.query }] : [])),
  ),
]

describe('the files that Grafana loads', () => {
  test.each(Object.keys(grafanaFiles()))('%s is what the source makes (npm run dashboards rewrites it)', (path) => {
    expect(readDashboardFile(path)).toBe(grafanaFiles()[path])
  })

  test('every dashboard is there in Chinese and in English, with the same panels', () => {
    const of = (language: string) => boards.filter(({ file }) => file.startsWith(language))
    expect(of('zh').map(({ panels }) => panels.map(({ type }) => type))).toEqual(
      of('en').map(({ panels }) => panels.map(({ type }) => type)),
    )
    expect(of('zh').map(({ uid }) => uid.slice(0, -3))).toEqual(of('en').map(({ uid }) => uid.slice(0, -3)))
    expect(new Set(uids).size).toBe(uids.length)
    for (const { title } of of('zh')) expect(title).toMatch(/\p{Script=Han}/u)
    for (const board of of('en')) expect(JSON.stringify({ ...board, links: [] })).not.toMatch(/\p{Script=Han}/u)
  })
})

describe.each(boards)('$file', ({ panels, templating, links, annotations, description }) => {
  test('asks one question', () => {
    expect(description).toMatch(/[?？]$/)
    expect(description.match(/[?？]/g)).toHaveLength(1)
  })

  test('every panel has a title of its own, a description, a unit, words for no data, and thresholds that rise', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    for (const { title, description, fieldConfig, targets } of panels) {
      const { unit, noValue, thresholds } = fieldConfig.defaults
      for (const text of [title, description, unit, noValue]) expect(text.length, title).toBeGreaterThan(0)
      const [first, ...steps] = thresholds.steps.map(({ value }) => value)
      expect(first, title).toBeNull()
      expect(steps, title).toEqual(steps.toSorted((a, b) => a! - b!))
      expect(targets.length, title).toBeGreaterThan(0)
    }
  })

  test('panels lie within 24 columns and nowhere upon one another', () => {
    const taken = new Set<string>()
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false)
          taken.add(`${x},${y}`)
        }
    }
  })

  test('the data source is a variable, steps are Grafana’s, and every variable that is used is there', () => {
    const names = new Set(templating.list.map(({ name }) => name))
    expect(templating.list.find(({ type }) => type === 'datasource')?.name).toBe('datasource')
    for (const { title, datasource, targets } of panels) {
      expect(datasource.uid, title).toBe(BY_VARIABLE)
      for (const { query, datasource: own } of targets) {
        expect(own.uid, title).toBe(BY_VARIABLE)
        expect(query, title).toContain('$timeFilter')
        expect(query, title).not.toMatch(/now\(\)|time\(\d/)
      }
    }
    const texts = JSON.stringify([panels, annotations, templating.list.map(({ query }) => query), links])
    for (const [, name] of texts.matchAll(/\$\{(\w+)[:}]/g))
      if (!name!.startsWith('__')) expect(names, name).toContain(name)
  })

  test('links lead to dashboards that are there and to pages of the product', () => {
    const urls = [
      ...links.map(({ url }) => url),
      ...panels.flatMap(({ fieldConfig }) =>
        fieldConfig.overrides.flatMap(({ properties }) =>
          properties
            .filter(({ id }) => id === 'links')
            .flatMap(({ value }) => (value as { url: string }[]).map(({ url }) => url)),
        ),
      ),
    ]
    for (const url of urls) {
      const [, uid] = /^\/d\/([\w-]+)/.exec(url) ?? []
      if (uid) expect(uids).toContain(uid)
      else expect(url).toMatch(ROOMS)
    }
  })

  test('colours are those that mean something', () => {
    for (const [colour] of JSON.stringify(panels).matchAll(/#[0-9a-f]{6}/g))
      expect(Object.values(COLOURS)).toContain(colour)
  })
})

describe('queries', () => {
  test.each(queries)('$of names only what the schema declares', ({ query }) => {
    const { policy, measurement, names } = namesIn(query)
    const declared = MEASUREMENTS[measurement as MeasurementName]
    expect(declared, measurement).toBeDefined()
    const fields =
      policy === 'tenMinutes'
        ? downsampledFields(measurement as MeasurementName).map(({ name }) => name)
        : Object.keys(declared.fields)
    if (policy !== 'tenMinutes') expect(policy).toBe(declared.policy)
    for (const name of names) expect([...fields, ...declared.tags]).toContain(name)
  })

  test('every figure of the fleet is shown, or listed with the reason why not', () => {
    const shown = new Set(
      queries.flatMap(({ query }) => {
        const { measurement, names } = namesIn(query)
        return names.map((name) => `${measurement}.${name.replace(/_(mean|min|max|sum|count)$/, '')}`)
      }),
    )
    const declared = Object.entries(FLEET_MEASUREMENTS).flatMap(([name, { fields }]) =>
      Object.keys(fields).map((field) => `${name}.${field}`),
    )
    expect(declared.filter((figure) => !shown.has(figure)).toSorted()).toEqual(Object.keys(UNSHOWN).toSorted())
  })
})

describe('alert rules', () => {
  test('never rest on missing data, say what to do in both languages, and lead to a dashboard', () => {
    expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length)
    for (const { uid, noDataState, execErrState, annotations } of rules) {
      expect([uid, noDataState, execErrState]).toEqual([uid, 'OK', 'Error'])
      expect(annotations.summary).toMatch(/\p{Script=Han}/u)
      expect(annotations.summaryEn).not.toMatch(/\p{Script=Han}/u)
      expect(uids).toContain(annotations.__dashboardUid__)
    }
  })

  test('hold nothing that Grafana would take for a variable of its environment', () => {
    expect(JSON.stringify(rules)).not.toContain('$c')
    for (const { data } of rules) for (const { model } of data) expect(model.query ?? '').not.toContain('$')
  })
})
