import { Births, type SensorBirth } from '@minewarden/edge/core/births.ts'
import { sourceOf } from '@minewarden/edge/core/row-codec.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, decodeRow } from '@minewarden/protocol/row.ts'
import { readDeclaration } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { describe, expect, it } from 'vitest'
import { GEO, METER, power, reading, T0 } from '../support/readings.ts'

const METER_ALONE: readonly SensorBirth[] = [{ id: METER, kind: 'power-meter', channels: [] }]
const source = ({ kind, sensor, channel }: Reading) => ({ kind, sensor, channel })
const vibration = (channel: string): Reading =>
  ({ ...reading('vibration', T0, { rmsMPerS: 1e-6 }, GEO), channel }) as Reading

/** What a host that was told the births makes of the row. */
function asReceived(births: Births, row: Reading): Reading {
  const { sensor } = row
  const birth = decodePayload(births.deviceBirth(String(sensor), 1, T0))
  const declared = birth.metrics.flatMap((metric) => readDeclaration(metric) ?? [])
  const sent = births.row({ sequence: 7, priority: 'feature', reading: row }, 2, false, T0)
  return decodeRow(createLayout(declared, sensor), sent).reading
}

describe('births', () => {
  it('declare a sensor that is configured no more while rows of it wait', () => {
    const births = new Births(METER_ALONE, [source(power(0)), source(vibration('HHZ'))])
    expect(births.former).toEqual([GEO])
    expect(asReceived(births, vibration('HHZ'))).toEqual(vibration('HHZ'))
    expect(asReceived(births, power(0))).toEqual(power(0))
  })

  it('declare a channel that is configured no more, once', () => {
    const geophone: SensorBirth = { id: GEO, kind: 'geophone', channels: ['HHZ'] }
    const births = new Births([geophone], [source(vibration('HHZ')), source(vibration('HHN'))])
    expect(births.former).toEqual([])
    expect(asReceived(births, vibration('HHN'))).toEqual(vibration('HHN'))
    const names = decodePayload(births.deviceBirth(GEO, 1, T0)).metrics.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('tell what the gateway is, where it is known', () => {
    const identity = { software: '0.1.0', configSha256: 'a'.repeat(64) }
    const told = (births: Births) =>
      decodePayload(births.nodeBirth({ bdSeq: 0, seq: 0, epoch: crypto.randomUUID(), oldest: 1, now: T0 }))
        .metrics.filter(({ name }) => name?.startsWith('Properties/'))
        .map(({ value }) => value)
    expect(told(new Births(METER_ALONE, [], identity))).toEqual(['0.1.0', 'a'.repeat(64)])
    expect(told(new Births(METER_ALONE))).toEqual([null, null])
  })

  it('give every metric an alias of its own, former sensors included', () => {
    const births = new Births(METER_ALONE, [source(vibration('HHZ'))])
    const node = births.nodeBirth({ bdSeq: 0, seq: 0, epoch: crypto.randomUUID(), oldest: 1, now: T0 })
    const all = [node, births.deviceBirth(METER, 1, T0), births.deviceBirth(GEO, 2, T0)].map((bytes) =>
      decodePayload(bytes),
    )
    const aliases = all.flatMap(({ metrics }) => metrics.flatMap(({ alias }) => alias ?? []))
    expect(new Set(aliases).size).toBe(aliases.length)
  })
})

describe('what rows are of', () => {
  it('is unknown when this version has no such kind, or measures it otherwise', () => {
    const fields: string[] = []
    expect(sourceOf({ kind: 'radon', sensor: GEO, channel: null, fields })).toBeNull()
    expect(sourceOf({ kind: 'vibration', sensor: GEO, channel: null, fields })).toBeNull()
    expect(sourceOf({ kind: 'power', sensor: METER, channel: 'HHZ', fields })).toBeNull()
    expect(sourceOf({ kind: 'power', sensor: METER, channel: null, fields })).toEqual(source(power(0)))
  })
})
