import { SENSOR_KINDS } from '@minewarden/protocol/ids.ts'
import { KINDS_OF_SENSOR, metricName, READING_KINDS } from '@minewarden/protocol/reading.ts'
import {
  assignAliases,
  birthMetric,
  declareGateway,
  declareSensor,
  readDeclaration,
} from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType } from '@minewarden/protocol/sparkplug/payload.ts'
import { describe, expect, it } from 'vitest'

const named = (name: string) => declareGateway().find((each) => each.name === name)

describe('a birth', () => {
  it.each(SENSOR_KINDS)('of a %s declares every field of every kind on every channel, with its unit', (kind) => {
    const declarations = declareSensor(kind, ['HHZ', 'HHN'])
    for (const reading of KINDS_OF_SENSOR[kind]) {
      for (const channel of READING_KINDS[reading].perChannel ? ['HHZ', 'HHN'] : [null]) {
        for (const [field, { unit }] of Object.entries(READING_KINDS[reading].fields)) {
          expect(declarations).toContainEqual(
            expect.objectContaining({ name: metricName(reading, channel, field), unit }),
          )
        }
      }
    }
    expect(declarations.slice(0, 2)).toMatchObject([
      { name: 'Spool/Sequence', datatype: DataType.Int64 },
      { name: 'Spool/Clock', datatype: DataType.UInt8 },
    ])
  })

  it('gives fields the datatypes of the table', () => {
    const of = (name: string) => declareSensor('geophone', ['HHZ']).find((each) => each.name === name)?.datatype
    expect(of('Vibration/HHZ/RmsMPerS')).toBe(DataType.Double)
    expect(of('Waveform/HHZ/Data')).toBe(DataType.Bytes)
    expect(of('Sensor/State')).toBe(DataType.String)
    expect(declareSensor('power-meter', []).find((each) => each.name === 'Power/Simulated')?.datatype).toBe(
      DataType.Boolean,
    )
  })

  it('of a gateway declares session, spool and its own rows', () => {
    expect(named('bdSeq')).toMatchObject({ datatype: DataType.Int64, aliased: true })
    expect(named('Node Control/Rebirth')).toMatchObject({ datatype: DataType.Boolean, aliased: false, writable: true })
    expect(named('Spool/Epoch')).toMatchObject({ datatype: DataType.String, writable: false })
    expect(named('Spool/Oldest')).toMatchObject({ datatype: DataType.Int64 })
    expect(named('Spool/Acknowledged')).toMatchObject({ datatype: DataType.String, writable: true })
    expect(named('Waveform/Request')).toMatchObject({ datatype: DataType.String, writable: true })
    expect(named('Spool/Sequence')).toBeDefined()
    expect(named('Gap/FirstSequence')).toBeDefined()
    expect(named('Health/SpoolRows')).toBeDefined()
  })

  it.each([...SENSOR_KINDS, 'gateway'] as const)('of a %s names no metric twice, not even in another case', (kind) => {
    const all = kind === 'gateway' ? declareGateway() : declareSensor(kind, ['HHZ', 'HHN', 'HHE'])
    expect(new Set(all.map((each) => each.name.toLowerCase())).size).toBe(all.length)
  })

  it('has aliases that go on from one device to the next, and none on the rebirth control', () => {
    const node = assignAliases(declareGateway(), 0)
    const device = assignAliases(declareSensor('power-meter', []), node.next)
    const aliases = [...node.declared, ...device.declared].flatMap(({ alias }) => (alias === null ? [] : [alias]))
    expect(aliases).toEqual(aliases.map((_, i) => i))
    expect(node.declared.filter(({ alias }) => alias === null).map(({ name }) => name)).toEqual([
      'Node Control/Rebirth',
    ])
  })

  it('is read back from the wire as it was declared', () => {
    const { declared } = assignAliases([...declareGateway(), ...declareSensor('geophone', ['HHZ']).slice(2)], 3)
    const metrics = declared.map((each) => birthMetric(each, null, 5))
    const read = decodePayload(encodePayload({ timestamp: 5, seq: 0, metrics })).metrics.map(readDeclaration)
    expect(read).toEqual(declared)
  })

  it('metric without name or datatype is no declaration', () => {
    expect(readDeclaration({ alias: 1, datatype: DataType.Double, value: null })).toBeNull()
    expect(readDeclaration({ name: 'a', value: null })).toBeNull()
  })
})
