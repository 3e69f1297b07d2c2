import {
  type DataSet,
  DataType,
  type MetaData,
  type Metric,
  type MetricValue,
  type Payload,
  type PropertySet,
  type PropertyValue,
  type Template,
} from '@minewarden/protocol/sparkplug/payload.ts'
import fc from 'fast-check'

/** Any payload that our types allow, in the one form in which the decoder hands it back. */

const text = fc.string({ unit: 'binary', maxLength: 60 })
const bytes = fc.uint8Array({ maxLength: 40 })
const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const bit = fc.boolean()

/** 64-bit integers are numbers where safe: the decoder's own rule. */
const plain = (value: bigint) =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
const signed = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
const unsigned = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 })
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(plain)
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(plain)
const float32 = fc.float()
const double = fc.double()

const SCALARS: { readonly [datatype: number]: fc.Arbitrary<number | bigint | boolean | string> } = {
  [DataType.Int8]: signed(8),
  [DataType.Int16]: signed(16),
  [DataType.Int32]: signed(32),
  [DataType.Int64]: int64,
  [DataType.UInt8]: unsigned(8),
  [DataType.UInt16]: unsigned(16),
  [DataType.UInt32]: unsigned(32),
  [DataType.UInt64]: uint64,
  [DataType.Float]: float32,
  [DataType.Double]: double,
  [DataType.Boolean]: bit,
  [DataType.String]: text,
  [DataType.DateTime]: uint64,
  [DataType.Text]: text,
  [DataType.UUID]: fc.uuid(),
}
export const SCALAR_TYPES = Object.keys(SCALARS).map(Number)

const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 12 }) as fc.Arbitrary<T[]>
const ARRAYS: { readonly [datatype: number]: fc.Arbitrary<readonly unknown[]> } = {
  [DataType.Int8Array]: list(signed(8)),
  [DataType.Int16Array]: list(signed(16)),
  [DataType.Int32Array]: list(signed(32)),
  [DataType.Int64Array]: list(int64),
  [DataType.UInt8Array]: list(unsigned(8)),
  [DataType.UInt16Array]: list(unsigned(16)),
  [DataType.UInt32Array]: list(unsigned(32)),
  [DataType.UInt64Array]: list(uint64),
  [DataType.FloatArray]: list(float32),
  [DataType.DoubleArray]: list(double),
  [DataType.BooleanArray]: list(bit),
  [DataType.StringArray]: list(text.map((item) => item.replaceAll('\0', ''))),
  [DataType.DateTimeArray]: list(uint64),
}
export const ARRAY_TYPES = Object.keys(ARRAYS).map(Number)

const scalarOf = (type: number) => SCALARS[type]!
const typedCell = fc
  .constantFrom(...SCALAR_TYPES)
  .chain((type) => fc.option(scalarOf(type)).map((value) => ({ type, value })))

const dataSet: fc.Arbitrary<DataSet> = fc.array(fc.constantFrom(...SCALAR_TYPES), { maxLength: 4 }).chain((types) =>
  fc.record({
    columns: fc.array(text, { minLength: types.length, maxLength: types.length }),
    types: fc.constant(types),
    rows: fc.array(fc.tuple(...types.map((type) => fc.option(scalarOf(type)))), { maxLength: 4 }),
  }),
)

// Two levels of each: deeper, metrics in templates with lists of property sets pass the decoder's ceiling.
const { propertySet } = fc.letrec<{ propertySet: PropertySet; value: PropertyValue }>((tie) => ({
  propertySet: fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 2 },
    typedCell,
    tie('propertySet').map((value) => ({ type: DataType.PropertySet, value })),
    fc.array(tie('propertySet'), { maxLength: 2 }).map((value) => ({ type: DataType.PropertySetList, value })),
  ) as fc.Arbitrary<PropertyValue>,
}))

