/**
 * Bytes to a Sparkplug B payload, for every datatype. Bounded in size, depth and items; unknown fields are passed over.
 * The fast path for rows is `fast.ts`; this one is always right.
 * @see Eclipse Sparkplug 3.0, chapter 6, and sparkplug_b.proto (Eclipse Tahu)
 */
import { ProtocolError } from '../errors.ts'
import type { DataSet, MetaData, Metric, Payload, PropertySet, PropertyValue, Template } from './payload.ts'
import { type Cell, convertCell, convertMetric, type RawValue } from './value.ts'
import { malformed, WIRE_BYTES } from './wire.ts'
import { WireReader } from './wire-reader.ts'

/** What a birth said of a metric's datatype, which DATA omits. */
export type DatatypeOf = (metric: { name?: string; alias?: number }) => number | undefined

interface Draft<T> {
  value: T
}

/**
 * Decodes a payload. The result owns its bytes.
 * @param datatypeOf asked for metrics that carry no datatype of their own
 * @param nameOf puts a name into the error where the metric has but an alias
 * @throws ProtocolError `payload-malformed`, naming the byte offset
 */
export function decodePayload(
  bytes: Uint8Array,
  datatypeOf?: DatatypeOf,
  nameOf?: (alias: number) => string | undefined,
): Payload {
  const reader = new WireReader(bytes)
  const end = bytes.length
  const metrics: Metric[] = []
  const payload: { -readonly [K in keyof Payload]: Payload[K] } = { metrics }
  const readMetric = metricReader(births(datatypeOf, nameOf))
  while (reader.next(end)) {
    if (reader.field === 1) payload.timestamp = reader.safe(end)
    else if (reader.field === 2) metrics.push(reader.nested(end, readMetric))
    else if (reader.field === 3) payload.seq = reader.safe(end)
    else if (reader.field === 4) payload.uuid = reader.text(end)
    else if (reader.field === 5) payload.body = reader.blob(end)
    else reader.skip(end)
  }
  return payload
}

/** What is known from births. */
interface Births {
  readonly datatypeOf: DatatypeOf
  readonly nameOf: (alias: number) => string | undefined
}
const nothing = () => undefined
const births = (datatypeOf: DatatypeOf = nothing, nameOf: Births['nameOf'] = nothing): Births => ({
  datatypeOf,
  nameOf,
})

/** The envelope of a payload: its time and `seq`, metrics passed over. @throws ProtocolError `payload-malformed` */
export function peekPayload(bytes: Uint8Array): { timestamp: number | undefined; seq: number | undefined } {
  const reader = new WireReader(bytes)
  const end = bytes.length
  let timestamp: number | undefined
  let seq: number | undefined
  while (reader.next(end)) {
    if (reader.field === 1) timestamp = reader.safe(end)
    else if (reader.field === 3) seq = reader.safe(end)
    else reader.skip(end)
  }
  return { timestamp, seq }
}

/** One metric of a payload or template. Its value is converted last: the datatype may follow it on the wire. */
function metricReader(births: Births): (reader: WireReader, end: number) => Metric {
  const readMetric = (reader: WireReader, end: number): Metric => {
    reader.countItems(1)
    const start = reader.at
    const metric: { -readonly [K in keyof Metric]: Metric[K] } = { value: undefined }
    const raw: Draft<RawValue | null> = { value: null }
    let isNull = false
    while (reader.next(end)) {
      switch (reader.field) {
        case 1:
          metric.name = reader.text(end)
          break
        case 2:
          metric.alias = reader.safe(end)
          break
        case 3:
          metric.timestamp = reader.safe(end)
          break
        case 4:
          metric.datatype = reader.uint32(end)
          break
        case 5:
          metric.isHistorical = reader.boolean(end)
          break
        case 6:
          metric.isTransient = reader.boolean(end)
          break
        case 7:
          isNull = reader.boolean(end)
          break
        case 8:
          metric.metadata = reader.nested(end, readMetaData)
          break
        case 9:
          metric.properties = reader.nested(end, readPropertySet)
          break
        default:
          readMetricValue(reader, end, raw, readMetric)
      }
    }
    metric.value = isNull ? null : metricValue(metric, raw.value, births, start, reader)
    return metric
  }
  return readMetric
}

