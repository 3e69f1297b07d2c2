/** Statements about payloads and their metrics. */
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import { REBIRTH_METRIC } from '@minewarden/protocol/sparkplug/birth.ts'
import { type DatatypeOf, decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import {
  type DataSet,
  DataType,
  type Metric,
  type Payload,
  type PropertySet,
} from '@minewarden/protocol/sparkplug/payload.ts'
import { CHECKS } from './assertions.ts'
import type { NodeMemory } from './node-memory.ts'
import { judgeRawPayload } from './raw-rules.ts'
import type { Report } from './report.ts'
import { judgeTemplate, rememberDefinitions } from './template-rules.ts'

export interface Stamp {
  readonly at: number
  readonly utcWindowMs: number
}

/** Decodes and judges what every payload must fulfil; `null` when it cannot be read. */
export function readPayload(
  report: Report,
  { type, bytes, misfit, datatypeOf }: { type: string; bytes: Uint8Array; misfit?: string; datatypeOf?: DatatypeOf },
): Payload | null {
  try {
    const payload = decodePayload(bytes, datatypeOf)
    judgeRawPayload(report, bytes, type.endsWith('BIRTH') ? type : null)
    return payload
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    report.violate(checkOf(type, error.message, misfit), error.message)
    return null
  }
}

function checkOf(type: string, message: string, misfit: string | undefined): string {
  if (/keys for/.test(message)) return 'property sizes'
  const dataSet = /data set of (\w+) columns with (\d+) names and (\d+) types/.exec(message)
  if (dataSet)
    return dataSet[2] === dataSet[3] ? 'dataset width' : dataSet[3] === '0' ? 'dataset types there' : 'dataset sizes'
  if (misfit && /datatype/.test(message)) return misfit
  return `${type} payload` in CHECKS ? `${type} payload` : 'payload malformed'
}

export function judgeTimestamp(report: Report, type: string, payload: Payload, { at, utcWindowMs }: Stamp): void {
  if (payload.timestamp === undefined) report.violate(`${type} timestamp`, 'no timestamp')
  else if (Math.abs(payload.timestamp - at) > utcWindowMs)
    report.violate('payload utc', `stamped ${payload.timestamp - at} ms from now`)
}

/** Metrics of an NBIRTH (`owner` `''`) or DBIRTH, remembered in `node`. */
export function judgeBirthMetrics(
  report: Report,
  node: NodeMemory,
  owner: string,
  payload: Payload,
  stamp: Stamp,
): void {
  const type = owner === '' ? 'NBIRTH' : 'DBIRTH'
  const known = new Map<string, { name: string; alias: number | undefined; datatype: number | undefined }>()
  const lower = new Set<string>()
  node.forget(owner)
  node.owners.set(owner, known)
  node.usesAliases ||= payload.metrics.some((metric) => metric.alias !== undefined)
  if (owner === '') rememberDefinitions(node, payload.metrics)
  for (const metric of payload.metrics) {
    judgeDefinition(report, type, metric, node.usesAliases)
    judgeMetricStamp(report, metric, stamp)
    judgeContents(report, metric)
    judgeTemplate(report, { node, metric, type })
    if (metric.alias !== undefined) {
      if (node.aliases.has(metric.alias)) report.violate('alias unique', `alias ${metric.alias} again`)
      node.aliases.set(metric.alias, {
        owner,
        metric: { ...metric, name: metric.name ?? '', alias: metric.alias, datatype: metric.datatype },
      })
    }
    if (metric.name === undefined) continue
    const word = metric.name.toLowerCase()
    if (lower.has(word) && !known.has(metric.name)) report.violate('metrics differ by case', metric.name)
    lower.add(word)
    known.set(metric.name, { name: metric.name, alias: metric.alias, datatype: metric.datatype })
  }
  judgeOrder(report, owner, payload.metrics)
}

function judgeDefinition(report: Report, type: string, metric: Metric, usesAliases: boolean): void {
  const { name, alias, datatype, value } = metric
  if (name === undefined && alias === undefined) report.violate('metric name', 'a metric without name')
  if (name === undefined) report.violate(`${type} metrics`, `alias ${alias} without name`)
  if (usesAliases && name !== REBIRTH_METRIC && (name === undefined || alias === undefined))
    report.violate('alias in birth', `${name ?? alias} lacks name or alias`)
  if (datatype === undefined) {
    report.violate(`${type} metrics`, `${name} without datatype`)
    report.violate('datatype in birth', `${name} without datatype`)
  } else if (datatype < 1 || datatype > DataType.DateTimeArray) report.violate('datatype known', `${name}: ${datatype}`)
  if (value === undefined) report.violate(`${type} values`, `${name} has no value and is not null`)
}

/** Metrics of NDATA (`owner` `''`) or DDATA. */
export function judgeDataMetrics(
  report: Report,
  node: NodeMemory,
  owner: string,
  payload: Payload,
  stamp: Stamp,
): void {
  const birth = owner === '' ? 'NBIRTH' : 'DBIRTH'
  for (const metric of payload.metrics) {
    judgeReference(report, node, owner, metric)
    judgeMetricStamp(report, metric, stamp)
    judgeContents(report, metric)
    judgeTemplate(report, { node, metric, type: 'DATA' })
    const named = metric.name !== undefined || metric.alias !== undefined
    if (named && !node.find(owner, metric))
      report.violate(`${birth} declares`, `${metric.name ?? metric.alias} was not born`)
  }
  judgeOrder(report, owner, payload.metrics)
}

/** How data and commands refer to a metric: by alias alone when its birth gave one. */
export function judgeReference(report: Report, node: NodeMemory, owner: string, metric: Metric): void {
  const { name, alias, datatype } = metric
  if (name === undefined && alias === undefined) report.violate('metric name', 'a metric without name or alias')
  if (datatype !== undefined) report.violate('datatype in data', `${name ?? alias} with datatype`)
  if (name !== undefined && (alias !== undefined || node.owners.get(owner)?.get(name)?.alias !== undefined))
    report.violate('alias alone', `${name} by name`)
}

function judgeMetricStamp(report: Report, { name, alias, timestamp }: Metric, { at, utcWindowMs }: Stamp): void {
  if (timestamp === undefined) report.violate('metric timestamp', `${name ?? alias} without timestamp`)
  // A value may be as old as it likes, but none is measured after it was sent.
  else if (timestamp > at + utcWindowMs) report.violate('metric utc', `${name ?? alias} is ${timestamp - at} ms ahead`)
}

function judgeOrder(report: Report, owner: string, metrics: readonly Metric[]): void {
  let last = Number.NEGATIVE_INFINITY
  for (const { isHistorical, timestamp, name, alias } of metrics) {
    if (isHistorical === true || timestamp === undefined) continue
    if (timestamp < last) {
      report.violate(
        owner === '' ? 'node chronological' : 'device chronological',
        `${name ?? alias} is older than the one before`,
      )
      return
    }
    last = timestamp
  }
}

function judgeContents(report: Report, { properties, value }: Metric): void {
  if (properties) judgeProperties(report, properties)
  if (typeof value === 'object' && value !== null && 'columns' in value) judgeColumns(report, value)
}

export const isBasic = (type: number): boolean => type >= DataType.Int8 && type <= DataType.UUID

function judgeColumns(report: Report, { types }: DataSet): void {
  for (const type of types) report.demand(isBasic(type), 'dataset types known', `column type ${type}`)
}

function judgeProperties(report: Report, set: PropertySet): void {
  for (const [key, { type, value }] of Object.entries(set)) {
    const known = isBasic(type) || type === DataType.PropertySet || type === DataType.PropertySetList
    if (type !== 0) report.demand(known, 'property type known', `${key}: ${type}`)
    if (key.toLowerCase() === 'quality') {
      report.demand(type === DataType.Int32, 'quality type', `quality of type ${type}`)
      report.demand(value === 0 || value === 192 || value === 500, 'quality value', `quality ${value}`)
    }
    if (Array.isArray(value)) for (const each of value as PropertySet[]) judgeProperties(report, each)
    else if (typeof value === 'object' && value !== null) judgeProperties(report, value as PropertySet)
  }
}
