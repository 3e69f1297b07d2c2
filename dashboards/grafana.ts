/** From our data to the JSON that Grafana 11 and 12 load from files (schema version 39). */
import type { Board, Marks } from './board.ts'
import { BY_STATE, COLOURS } from './colours.ts'
import type { Panel, PanelKind } from './panel.ts'
import type { Query, Scope } from './query.ts'
import { both, type Language, type Text } from './text.ts'
import { VARIABLES } from './variables.ts'

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

const DATASOURCE = { type: 'influxdb', uid: '${datasource}' } as const
const SCHEMA_VERSION = 39
const COLUMNS = 24
const STATE_NAMES = [
  both('封存', 'sealed'),
  both('观察', 'watch'),
  both('疑似', 'suspected'),
  both('复采', 'reopened'),
] as const
const CLOCK_NAMES = [
  both('未同步', 'unsynchronised'),
  both('守时', 'holdover'),
  both('网络', 'ntp'),
  both('卫星', 'gnss'),
] as const

export const uidOf = (id: string, language: Language): string => `mw-${id}-${language}`

/** A board as Grafana takes it; `all` are those that it links to. */
export function boardJson(board: Board, all: readonly Board[], language: Language): Json {
  return {
    uid: uidOf(board.id, language),
    title: board.title[language],
    description: board.question[language],
    tags: ['minewarden', language],
    ...{ schemaVersion: SCHEMA_VERSION, version: 1, editable: false, graphTooltip: 1, fiscalYearStartMonth: 0 },
    ...{ timezone: 'browser', weekStart: 'monday', refresh: '1m' },
    time: { from: `now-${board.back}`, to: 'now' },
    timepicker: {},
    links: linksOf(board, all, language),
    templating: { list: variablesOf(board, language) },
    annotations: { list: (board.marks ?? []).map((marks) => marksJson(marks, language)) },
    panels: placed(board.panels).map(([panel, at], index) => panelJson(panel, index + 1, at, board, language)),
  }
}

function linksOf(board: Board, all: readonly Board[], language: Language): Json {
  const link = (title: string, url: string, isOwn: boolean): Json => ({
    ...{ type: 'link', title, url, icon: isOwn ? 'dashboard' : 'external link', tags: [], asDropdown: false },
    ...{ tooltip: '', targetBlank: !isOwn, includeVars: isOwn, keepTime: isOwn },
  })
  const other = language === 'zh' ? 'en' : 'zh'
  return [
    ...all
      .filter(({ id }) => id !== board.id)
      .map(({ id, title }) => link(title[language], `/d/${uidOf(id, language)}`, true)),
    link(language === 'zh' ? '平台页面' : 'product page', `\${product}${board.page}`, false),
    link(other === 'zh' ? '中文' : 'English', `/d/${uidOf(board.id, other)}`, true),
  ]
}

function variablesOf({ variables, single = [] }: Board, language: Language): Json[] {
  const datasource = {
    ...{ type: 'datasource', name: 'datasource', label: language === 'zh' ? '数据源' : 'data source' },
    ...{ query: 'influxdb', regex: '', hide: 0, refresh: 1, multi: false, includeAll: false },
    current: { text: 'Minewarden', value: 'minewarden' },
  }
  const product = {
    ...{ type: 'textbox', name: 'product', label: language === 'zh' ? '平台地址' : 'product', hide: 0 },
    query: 'http://localhost:8080',
    current: { text: 'http://localhost:8080', value: 'http://localhost:8080' },
  }
  return [datasource, ...variables.map((name) => variableJson(name, !single.includes(name), language)), product]
}

const variableJson = (name: Scope, several: boolean, language: Language): Json => ({
  ...{ type: 'query', name, label: VARIABLES[name].label[language], datasource: DATASOURCE },
  ...{ query: VARIABLES[name].sql, definition: VARIABLES[name].sql, refresh: 2, sort: 1, regex: '', hide: 0 },
  ...{ multi: several, includeAll: several },
  ...(several ? { allValue: '.*', current: { text: ['All'], value: ['$__all'] } } : { current: {} }),
})

