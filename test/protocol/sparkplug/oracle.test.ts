/**
 * Ours against npm sparkplug-payload, both ways. Where the peer is known to be wrong or silent, and so is no oracle: a
 * metric without datatype (decoded to null), UInt32 outside the field it happens to use, 32-bit DateTimes, arrays,
 * data sets of types other than its six, null cells.
 */
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type Metric, type MetricValue, type Payload } from '@minewarden/protocol/sparkplug/payload.ts'
import fc from 'fast-check'
import sparkplug from 'sparkplug-payload'
import { describe, expect, it } from 'vitest'

const peer = sparkplug.get('spBv1.0')!
type PeerPayload = Parameters<typeof peer.encodePayload>[0]

const NAMES = Object.fromEntries(Object.entries(DataType).map(([name, code]) => [code, name]))
const text = fc.string({ unit: 'binary', maxLength: 40 })
const time = fc.integer({ min: 0, max: 2 ** 45 })

const TYPES: readonly [datatype: number, value: fc.Arbitrary<MetricValue>][] = [
  [DataType.Int8, fc.integer({ min: -128, max: 127 })],
  [DataType.Int16, fc.integer({ min: -32_768, max: 32_767 })],
  [DataType.Int32, fc.integer()],
  [DataType.Int64, fc.maxSafeInteger()],
  [DataType.UInt8, fc.nat(255)],
  [DataType.UInt16, fc.nat(65_535)],
  [DataType.UInt64, fc.nat(Number.MAX_SAFE_INTEGER)],
  [DataType.DateTime, time],
  [DataType.Float, fc.float()],
  [DataType.Double, fc.double()],
  [DataType.Boolean, fc.boolean()],
  [DataType.String, text],
  [DataType.Text, text],
  [DataType.UUID, fc.uuid()],
  [DataType.Bytes, fc.uint8Array({ maxLength: 30 })],
  [DataType.File, fc.uint8Array({ maxLength: 30 })],
]

const metric: fc.Arbitrary<Metric> = fc
  .tuple(
    fc.record(
      {
        name: text,
        alias: fc.nat(),
        timestamp: time,
        isHistorical: fc.boolean(),
        isTransient: fc.boolean(),
        // The peer fills in fields that were not sent.
        metadata: fc.record({
          isMultiPart: fc.boolean(),
          contentType: text,
          size: fc.nat(),
          seq: fc.nat(),
          fileName: text,
          fileType: text,
          md5: text,
          description: text,
        }),
        properties: fc.dictionary(
          text.filter((key) => key !== '__proto__'),
          fc.record({ type: fc.constant(DataType.String), value: fc.option(text) }),
          { maxKeys: 3, noNullPrototype: true, minKeys: 1 },
        ),
      },
      { requiredKeys: ['name'] },
    ),
    fc
      .constantFrom(...TYPES)
      .chain(([datatype, value]) => fc.record({ datatype: fc.constant(datatype), value: fc.option(value) })),
  )
  .map(([envelope, valued]) => ({ ...envelope, ...valued }))

const payload: fc.Arbitrary<Payload> = fc
  .tuple(
    fc.record({ timestamp: time, metrics: fc.array(metric, { minLength: 1, maxLength: 5 }) }),
    fc.record({ seq: fc.nat(255), uuid: text, body: fc.uint8Array({ maxLength: 9 }) }, { requiredKeys: [] }),
  )
  .map(([a, b]) => ({ ...a, ...b }))

/** Datatypes as the peer spells them. */
const toPeer = ({ metrics, ...rest }: Payload): PeerPayload =>
  ({
    ...rest,
    metrics: metrics.map(({ datatype, properties, ...metric }) => ({
      ...metric,
      type: NAMES[datatype!],
      ...(properties
        ? {
            properties: Object.fromEntries(
              Object.entries(properties).map(([k, v]) => [k, { ...v, type: NAMES[v.type] }]),
            ),
          }
        : {}),
    })),
  }) as unknown as PeerPayload

/** The peer answers 64-bit integers as Long objects; bytes as Buffers. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (typeof value !== 'object' || value === null) return value
  if ('low' in value && 'toNumber' in value) return (value.toNumber as () => number)()
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

describe('the payload codec', () => {
  it('writes what sparkplug-payload reads as we meant it', () => {
    fc.assert(
      fc.property(payload, (ours) => {
        expect(plain(peer.decodePayload(encodePayload(ours)))).toEqual(plain(toPeer(ours)))
      }),
      { numRuns: 500 },
    )
  })

  it('reads what sparkplug-payload writes as it was meant', () => {
    fc.assert(
      fc.property(payload, (ours) => {
        expect(decodePayload(peer.encodePayload(toPeer(ours)))).toEqual(ours)
      }),
      { numRuns: 500 },
    )
  })

  it('agrees with it on data sets and templates, both ways', () => {
    const types = [DataType.Int64, DataType.Float, DataType.Double, DataType.Boolean, DataType.String]
    const dataset = {
      columns: ['a', 'b', 'c', 'd', 'e'],
      types,
      rows: [
        [5, 1.5, 2.5, true, '煤'],
        [0, -1.5, 0, false, ''],
      ],
    }
    const template = {
      version: '1.0',
      templateRef: 'Pump',
      isDefinition: false,
      metrics: [{ name: 'Speed', datatype: DataType.Double, value: 1.5 }],
      parameters: [{ name: 'Model', type: DataType.String, value: 'X' }],
    }
    const ours: Payload = {
      timestamp: 1,
      metrics: [
        { name: 'Table', datatype: DataType.DataSet, value: dataset },
        { name: 'Pump', datatype: DataType.Template, value: template },
      ],
    }
    const theirs = {
      timestamp: 1,
      metrics: [
        {
          name: 'Table',
          type: 'DataSet',
          value: { ...dataset, numOfColumns: 5, types: types.map((type) => NAMES[type]!) },
        },
        {
          name: 'Pump',
          type: 'Template',
          value: {
            ...template,
            metrics: [{ name: 'Speed', type: 'Double', value: 1.5 }],
            parameters: [{ name: 'Model', type: 'String', value: 'X' }],
          },
        },
      ],
    }
    expect(decodePayload(peer.encodePayload(theirs as unknown as PeerPayload))).toEqual(ours)
    expect(plain(peer.decodePayload(encodePayload(ours)))).toEqual(theirs)
  })
})
