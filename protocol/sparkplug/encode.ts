/**
 * A Sparkplug B payload to bytes, for every datatype. Fields go out in ascending order, as the fast decoder likes them.
 * @see Eclipse Sparkplug 3.0, chapter 6, and sparkplug_b.proto (Eclipse Tahu)
 */
import { InvariantError } from '../errors.ts'
import {
  type DataSet,
  DataType,
  type Integer,
  type MetaData,
  type Metric,
  type MetricValue,
  type Payload,
  type PropertySet,
  type PropertyValue,
  type Template,
} from './payload.ts'
import { CARRIERS, type Cell, isArrayType, packArray } from './value.ts'
import { WireWriter } from './wire-writer.ts'

/**
 * Encodes a payload.
 * @throws InvariantError for a value that its datatype cannot hold: payloads to encode are made by us
 */
export function encodePayload(payload: Payload): Uint8Array {
  const writer = new WireWriter()
  if (payload.timestamp !== undefined) writer.uint64(1, payload.timestamp)
  for (const metric of payload.metrics) writer.nested(2, metric, writeMetric)
  if (payload.seq !== undefined) writer.uint64(3, payload.seq)
  if (payload.uuid !== undefined) writer.text(4, payload.uuid)
  if (payload.body !== undefined) writer.blob(5, payload.body)
  return writer.finish()
}

function writeMetric(writer: WireWriter, metric: Metric): void {
  if (metric.name !== undefined) writer.text(1, metric.name)
  if (metric.alias !== undefined) writer.uint64(2, metric.alias)
  if (metric.timestamp !== undefined) writer.uint64(3, metric.timestamp)
  if (metric.datatype !== undefined) writer.uint32(4, metric.datatype)
  if (metric.isHistorical !== undefined) writer.boolean(5, metric.isHistorical)
  if (metric.isTransient !== undefined) writer.boolean(6, metric.isTransient)
  if (metric.value === null) writer.boolean(7, true)
  if (metric.metadata !== undefined) writer.nested(8, metric.metadata, writeMetaData)
  if (metric.properties !== undefined) writer.nested(9, metric.properties, writePropertySet)
  if (metric.value === null || metric.value === undefined) return
  try {
    writeMetricValue(writer, metric.datatype, metric.value)
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error
    throw new InvariantError(`metric ${metric.name ?? `alias ${metric.alias}`}: ${error.message}`)
  }
}

function writeMetricValue(writer: WireWriter, datatype: number | undefined, value: MetricValue): void {
  if (value instanceof Uint8Array) {
    const carried = datatype === undefined || !(datatype in DataTypeNames) || CARRIERS[datatype]?.kind === 'bytes'
    if (!carried) throw new InvariantError(`bytes do not fit datatype ${datatype}`)
    writer.blob(16, value)
  } else if (Array.isArray(value)) {
    if (datatype === undefined || !isArrayType(datatype))
      throw new InvariantError(`an array does not fit datatype ${datatype}`)
    writer.blob(16, packArray(datatype, value))
  } else if (typeof value === 'object') {
    writeObject(writer, datatype, value as DataSet | Template)
  } else if (!writeScalar(writer, 10, datatype, value)) {
    throw new InvariantError(`${typeof value} ${value} does not fit datatype ${datatype}`)
  }
}

/** Codes that mean something to us: a value of any other is written as it looks. */
const DataTypeNames: { readonly [code: number]: string } = Object.fromEntries(
  Object.entries(DataType).flatMap(([name, code]) => (code === DataType.Unknown ? [] : [[code, name]])),
)

function writeObject(writer: WireWriter, datatype: number | undefined, value: DataSet | Template): void {
  const kind = datatype === undefined ? undefined : CARRIERS[datatype]?.kind
  const isDataSet = 'columns' in value
  if (kind !== undefined && kind !== (isDataSet ? 'dataset' : 'template'))
    throw new InvariantError(`a ${isDataSet ? 'data set' : 'template'} does not fit datatype ${datatype}`)
  if (isDataSet) writer.nested(17, value, writeDataSet)
  else writer.nested(18, value, writeTemplate)
}

/**
 * Writes one of the six scalars that metrics, cells, parameters and properties share; `first` is the field of the first.
 * Without a known datatype, by what it looks like. False when value and datatype do not fit.
 */