function metricValue(metric: Metric, raw: RawValue | null, births: Births, start: number, reader: WireReader) {
  if (raw === null) return undefined
  const datatype = metric.datatype ?? births.datatypeOf(metric as { name?: string; alias?: number })
  try {
    return convertMetric(datatype, raw, (count) => reader.countItems(count))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const name = metric.name ?? (metric.alias === undefined ? undefined : births.nameOf(metric.alias))
    throw malformed(`metric ${name ?? `alias ${metric.alias}`}: ${error.message}`, start)
  }
}

type ReadMetric = (reader: WireReader, end: number) => Metric

function readMetricValue(reader: WireReader, end: number, raw: Draft<RawValue | null>, readMetric: ReadMetric): void {
  switch (reader.field) {
    case 16:
      raw.value = { kind: 'bytes', value: reader.blob(end) }
      break
    case 17:
      raw.value = { kind: 'dataset', value: reader.nested(end, readDataSet) }
      break
    case 18:
      raw.value = { kind: 'template', value: reader.nested(end, (r, stop) => readTemplate(r, stop, readMetric)) }
      break
    default:
      if (reader.field < 10 || !readScalar(reader, end, reader.field - 10, raw)) reader.skip(end)
  }
}

/** The six scalars that metrics, cells, parameters and properties share, in the order they all have them. */
function readScalar(reader: WireReader, end: number, index: number, raw: Draft<RawValue | null>): boolean {
  if (index === 0) raw.value = { kind: 'int', low: reader.uint32(end), high: 0 }
  else if (index === 1) {
    reader.uint64(end)
    raw.value = { kind: 'long', low: reader.low, high: reader.high }
  } else if (index === 2) raw.value = { kind: 'float', value: reader.float(end) }
  else if (index === 3) raw.value = { kind: 'double', value: reader.double(end) }
  else if (index === 4) raw.value = { kind: 'boolean', value: reader.boolean(end) }
  else if (index === 5) raw.value = { kind: 'string', value: reader.text(end) }
  else return false
  return true
}

function cell(type: number, raw: RawValue | null, start: number): Cell {
  if (raw === null) return null
  try {
    return convertCell(type, raw)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw malformed(error.message, start)
  }
}

function readMetaData(reader: WireReader, end: number): MetaData {
  const data: { -readonly [K in keyof MetaData]: MetaData[K] } = {}
  while (reader.next(end)) {
    if (reader.field === 1) data.isMultiPart = reader.boolean(end)
    else if (reader.field === 2) data.contentType = reader.text(end)
    else if (reader.field === 3) data.size = reader.uint64(end)
    else if (reader.field === 4) data.seq = reader.uint64(end)
    else if (reader.field === 5) data.fileName = reader.text(end)
    else if (reader.field === 6) data.fileType = reader.text(end)
    else if (reader.field === 7) data.md5 = reader.text(end)
    else if (reader.field === 8) data.description = reader.text(end)
    else reader.skip(end)
  }
  return data
}

function readPropertySet(reader: WireReader, end: number): PropertySet {
  const start = reader.at
  const keys: string[] = []
  const values: PropertyValue[] = []
  while (reader.next(end)) {
    if (reader.field === 1) keys.push(reader.text(end))
    else if (reader.field === 2) values.push(reader.nested(end, readPropertyValue))
    else reader.skip(end)
  }
  reader.countItems(Math.max(keys.length, values.length))
  if (keys.length !== values.length) throw malformed(`${keys.length} keys for ${values.length} properties`, start)
  // Defines own properties, so that a key `__proto__` is a key like any other.
  return Object.fromEntries(keys.map((key, i) => [key, values[i]!]))
}

