/**
 * What is asked of InfluxDB in its query language: policies and continuous queries at the start, windows computed again
 * for late points, and traces for pages.
 * @see https://docs.influxdata.com/influxdb/v1/query_language/
 */
import type { KeptKind } from './reading-measurements.ts'
import { RETENTION_POLICIES, type RetentionDays, type RetentionPolicy } from './retention.ts'
import { downsampledFields, MEASUREMENTS, type MeasurementName } from './schema.ts'

/** An identifier in double quotes. */
export const quoteName = (name: string): string => `"${name.replace(/[\\"]/g, '\\$&').replace(/[\n\r]/g, ' ')}"`
/** A text in single quotes. */
export const quoteText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&').replace(/[\n\r]/g, ' ')}'`
/** A moment; whole microseconds. */
export const timeLiteral = (atMs: number): string => `${Math.round(atMs * 1000)}u`

/** `"database"."policy"."measurement"` */
const source = (database: string, policy: RetentionPolicy, measurement: string): string =>
  [database, policy, measurement].map(quoteName).join('.')

const policies = Object.entries(RETENTION_POLICIES) as [RetentionPolicy, { readonly shardHours: number }][]

/** Makes a database's retention policies, or changes those there are; `raw` is what a query means that names none. */
export const policyStatements = (database: string, days: RetentionDays, existing: readonly string[]): string[] =>
  policies.map(
    ([name, { shardHours }]) =>
      `${existing.includes(name) ? 'ALTER' : 'CREATE'} RETENTION POLICY ${quoteName(name)} ON ${quoteName(database)} ` +
      `DURATION ${days[name]}d REPLICATION 1 SHARD DURATION ${shardHours}h${name === 'raw' ? ' DEFAULT' : ''}`,
  )

/** How windows are computed; others than the declared ones are for tests. */
export interface Windows {
  readonly windowMs: number
  /** A continuous query computes so many of the last windows again: what is late by less needs nothing else. */
  readonly again: number
}
export const WINDOWS: Windows = { windowMs: RETENTION_POLICIES.tenMinutes.windowMs, again: 3 }

/** Measurements of which the downsampled tier has something. */
export const DOWNSAMPLED = (Object.keys(MEASUREMENTS) as MeasurementName[]).filter(
  (name) => downsampledFields(name).length > 0,
)

/** A continuous query of ours is called so, with the measurement behind it. */
export const CONTINUOUS_PREFIX = 'minewarden_'

function downsampling(database: string, name: MeasurementName, { windowMs }: Windows, where: string): string {
  const fields = downsampledFields(name).map(
    ({ name: windowed, of, aggregate }) => `${aggregate}(${quoteName(of)}) AS ${quoteName(windowed)}`,
  )
  return (
    `SELECT ${fields.join(', ')} INTO ${source(database, 'tenMinutes', name)} ` +
    `FROM ${source(database, 'raw', name)}${where} GROUP BY time(${windowMs / 1000}s), *`
  )
}

/** One continuous query for each measurement, by name. */
export const continuousQueries = (database: string, windows: Windows = WINDOWS): ReadonlyMap<string, string> =>
  new Map(
    DOWNSAMPLED.map((name): [string, string] => {
      const every = windows.windowMs / 1000
      const called = CONTINUOUS_PREFIX + name
      return [
        called,
        `CREATE CONTINUOUS QUERY ${quoteName(called)} ON ${quoteName(database)} ` +
          `RESAMPLE EVERY ${every}s FOR ${every * windows.again}s BEGIN ${downsampling(database, name, windows, '')} END`,
      ]
    }),
  )

/** Windows to be computed again: from one's beginning to another's, of one gateway or of all. */
export interface Stretch {
  readonly measurement: MeasurementName
  readonly gateway: string | null
  readonly fromMs: number
  /** Not included. */
  readonly toMs: number
}

export function againStatement(
  database: string,
  { measurement, gateway, fromMs, toMs }: Stretch,
  windows: Windows = WINDOWS,
): string {
  const of = gateway === null ? '' : ` AND "gateway" = ${quoteText(gateway)}`
  const where = ` WHERE time >= ${timeLiteral(fromMs)} AND time < ${timeLiteral(toMs)}${of}`
  return downsampling(database, measurement, windows, where)
}

/** What a trace is asked of. */
export interface Trace {
  readonly kind: KeptKind
  readonly gateway: string
  readonly sensor: string
  readonly fromMs: number
  /** Included. */
  readonly toMs: number
}

const ofTrace = (database: string, { kind, gateway, sensor, fromMs, toMs }: Trace): string =>
  `FROM ${source(database, 'raw', kind)} WHERE "gateway" = ${quoteText(gateway)} AND "sensor" = ${quoteText(sensor)} ` +
  // What shares a moment stands up to a millisecond behind it.
  `AND time >= ${timeLiteral(fromMs)} AND time < ${timeLiteral(toMs + 1)}`

/** Traces of channels are told apart; other tags of a kind are not. */
function grouping(kind: KeptKind, time: string | null): string {
  const channel = MEASUREMENTS[kind].tags.includes('channel') ? '"channel"' : null
  const groups = [time, channel].filter((one) => one !== null)
  return groups.length > 0 ? ` GROUP BY ${groups.join(', ')}` : ''
}

/** How many values of a field there are, by channel. */
export const countStatement = (database: string, trace: Trace, field: string): string =>
  `SELECT count(${quoteName(field)}) ${ofTrace(database, trace)}${grouping(trace.kind, null)}`

/** The newest values of some fields, by channel. */
export const valuesStatement = (database: string, trace: Trace, fields: readonly string[], limit: number): string =>
  `SELECT ${fields.map(quoteName).join(', ')} ${ofTrace(database, trace)}${grouping(trace.kind, null)} ` +
  `ORDER BY time DESC LIMIT ${limit}`

/** The least or the greatest value of each stretch, at its own time. */
export function extremeStatement(
  database: string,
  trace: Trace,
  field: string,
  extreme: 'bottom' | 'top',
  stretchMs: number,
): string {
  const time = `time(${Math.max(1, Math.ceil(stretchMs))}ms)`
  return `SELECT ${extreme}(${quoteName(field)}, 1) ${ofTrace(database, trace)}${grouping(trace.kind, time)}`
}

/** Every reading of a kind of some gateways, oldest first. */
export const keptStatement = (
  database: string,
  kind: KeptKind,
  { gateways, fromMs, toMs }: { readonly gateways: readonly string[]; readonly fromMs: number; readonly toMs: number },
  limit: number,
): string =>
  `SELECT * FROM ${source(database, 'raw', kind)} WHERE time >= ${timeLiteral(fromMs)} AND time < ${timeLiteral(toMs)} ` +
  `AND (${gateways.map((gateway) => `"gateway" = ${quoteText(gateway)}`).join(' OR ')}) ORDER BY time LIMIT ${limit}`