const metaData: fc.Arbitrary<MetaData> = fc.record(
  {
    isMultiPart: bit,
    contentType: text,
    size: uint64,
    seq: uint64,
    fileName: text,
    fileType: text,
    md5: text,
    description: text,
  },
  { requiredKeys: [] },
)

interface Valued {
  readonly datatype?: number
  readonly value: MetricValue | null | undefined
}

const valuedScalar = fc.constantFrom(...SCALAR_TYPES).chain((datatype) => valued(datatype, scalarOf(datatype)))
const valuedArray = fc.constantFrom(...ARRAY_TYPES).chain((datatype) => valued(datatype, ARRAYS[datatype]!))
const valuedBytes = fc.constantFrom(DataType.Bytes, DataType.File).chain((datatype) => valued(datatype, bytes))
/** Without a datatype integers come back unsigned and everything else as it was. */
const untyped = fc.oneof(uint64, float32, double, bit, text, bytes).map((value) => ({ value }))

function valued(datatype: number, value: fc.Arbitrary<unknown>): fc.Arbitrary<Valued> {
  return fc.record({ datatype: fc.constant(datatype), value: fc.option(value, { nil: null }) }) as fc.Arbitrary<Valued>
}

const metricOf = (value: fc.Arbitrary<Valued>): fc.Arbitrary<Metric> =>
  fc
    .tuple(
      fc.record(
        {
          name: text,
          alias: time,
          timestamp: time,
          isHistorical: bit,
          isTransient: bit,
          metadata: metaData,
          properties: propertySet,
        },
        { requiredKeys: [] },
      ),
      value,
    )
    .map(([envelope, valued]) => ({ ...envelope, ...valued }))

const { metric } = fc.letrec<{ metric: Metric; template: Template }>((tie) => ({
  template: fc.record({
    version: fc.option(text),
    metrics: fc.array(tie('metric'), { maxLength: 2 }),
    parameters: fc.array(
      fc.tuple(text, typedCell).map(([name, cell]) => ({ name, ...cell })),
      { maxLength: 2 },
    ),
    templateRef: fc.option(text),
    isDefinition: bit,
  }),
  metric: fc.oneof(
    { depthSize: 'small', maxDepth: 2 },
    metricOf(valuedScalar),
    metricOf(valuedArray),
    metricOf(valuedBytes),
    metricOf(untyped),
    metricOf(fc.constant({ value: undefined })),
    metricOf(valued(DataType.DataSet, dataSet)),
    metricOf(valued(DataType.Template, tie('template'))),
  ),
}))

export const payloads: fc.Arbitrary<Payload> = fc
  .tuple(
    fc.record({ metrics: fc.array(metric, { maxLength: 6 }) }),
    fc.record({ timestamp: time, seq: fc.nat(255), uuid: text, body: bytes }, { requiredKeys: [] }),
  )
  .map(([metrics, envelope]) => ({ ...metrics, ...envelope }))

/** What the fast path is made for, and its near misses: no names, times of today and of other ages. */
export const dataPayloads: fc.Arbitrary<Payload> = fc.record(
  {
    timestamp: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }) },
      { weight: 1, arbitrary: time },
    ),
    seq: fc.nat(255),
    metrics: fc.array(
      fc
        .tuple(
          fc.record(
            {
              alias: fc.oneof({ weight: 60, arbitrary: fc.nat(300_000) }, { weight: 1, arbitrary: time }),
              timestamp: fc.oneof(
                { weight: 60, arbitrary: fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }) },
                { weight: 1, arbitrary: time },
              ),
              isHistorical: bit,
            },
            { requiredKeys: ['alias'] },
          ),
          fc.oneof(
            { weight: 60, arbitrary: untyped },
            { weight: 15, arbitrary: fc.constant({ value: null }) },
            { weight: 1, arbitrary: valuedScalar },
            { weight: 1, arbitrary: fc.constant({ value: undefined }) },
          ),
        )
        .map(([envelope, valued]) => ({ ...envelope, ...valued })),
      { maxLength: 12 },
    ),
  },
  { requiredKeys: ['metrics'] },
)