const marksJson = ({ name, query }: Marks, language: Language): Json => ({
  ...{ name: name[language], datasource: DATASOURCE, enable: true, hide: false, iconColor: COLOURS.danger },
  target: { query: query.sql(language), rawQuery: true, refId: 'Anno', fromAnnotations: true, textEditor: true },
  ...{ query: query.sql(language), fromAnnotations: true, rawQuery: true },
  ...{ textColumn: 'text', tagsColumn: 'tags', titleColumn: 'title' },
})

interface Place {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

/** From left to right, and below what is highest when a row is full. */
function placed(panels: readonly Panel[]): [Panel, Place][] {
  let [x, y, rowHeight] = [0, 0, 0]
  return panels.map((panel) => {
    if (x + panel.width > COLUMNS) {
      y += rowHeight
      x = 0
      rowHeight = 0
    }
    const place = { x, y, w: panel.width, h: panel.height }
    x += panel.width
    rowHeight = Math.max(rowHeight, panel.height)
    return [panel, place]
  })
}

function panelJson(panel: Panel, id: number, gridPos: Place, board: Board, language: Language): Json {
  return {
    ...{ id, type: panel.kind, title: panel.title[language], description: panel.what[language] },
    datasource: DATASOURCE,
    gridPos: { ...gridPos },
    targets: panel.queries.map((query, index) => targetJson(query, index, language)),
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        noValue: panel.noData[language],
        thresholds: {
          mode: 'absolute',
          steps: panel.thresholds.map(({ from, colour }) => ({ value: from, color: COLOURS[colour] })),
        },
        color: { mode: panel.kind === 'timeseries' ? 'palette-classic' : 'thresholds' },
        mappings: mappingsOf(panel.values, language),
        ...(panel.range ? { min: panel.range[0], max: panel.range[1] } : {}),
        custom: CUSTOM[panel.kind](panel),
      },
      overrides: overridesOf(panel, board, language),
    },
    options: OPTIONS[panel.kind],
    transformations: panel.queries.some(({ isTimed }) => isTimed) ? [] : [WITHOUT_TIME],
  }
}

const WITHOUT_TIME = { id: 'organize', options: { excludeByName: { Time: true }, indexByName: {}, renameByName: {} } }

const targetJson = (query: Query, index: number, language: Language): Json => ({
  ...{ refId: String.fromCharCode(65 + index), datasource: DATASOURCE, rawQuery: true, resultFormat: query.format },
  query: query.sql(language),
  ...(query.format === 'time_series' ? { alias: [...query.by.map((tag) => `$tag_${tag}`), '$col'].join(' ') } : {}),
})

const isNamed = (unit: string): unit is NonNullable<Panel['values']> => ['states', 'flags', 'clock'].includes(unit)

function mappingsOf(values: Panel['values'], language: Language): Json {
  if (values === undefined) return []
  const named = (names: readonly Text[], colourOf: (index: number) => string): Json => [
    {
      type: 'value',
      options: Object.fromEntries(
        names.map((name, index) => [String(index), { text: name[language], color: colourOf(index), index }]),
      ),
    },
  ]
  const yesNo = [both('否', 'no'), both('是', 'yes')]
  if (values === 'flags') return named(yesNo, (index) => (index === 0 ? COLOURS.over : COLOURS.watch))
  if (values === 'states') return named(STATE_NAMES, (index) => COLOURS[BY_STATE[index]?.colour ?? 'over'])
  return named(CLOCK_NAMES, (index) => COLOURS[index === 0 ? 'danger' : index === 1 ? 'warning' : 'calm'])
}

