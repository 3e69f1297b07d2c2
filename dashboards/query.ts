/** InfluxQL as Grafana sends it: `$timeFilter`, `$__interval` and `${variable:regex}` are Grafana's to fill in. */
import type { MeasurementName } from '../cloud/core/history/schema.ts'
import { MEASUREMENTS } from '../cloud/core/history/schema.ts'
import type { TagName } from '../cloud/core/history/tags.ts'
import type { Language, Text } from './text.ts'

/** A column: an expression over fields in InfluxQL, and what it is called; a unit of Grafana where the panel's is not its,
 * or `states`, `flags`, `clock`: numbers that have names. */
export interface Column {
  readonly value: string
  readonly name: Text
  readonly unit?: string
}

export interface Query {
  readonly format: 'time_series' | 'table'
  readonly columns: readonly Column[]
  /** Tags that tell series apart; in a table they are columns. */
  readonly by: readonly TagName[]
  /** Rows have a time that says something: of what is the newest or a sum, InfluxDB gives the begin of the span. */
  readonly isTimed: boolean
  sql(language: Language): string
}

interface Narrowing {
  readonly by?: readonly TagName[]
  readonly where?: readonly string[]
  readonly tier?: 'tenMinutes'
}

/** Variables by which a dashboard is narrowed. */
export type Scope = 'county' | 'township' | 'site' | 'gateway' | 'sensor'
/** A tag that is one of what a variable has chosen; a site without a township counts with every township. */
export const chosen = (tag: Scope): string => `"${tag}" =~ /^\${${tag}:regex}$/`

/** `column('mean("activePowerW")', both('有功', 'active'))`. */
export const column = (value: string, name: Text, unit?: string): Column =>
  unit === undefined ? { value, name } : { value, name, unit }

const source = (from: MeasurementName, { tier }: Narrowing): string =>
  `"${tier ?? MEASUREMENTS[from].policy}"."${from}"`
const conditions = ({ where = [] }: Narrowing): string => ['$timeFilter', ...where].join(' AND ')
const listed = (columns: readonly Column[], language: Language): string =>
  columns.map(({ value, name }) => `${value} AS "${name[language]}"`).join(', ')
const quoted = (tags: readonly TagName[]): string[] => tags.map((tag) => `"${tag}"`)
const grouped = (tags: readonly TagName[]): string => (tags.length === 0 ? '' : ` GROUP BY ${quoted(tags).join(', ')}`)

const lastOf = (fields: readonly string[]): string => fields.map((field) => `last("${field}") AS "${field}"`).join(', ')

/** Lines over time, one window for each step that Grafana draws. */
export function overTime(from: MeasurementName, columns: readonly Column[], narrowing: Narrowing = {}): Query {
  const by = narrowing.by ?? []
  const groups = ['time($__interval)', ...quoted(by)].join(', ')
  const sql = (language: Language) =>
    `SELECT ${listed(columns, language)} FROM ${source(from, narrowing)} WHERE ${conditions(narrowing)} GROUP BY ${groups} fill(null)`
  return { format: 'time_series', columns, by, isTimed: true, sql }
}

/** The sum over series of what each said in a window: counties make up the fleet, companies a county. */
export function summedOverTime(
  from: MeasurementName,
  fields: readonly (readonly [string, Text])[],
  by: TagName,
  narrowing: Narrowing = {},
): Query {
  const columns = fields.map(([field, name]) => column(`sum("${field}")`, name))
  const inner = lastOf(fields.map(([field]) => field))
  const groups = ['time($__interval)', ...quoted([by, ...(narrowing.by ?? [])])].join(', ')
  const outer = ['time($__interval)', ...quoted(narrowing.by ?? [])].join(', ')
  const sql = (language: Language) =>
    `SELECT ${listed(columns, language)} FROM (SELECT ${inner} FROM ${source(from, narrowing)} WHERE ${conditions(narrowing)} GROUP BY ${groups} fill(previous)) WHERE $timeFilter GROUP BY ${outer} fill(null)`
  return { format: 'time_series', columns, by: narrowing.by ?? [], isTimed: true, sql }
}

/** One row for each series: what it said last. `keep` narrows by what it said, by field name. */
export function newest(
  from: MeasurementName,
  fields: readonly (readonly [string, Text, string?])[],
  narrowing: Narrowing & { readonly keep?: string } = {},
): Query {
  const by = narrowing.by ?? []
  const inner = lastOf(fields.map(([field]) => field))
  const columns = fields.map(([field, name, unit]) => column(`"${field}"`, name, unit))
  const said = `(SELECT ${inner} FROM ${source(from, narrowing)} WHERE ${conditions(narrowing)}${grouped(by)})`
  const kept = narrowing.keep === undefined ? '$timeFilter' : `$timeFilter AND ${narrowing.keep}`
  const sql = (language: Language) => `SELECT ${listed(columns, language)} FROM ${said} WHERE ${kept}${grouped(by)}`
  return { format: 'table', columns, by, isTimed: false, sql }
}

/** One number over all series: the sum of what each said last. */
export function total(
  from: MeasurementName,
  fields: readonly (readonly [string, Text])[],
  by: readonly TagName[],
  narrowing: Narrowing = {},
): Query {
  const columns = fields.map(([field, name]) => column(`sum("${field}")`, name))
  const inner = lastOf(fields.map(([field]) => field))
  const sql = (language: Language) =>
    `SELECT ${listed(columns, language)} FROM (SELECT ${inner} FROM ${source(from, narrowing)} WHERE ${conditions(narrowing)}${grouped(by)}) WHERE $timeFilter`
  return { format: 'table', columns, by: [], isTimed: false, sql }
}

/** Facts one by one, newest first. Tags are columns too. */
export function facts(
  from: MeasurementName,
  fields: readonly (readonly [string, Text, string?])[],
  narrowing: Narrowing & { readonly limit?: number } = {},
): Query {
  const columns = fields.map(([field, name, unit]) => column(`"${field}"`, name, unit))
  const sql = (language: Language) =>
    `SELECT ${listed(columns, language)} FROM ${source(from, narrowing)} WHERE ${conditions(narrowing)} ORDER BY time DESC LIMIT ${narrowing.limit ?? 100}`
  return { format: 'table', columns, by: [], isTimed: true, sql }
}

/** The same fields in each language: `reasons` names `reasonsZh` or `reasonsEn`. */
export const inLanguage = (query: Query): Query => ({
  ...query,
  sql: (language) => query.sql(language).replaceAll('"reasons"', language === 'zh' ? '"reasonsZh"' : '"reasonsEn"'),
})
