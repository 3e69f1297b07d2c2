/** Statements about the bytes of a payload, which a decoder has already smoothed over. */
import { WIRE_BYTES, WIRE_VARINT } from '@minewarden/protocol/sparkplug/wire.ts'
import { WireReader } from '@minewarden/protocol/sparkplug/wire-reader.ts'
import type { Report } from './report.ts'

interface RawField {
  readonly field: number
  readonly wire: number
  /** Of a varint, its words; of bytes, themselves. */
  readonly high: number
  readonly low: number
  readonly bytes: Uint8Array
}

function readFields(bytes: Uint8Array): RawField[] {
  const reader = new WireReader(bytes)
  const fields: RawField[] = []
  while (reader.next(bytes.length)) {
    const { field, wire } = reader
    if (wire === WIRE_VARINT) reader.varint(bytes.length)
    const start = wire === WIRE_BYTES ? reader.span(bytes.length) : 0
    const content = wire === WIRE_BYTES ? bytes.subarray(reader.at, start) : new Uint8Array()
    if (wire === WIRE_BYTES) reader.at = start
    else if (wire !== WIRE_VARINT) reader.skip(bytes.length)
    fields.push({ field, wire, high: reader.high, low: reader.low, bytes: content })
  }
  return fields
}

const of = (fields: readonly RawField[], field: number) => fields.filter((each) => each.field === field)

/** Judges every metric of a payload that decodes. @param birth NBIRTH or DBIRTH, or `null` for other messages */
export function judgeRawPayload(report: Report, bytes: Uint8Array, birth: string | null): void {
  for (const metric of of(readFields(bytes), 2)) judgeMetric(report, metric.bytes, birth)
}

function judgeMetric(report: Report, bytes: Uint8Array, birth: string | null): void {
  const fields = readFields(bytes)
  const isNull = of(fields, 7).some((each) => each.low !== 0)
  if (birth !== null && isNull && fields.some((each) => each.field >= 10 && each.field <= 19))
    report.violate(`${birth} values`, 'a metric that is null has a value all the same')
  for (const each of of(fields, 4)) report.demand(each.high === 0, 'datatype uint32', 'a datatype beyond 32 bits')
  for (const each of of(fields, 9)) judgePropertySet(report, each.bytes, birth !== null)
  for (const each of of(fields, 17)) judgeDataSet(report, each.bytes)
  for (const each of of(fields, 18)) judgeTemplate(report, each.bytes, birth)
}

function judgePropertySet(report: Report, bytes: Uint8Array, inBirth: boolean): void {
  for (const value of of(readFields(bytes), 2)) {
    const fields = readFields(value.bytes)
    const types = of(fields, 1)
    if (inBirth && types.length === 0) report.violate('property type there', 'a property without a type')
    for (const type of types) report.demand(type.high === 0, 'property type uint32', 'a property type beyond 32 bits')
    for (const set of of(fields, 9)) judgePropertySet(report, set.bytes, inBirth)
    for (const list of of(fields, 10))
      for (const set of of(readFields(list.bytes), 1)) judgePropertySet(report, set.bytes, inBirth)
  }
}

function judgeDataSet(report: Report, bytes: Uint8Array): void {
  for (const type of of(readFields(bytes), 3))
    if (type.wire === WIRE_VARINT)
      report.demand(type.high === 0, 'dataset types uint32', 'a column type beyond 32 bits')
}

function judgeTemplate(report: Report, bytes: Uint8Array, birth: string | null): void {
  const fields = readFields(bytes)
  if (of(fields, 5).length === 0) report.violate('template flag there', 'a template that does not say what it is')
  for (const parameter of of(fields, 3)) judgeParameter(report, parameter.bytes, birth !== null)
  for (const metric of of(fields, 2)) judgeMetric(report, metric.bytes, birth)
}

function judgeParameter(report: Report, bytes: Uint8Array, inBirth: boolean): void {
  const fields = readFields(bytes)
  const types = of(fields, 2)
  if (of(fields, 1).length === 0) report.violate('parameter name', 'a template parameter without a name')
  if (inBirth && types.length === 0) report.violate('parameter type there', 'a template parameter without a type')
  for (const type of types) report.demand(type.high === 0, 'parameter type uint32', 'a parameter type beyond 32 bits')
}