/** Columns with a unit or colour of their own, and the links that lead from a site or an order to its pages. */
function overridesOf(panel: Panel, board: Board, language: Language): Json {
  const columns = panel.queries.flatMap((query) => query.columns)
  const override = (name: string, properties: Json): Json => ({ matcher: { id: 'byName', options: name }, properties })
  const units = columns
    .filter(({ unit }) => unit !== undefined)
    .map(({ name, unit = '' }) =>
      override(name[language], [
        isNamed(unit) ? { id: 'mappings', value: mappingsOf(unit, language) } : { id: 'unit', value: unit },
      ]),
    )
  const colours = Object.entries(panel.colours ?? {}).map(([english, colour]): Json => {
    const name = columns.find((column) => column.name.en === english)?.name[language] ?? english
    const value = { mode: 'fixed', fixedColor: COLOURS[colour] }
    // Where series are told apart by a tag as well, its name stands before the column's.
    const isTold = panel.queries.some(({ format, by }) => format === 'time_series' && by.length > 0)
    const matcher = isTold ? { id: 'byRegexp', options: `/${name}$/` } : { id: 'byName', options: name }
    return { matcher, properties: [{ id: 'color', value }] }
  })
  return [...units, ...colours, ...pageLinks(panel, board, language)]
}

function pageLinks(panel: Panel, board: Board, language: Language): Json[] {
  if (panel.kind !== 'table') return []
  const zh = language === 'zh'
  const names = panel.queries.flatMap(({ by, columns }) => [...by, ...columns.map(({ name }) => name[language])])
  const linked = (name: string, links: readonly Json[]): Json => ({
    matcher: { id: 'byName', options: name },
    properties: [{ id: 'links', value: links }],
  })
  const toSite = {
    title: zh ? '矿点看板' : 'site dashboard',
    url: `/d/${uidOf('site', language)}?var-site=\${__value.raw:percentencode}&\${__url_time_range}`,
  }
  const toPage = (room: string) => ({
    title: zh ? '平台页面' : 'product page',
    url: `\${product}/${room}/\${__value.raw:percentencode}`,
    targetBlank: true,
  })
  const siteName = zh ? '矿点' : 'site'
  const orderName = zh ? '断电令' : 'order'
  return [
    ...[...new Set(['site', siteName])]
      .filter((name) => names.includes(name))
      .map((name) => linked(name, board.id === 'site' ? [toPage('sites')] : [toSite, toPage('sites')])),
    ...(names.includes(orderName) ? [linked(orderName, [toPage('orders')])] : []),
  ]
}

const CUSTOM: { readonly [K in PanelKind]: (panel: Panel) => { readonly [key: string]: Json } } = {
  stat: () => ({}),
  bargauge: () => ({}),
  geomap: () => ({}),
  table: () => ({ align: 'auto', cellOptions: { type: 'auto', wrapText: true }, filterable: true }),
  timeseries: ({ stacked = false, thresholds }) => ({
    ...{ lineWidth: 1, fillOpacity: stacked ? 40 : 5, showPoints: 'auto', spanNulls: 180_000 },
    stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: thresholds.length > 1 ? 'dashed' : 'off' },
  }),
  'state-timeline': () => ({ lineWidth: 0, fillOpacity: 80, spanNulls: false }),
}

const OPTIONS: { readonly [K in PanelKind]: { readonly [key: string]: Json } } = {
  stat: {
    ...{ colorMode: 'background', graphMode: 'none', justifyMode: 'center', textMode: 'value' },
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  },
  bargauge: {
    ...{ orientation: 'horizontal', displayMode: 'basic', showUnfilled: true, valueMode: 'color' },
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  },
  timeseries: {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  table: { showHeader: true, cellHeight: 'sm', footer: { show: false, reducer: ['sum'], countRows: false } },
  'state-timeline': {
    ...{ mergeValues: true, showValue: 'auto', alignValue: 'left', rowHeight: 0.9 },
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'single', sort: 'none' },
  },
  geomap: {
    view: { id: 'fit', lat: 25, lon: 110, zoom: 9, allLayers: true },
    controls: { showZoom: true, mouseWheelZoom: true, showAttribution: true, showScale: true },
    basemap: { type: 'default', name: 'Base', config: {} },
    layers: [
      {
        ...{ type: 'markers', name: 'sites', tooltip: true },
        location: { mode: 'coords', latitude: 'latitude', longitude: 'longitude' },
        config: {
          showLegend: true,
          style: {
            ...{ size: { fixed: 9, min: 5, max: 15 }, opacity: 0.8 },
            ...{ color: { field: 'level', fixed: COLOURS.over }, symbol: { fixed: 'img/icons/marker/circle.svg' } },
          },
        },
      },
    ],
    tooltip: { mode: 'details' },
  },
}