function writeScalar(
  writer: WireWriter,
  first: number,
  datatype: number | undefined,
  value: Exclude<Cell, null>,
): boolean {
  const carrier = datatype === undefined ? undefined : CARRIERS[datatype]
  const known = datatype !== undefined && datatype in DataTypeNames
  if (known && !carrier) return false
  if (typeof value === 'string') {
    if (carrier && carrier.kind !== 'string') return false
    writer.text(first + 5, value)
  } else if (typeof value === 'boolean') {
    if (carrier && carrier.kind !== 'boolean') return false
    writer.boolean(first + 4, value)
  } else if (carrier?.kind === 'integer') {
    return writeInteger(writer, first, carrier, value)
  } else if (carrier?.kind === 'float') {
    writer.float(first + 2, Number(value))
  } else if (carrier?.kind === 'double') {
    writer.double(first + 3, Number(value))
  } else if (carrier) {
    return false
  } else if (typeof value === 'bigint' || (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0))) {
    return writeInteger(writer, first, { bits: 64, signed: false }, value)
  } else {
    writer.double(first + 3, value)
  }
  return true
}

/** Up to 32 bits travel in `int_value`, 64 in `long_value`, negative ones as two's complement of the field's width. */
function writeInteger(
  writer: WireWriter,
  first: number,
  { bits, signed }: { bits: number; signed: boolean },
  value: Integer,
): boolean {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return false
  const from = signed ? -(2n ** BigInt(bits - 1)) : 0n
  const to = from + 2n ** BigInt(bits)
  if (value < from || value >= to) return false
  if (bits === 64) writer.uint64(first + 1, value)
  else writer.uint32(first, Number(value) >>> 0)
  return true
}

function writeMetaData(writer: WireWriter, data: MetaData): void {
  if (data.isMultiPart !== undefined) writer.boolean(1, data.isMultiPart)
  if (data.contentType !== undefined) writer.text(2, data.contentType)
  if (data.size !== undefined) writer.uint64(3, data.size)
  if (data.seq !== undefined) writer.uint64(4, data.seq)
  if (data.fileName !== undefined) writer.text(5, data.fileName)
  if (data.fileType !== undefined) writer.text(6, data.fileType)
  if (data.md5 !== undefined) writer.text(7, data.md5)
  if (data.description !== undefined) writer.text(8, data.description)
}

function writePropertySet(writer: WireWriter, set: PropertySet): void {
  for (const key of Object.keys(set)) writer.text(1, key)
  for (const value of Object.values(set)) writer.nested(2, value, writePropertyValue)
}

function writePropertyValue(writer: WireWriter, { type, value }: PropertyValue): void {
  writer.uint32(1, type)
  if (value === null) writer.boolean(2, true)
  else if (Array.isArray(value)) writer.nested(10, value as readonly PropertySet[], writePropertySetList)
  else if (typeof value === 'object') writer.nested(9, value as PropertySet, writePropertySet)
  else if (!writeScalar(writer, 3, type, value))
    throw new InvariantError(`a property ${value} does not fit datatype ${type}`)
}

function writePropertySetList(writer: WireWriter, sets: readonly PropertySet[]): void {
  for (const set of sets) writer.nested(1, set, writePropertySet)
}

function writeDataSet(writer: WireWriter, { columns, types, rows }: DataSet): void {
  if (columns.length !== types.length) throw new InvariantError('a data set needs a type for each column')
  writer.uint64(1, columns.length)
  for (const column of columns) writer.text(2, column)
  for (const type of types) writer.uint32(3, type)
  for (const row of rows) {
    if (row.length !== types.length) throw new InvariantError('a data set row needs a cell for each column')
    writer.nested(4, row, (inner, cells) => {
      cells.forEach((value, i) => {
        inner.nested(1, value, (element, cell) => writeCell(element, 1, types[i]!, cell))
      })
    })
  }
}

function writeCell(writer: WireWriter, first: number, type: number, value: Cell): void {
  if (value !== null && !writeScalar(writer, first, type, value))
    throw new InvariantError(`${value} does not fit datatype ${type}`)
}

function writeTemplate(writer: WireWriter, template: Template): void {
  if (template.version !== null) writer.text(1, template.version)
  for (const metric of template.metrics) writer.nested(2, metric, writeMetric)
  for (const parameter of template.parameters)
    writer.nested(3, parameter, (inner, { name, type, value }) => {
      inner.text(1, name)
      inner.uint32(2, type)
      writeCell(inner, 3, type, value)
    })
  if (template.templateRef !== null) writer.text(4, template.templateRef)
  writer.boolean(5, template.isDefinition)
}