function readPropertyValue(reader: WireReader, end: number): PropertyValue {
  const start = reader.at
  const raw: Draft<RawValue | null> = { value: null }
  let nested: PropertySet | PropertySet[] | null = null
  let type = 0
  let isNull = false
  while (reader.next(end)) {
    if (reader.field === 1) type = reader.uint32(end)
    else if (reader.field === 2) isNull = reader.boolean(end)
    else if (reader.field === 9) nested = reader.nested(end, readPropertySet)
    else if (reader.field === 10) nested = reader.nested(end, readPropertySetList)
    else if (reader.field < 3 || !readScalar(reader, end, reader.field - 3, raw)) reader.skip(end)
  }
  if (isNull) return { type, value: null }
  return { type, value: nested ?? cell(type, raw.value, start) }
}

function readPropertySetList(reader: WireReader, end: number): PropertySet[] {
  const sets: PropertySet[] = []
  while (reader.next(end)) {
    if (reader.field !== 1) reader.skip(end)
    else {
      reader.countItems(1)
      sets.push(reader.nested(end, readPropertySet))
    }
  }
  return sets
}

function readDataSet(reader: WireReader, end: number): DataSet {
  const start = reader.at
  const columns: string[] = []
  const types: number[] = []
  const raws: (RawValue | null)[][] = []
  let width: number | null = null
  while (reader.next(end)) {
    if (reader.field === 1) width = reader.safe(end)
    else if (reader.field === 2) columns.push(reader.text(end))
    else if (reader.field === 3) readTypes(reader, end, types)
    else if (reader.field === 4) raws.push(reader.nested(end, readRow))
    else reader.skip(end)
    reader.countItems(1)
  }
  if (columns.length !== types.length || (width !== null && width !== types.length))
    throw malformed(`a data set of ${width} columns with ${columns.length} names and ${types.length} types`, start)
  const rows = raws.map((raw) => {
    if (raw.length !== types.length) throw malformed(`a row of ${raw.length} cells for ${types.length} columns`, start)
    return raw.map((value, i) => cell(types[i]!, value, start))
  })
  return { columns, types, rows }
}

/** `repeated uint32`, each by itself or packed. */
function readTypes(reader: WireReader, end: number, types: number[]): void {
  if (reader.wire !== WIRE_BYTES) {
    types.push(reader.uint32(end))
    return
  }
  const stop = reader.span(end)
  while (reader.at < stop) {
    reader.varint(stop)
    reader.countItems(1)
    types.push(reader.low)
  }
}

function readRow(reader: WireReader, end: number): (RawValue | null)[] {
  const cells: (RawValue | null)[] = []
  while (reader.next(end)) {
    if (reader.field !== 1) reader.skip(end)
    else {
      reader.countItems(1)
      cells.push(reader.nested(end, readCell))
    }
  }
  return cells
}

function readCell(reader: WireReader, end: number): RawValue | null {
  const raw: Draft<RawValue | null> = { value: null }
  while (reader.next(end)) if (!readScalar(reader, end, reader.field - 1, raw)) reader.skip(end)
  return raw.value
}

function readTemplate(reader: WireReader, end: number, readMetric: ReadMetric): Template {
  const metrics: Metric[] = []
  const parameters: Template['parameters'][number][] = []
  let version: string | null = null
  let templateRef: string | null = null
  let isDefinition = false
  while (reader.next(end)) {
    if (reader.field === 1) version = reader.text(end)
    else if (reader.field === 2) metrics.push(reader.nested(end, readMetric))
    else if (reader.field === 3) parameters.push(reader.nested(end, readParameter))
    else if (reader.field === 4) templateRef = reader.text(end)
    else if (reader.field === 5) isDefinition = reader.boolean(end)
    else reader.skip(end)
  }
  return { version, metrics, parameters, templateRef, isDefinition }
}

function readParameter(reader: WireReader, end: number): Template['parameters'][number] {
  reader.countItems(1)
  const start = reader.at
  const raw: Draft<RawValue | null> = { value: null }
  let name = ''
  let type = 0
  while (reader.next(end)) {
    if (reader.field === 1) name = reader.text(end)
    else if (reader.field === 2) type = reader.uint32(end)
    else if (reader.field < 3 || !readScalar(reader, end, reader.field - 3, raw)) reader.skip(end)
  }
  return { name, type, value: cell(type, raw.value, start) }
}
