import { InvariantError, ProtocolError } from '@minewarden/protocol/errors.ts'
import { SENSOR_KINDS, type SensorId } from '@minewarden/protocol/ids.ts'
import { type FieldType, parseMetricName, READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, decodeRow, encodeRow, type Row, type RowLayout } from '@minewarden/protocol/row.ts'
import { assignAliases, declareGateway, declareSensor } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type Metric, type Payload } from '@minewarden/protocol/sparkplug/payload.ts'
import { CLOCK_QUALITIES, instant, UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import sparkplug from 'sparkplug-payload'
import { describe, expect, it } from 'vitest'

const sensor = 'sensor-1' as SensorId
const layouts: RowLayout[] = [
  ...SENSOR_KINDS.map((kind) => createLayout(assignAliases(declareSensor(kind, ['HHZ', 'HHN']), 40).declared, sensor)),
  createLayout(assignAliases(declareGateway(), 0).declared, null),
]
const meter = layouts[SENSOR_KINDS.indexOf('power-meter')]!
const aliasOf = (layout: RowLayout, name: string) => layout.declared.find((each) => each.name === name)!.alias!

const FIELDS: { readonly [T in FieldType]: fc.Arbitrary<unknown> } = {
  number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  text: fc.string({ unit: 'binary', maxLength: 30 }),
  flag: fc.boolean(),
  bytes: fc.uint8Array({ maxLength: 50 }),
}

/** Any row of any layout, at millisecond times. */
const rows = fc.constantFrom(...layouts).chain((layout) =>
  fc.constantFrom(...layout.groups.values()).chain(({ kind, channel }) => {
    const specs = Object.entries(READING_KINDS[kind].fields as { [name: string]: { type: FieldType } })
    return fc.record({
      layout: fc.constant(layout),
      row: fc.record({
        sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        historical: fc.boolean(),
        reading: fc.record(
          {
            kind: fc.constant(kind),
            sensor: fc.constant(layout.sensor),
            channel: fc.constant(channel),
            measuredAt: fc.integer({ min: 0, max: 2 ** 42 }).map(instant),
            clock: fc.constantFrom(...CLOCK_QUALITIES),
            clockErrorMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
            fields: fc.record(Object.fromEntries(specs.map(([name, { type }]) => [name, fc.option(FIELDS[type])]))),
          },
          { requiredKeys: ['kind', 'sensor', 'channel', 'measuredAt', 'clock', 'fields'] },
        ),
      }) as unknown as fc.Arbitrary<Row>,
    })
  }),
)

const reading: Reading = {
  kind: 'power',
  sensor,
  channel: null,
  measuredAt: instant(1_764_000_000_000),
  clock: 'ntp',
  fields: {
    activePowerW: 15_000,
    reactivePowerVar: null,
    voltageAV: 229.5,
    voltageBV: 230.1,
    voltageCV: 231.7,
    currentAA: 22.5,
    currentBA: 21.9,
    currentCA: 22.2,
    activeEnergyWh: 1e7,
    simulated: false,
  },
}
const row: Row = { sequence: 42, historical: false, reading }
const envelope = { sentAt: 1_764_000_000_500, seq: 7 }

describe('a row', () => {
  it('comes back as it was, whatever its kind, channel and holes', () => {
    fc.assert(
      fc.property(rows, ({ layout, row }) => {
        expect(decodeRow(layout, encodeRow(layout, row, envelope))).toEqual(row)
      }),
      { numRuns: 1000 },
    )
  })

  it('reads the same by the general way as by the fast one', () => {
    const general = (layout: RowLayout, bytes: Uint8Array) => {
      // A datatype on each metric is what the fast path does not cover.
      const { metrics, ...rest } = decodePayload(bytes, ({ alias }) => layout.slots.get(alias!)!.datatype)
      const typed = metrics.map((metric) => ({ ...metric, datatype: layout.slots.get(metric.alias!)!.datatype }))
      return decodeRow(layout, encodePayload({ ...rest, metrics: typed }))
    }
    fc.assert(
      fc.property(rows, ({ layout, row }) => {
        expect(general(layout, encodeRow(layout, row, envelope))).toEqual(row)
      }),
      { numRuns: 300 },
    )
  })

  it('travels by alias alone: no name, no datatype, time on payload and metrics', () => {
    const payload = decodePayload(encodeRow(meter, { ...row, historical: true }, envelope))
    expect(payload).toMatchObject({ timestamp: envelope.sentAt, seq: envelope.seq })
    expect(payload.metrics).toHaveLength(12)
    for (const metric of payload.metrics) {
      expect(metric).toMatchObject({ timestamp: 1_764_000_000_000, isHistorical: true, alias: expect.any(Number) })
      expect(metric).not.toHaveProperty('name')
      expect(metric).not.toHaveProperty('datatype')
    }
    const nulls = payload.metrics.filter((metric) => metric.value === null)
    expect(nulls.map((metric) => metric.alias)).toEqual([aliasOf(meter, 'Power/ReactivePowerVar')])
  })

  it('is a payload that others can read', () => {
    const theirs = sparkplug.get('spBv1.0')!.decodePayload(encodeRow(meter, row, envelope))
    expect(theirs.metrics!.map((metric) => Number(metric.alias))).toEqual(
      meter.declared
        .map((each) => each.alias)
        .slice(0, 2)
        .concat(
          Object.keys(reading.fields).map((field) =>
            aliasOf(meter, `Power/${field[0]!.toUpperCase()}${field.slice(1)}`),
          ),
        ),
    )
  })

  it('goes out no earlier than its last sample when that falls between two milliseconds', () => {
    const late = { ...row, reading: { ...reading, measuredAt: instant(1_764_000_000_000.25) } }
    expect(decodeRow(meter, encodeRow(meter, late, envelope)).reading.measuredAt).toBe(1_764_000_000_001)
  })

  it('holds a number that is not finite to be unknown, on both ends', () => {
    const odd = { ...row, reading: { ...reading, fields: { ...reading.fields, activePowerW: Number.NaN } } }
    expect(decodeRow(meter, encodeRow(meter, odd, envelope)).reading.fields).toMatchObject({ activePowerW: null })
    const sent = tamper((metric) =>
      metric.alias === aliasOf(meter, 'Power/ActivePowerW') ? { ...metric, value: Infinity } : metric,
    )
    expect(decodeRow(meter, sent).reading.fields).toMatchObject({ activePowerW: null })
  })

  it('survives its layout being written down as JSON', () => {
    const again = createLayout(JSON.parse(JSON.stringify(meter.declared)), JSON.parse(JSON.stringify(meter.sensor)))
    expect(decodeRow(again, encodeRow(meter, row, envelope))).toEqual(row)
  })

  it('owns its bytes', () => {
    const layout = layouts[0]!
    const waveform: Row = {
      sequence: 1,
      historical: false,
      reading: {
        kind: 'waveform',
        sensor,
        channel: 'HHZ',
        measuredAt: instant(5e11),
        clock: 'gnss',
        fields: { request: '', fromMs: 1, toMs: 2, part: 0, parts: 1, data: new Uint8Array(65_536).fill(9) },
      },
    }
    const bytes = Buffer.from(encodeRow(layout, waveform, envelope))
    const decoded = decodeRow(layout, bytes)
    bytes.fill(0)
    expect(decoded).toEqual(waveform)
  })

  it('leaves a field that was not sent unknown', () => {
    const some = tamper((metric) => (metric.alias === aliasOf(meter, 'Power/VoltageAV') ? null : metric))
    expect(decodeRow(meter, some).reading.fields).toEqual({ ...reading.fields, voltageAV: null })
  })

  it('that its birth never declared is our own bug', () => {
    const foreign = { ...row, reading: { ...reading, sensor: 'other' as SensorId } }
    expect(() => encodeRow(meter, foreign, envelope)).toThrow(InvariantError)
    expect(() => encodeRow(layouts[0]!, row, envelope)).toThrow(InvariantError)
  })
})

/** The row's payload with some metrics changed, dropped (`null`) or added. */
function tamper(
  change: (metric: Metric) => Metric | null,
  added: readonly Metric[] = [],
  payload: Partial<Payload> = {},
) {
  const { metrics, ...rest } = decodePayload(encodeRow(meter, row, envelope))
  const typed = metrics.map((metric) => {
    const changed = change(metric)
    // Doubles that happen to be whole would be written as integers.
    const double = changed && meter.slots.get(metric.alias!)?.datatype === DataType.Double
    return changed && double && changed.datatype === undefined ? { ...changed, datatype: DataType.Double } : changed
  })
  return encodePayload({ ...rest, ...payload, metrics: [...typed.filter((metric) => metric !== null), ...added] })
}
const at = 1_764_000_000_000
const only = (name: string, change: Partial<Metric>) =>
  tamper((metric) => (metric.alias === aliasOf(meter, name) ? { ...metric, ...change } : metric))
const bound = (value: number) => ({ alias: aliasOf(meter, 'Spool/ClockErrorMs'), timestamp: at, value })
const without = (name: string) => tamper((metric) => (metric.alias === aliasOf(meter, name) ? null : metric))

describe('a payload that is no row', () => {
  it.each<[string, Uint8Array, string]>([
    ['lacks its sequence', without('Spool/Sequence'), 'Spool/Sequence'],
    ['lacks its clock', without('Spool/Clock'), 'Spool/Clock'],
    ['has sequence 0', only('Spool/Sequence', { value: 0 }), 'Spool/Sequence'],
    ['has a negative sequence', only('Spool/Sequence', { datatype: DataType.Int64, value: -3 }), 'Spool/Sequence'],
    [
      'has a sequence beyond 2^53',
      only('Spool/Sequence', { datatype: DataType.Int64, value: 2n ** 60n }),
      'Spool/Sequence',
    ],
    ['has no sequence value', only('Spool/Sequence', { value: null }), 'Spool/Sequence'],
    ['has a clock quality that is none', only('Spool/Clock', { value: 9 }), 'Spool/Clock'],
    ['has a negative bound of its clock', tamper((m) => m, [bound(-1)]), 'Spool/ClockErrorMs'],
    ['has a bound of its clock twice', tamper((m) => m, [bound(1), bound(1)]), 'Spool/ClockErrorMs'],
    [
      'has a text where a number belongs',
      only('Power/VoltageAV', { datatype: DataType.String, value: 'x' }),
      'Power/VoltageAV',
    ],
    ['has a metric of another time', only('Power/VoltageAV', { timestamp: at + 1 }), 'Power/VoltageAV'],
    ['has a metric without time', only('Power/VoltageAV', { timestamp: undefined }), 'Power/VoltageAV'],
    ['has one metric late and the rest not', only('Power/VoltageAV', { isHistorical: true }), 'Power/VoltageAV'],
    ['has a metric without a value', only('Power/VoltageAV', { value: undefined }), 'Power/VoltageAV'],
    [
      'has a metric twice',
      tamper((m) => m, [{ alias: aliasOf(meter, 'Power/VoltageAV'), timestamp: at, value: null }]),
      'Power/VoltageAV',
    ],
    [
      'mixes kinds',
      tamper((m) => m, [{ alias: aliasOf(meter, 'Sensor/State'), timestamp: at, value: 'ok' }]),
      'Sensor/State',
    ],
    ['names a metric', tamper((m) => m, [{ name: 'Power/VoltageAV', timestamp: at, value: 1.5 }]), 'Power/VoltageAV'],
    ['holds no field', tamper((m) => (m.alias! > aliasOf(meter, 'Spool/ClockErrorMs') ? null : m)), 'field'],
  ])('%s: refused, naming it', (_, bytes, name) => {
    expect(() => decodeRow(meter, bytes)).toThrow(ProtocolError)
    expect(() => decodeRow(meter, bytes)).toThrow(name)
  })

  it('refuses a value in the wrong field on the fast path too, naming the metric', () => {
    const alias = aliasOf(meter, 'Power/VoltageAV')
    const bytes = encodePayload({ metrics: [{ alias, timestamp: at, value: 'x' }] })
    expect(() => decodeRow(meter, bytes)).toThrow('Power/VoltageAV')
    expect(() => decodeRow(meter, encodePayload({ metrics: [{ alias, timestamp: at, value: 5 }] }))).toThrow(
      'Power/VoltageAV',
    )
  })

  it('says so when nobody declared the alias', () => {
    const bytes = tamper((metric) => metric, [{ alias: 9_999, timestamp: at, value: 1.5 }])
    expect(() => decodeRow(meter, bytes)).toThrow(expect.objectContaining({ code: 'payload-unknown-alias' }))
  })

  it('every truncation of a row is refused, for a row needs its end', () => {
    const bytes = encodeRow(meter, row, envelope)
    const full = bytes.length - 2
    for (let length = 0; length < full; length++) {
      try {
        // What is cut off behind a whole metric is a row with fewer fields: those are unknown.
        expect(decodeRow(meter, bytes.subarray(0, length)).sequence).toBe(42)
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }
  })
})

describe('createLayout', () => {
  const declared = meter.declared

  it('passes over metrics of a newer gateway, in the birth as in rows', () => {
    const extra = {
      name: 'Power/HarmonicsTHD',
      datatype: DataType.Double,
      unit: '%',
      writable: false,
      aliased: true,
      alias: 900,
    }
    const newer = createLayout([...declared, extra], sensor)
    expect(parseMetricName(extra.name)).toBeNull()
    const bytes = tamper((metric) => metric, [{ alias: 900, timestamp: at, value: 3.25 }])
    expect(decodeRow(newer, bytes)).toEqual(row)
  })

  it('goes without the bound of its clock to and from a gateway whose birth does not declare it', () => {
    const older = createLayout(
      declared.filter(({ name }) => name !== 'Spool/ClockErrorMs'),
      sensor,
    )
    const known: Row = { ...row, reading: { ...reading, clockErrorMs: 12.5 } }
    expect(decodeRow(older, encodeRow(older, known, envelope))).toEqual(row)
    expect(decodeRow(meter, encodeRow(meter, known, envelope))).toEqual(known)
  })

  it('leaves out a bound that says nothing', () => {
    const unknown: Row = { ...row, reading: { ...reading, clockErrorMs: UNKNOWN_ERROR_MS } }
    expect(decodeRow(meter, encodeRow(meter, unknown, envelope))).toEqual(row)
    expect(encodeRow(meter, unknown, envelope)).toEqual(encodeRow(meter, row, envelope))
  })

  it.each([
    ['an alias used twice', declared.map((each) => ({ ...each, alias: 5 })), 'alias 5'],
    ['a field of another datatype', declared.map((each) => ({ ...each, datatype: DataType.Float })), 'Spool/Sequence'],
    ['no sequence', declared.filter((each) => each.name !== 'Spool/Sequence'), 'Spool/Sequence'],
    ['no clock', declared.filter((each) => each.name !== 'Spool/Clock'), 'Spool/Clock'],
  ])('refuses a birth with %s', (_, metrics, word) => {
    expect(() => createLayout(metrics, sensor)).toThrow(ProtocolError)
    expect(() => createLayout(metrics, sensor)).toThrow(word)
  })
})
