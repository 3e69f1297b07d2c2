import { aggregateName } from '@minewarden/cloud/core/history/field.ts'
import { KEPT_KINDS, TIES } from '@minewarden/cloud/core/history/reading-measurements.ts'
import { downsampledFields, MEASUREMENTS, type MeasurementName } from '@minewarden/cloud/core/history/schema.ts'
import { TAGS } from '@minewarden/cloud/core/history/tags.ts'
import { READING_KINDS } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'

const names = Object.keys(MEASUREMENTS) as MeasurementName[]

describe('the declared history', () => {
  it('keeps every field of every kind of reading under its own name and unit, waveforms and pictures excepted', () => {
    expect([...KEPT_KINDS, 'picture', 'waveform'].sort()).toEqual(Object.keys(READING_KINDS).sort())
    for (const kind of KEPT_KINDS) {
      for (const [name, { type, unit }] of Object.entries(READING_KINDS[kind].fields))
        expect(MEASUREMENTS[kind].fields[name], `${kind}.${name}`).toMatchObject({ type, unit })
    }
  })

  it.each(names)('%s: a tag is declared, and never called like a field, which no query could tell apart', (name) => {
    const { tags, fields } = MEASUREMENTS[name]
    for (const tag of tags) {
      expect(TAGS).toHaveProperty(tag)
      expect(Object.keys(fields)).not.toContain(tag)
    }
    expect(new Set(tags).size).toBe(tags.length)
  })

  it.each(names)('%s: only numbers and flags are downsampled, and no name of a window is a name of a field', (name) => {
    const { fields } = MEASUREMENTS[name]
    for (const { of, aggregate, name: windowed } of downsampledFields(name)) {
      expect(fields[of]?.type).not.toBe('text')
      expect(windowed).toBe(aggregateName(of, aggregate))
      expect(Object.keys(fields)).not.toContain(windowed)
    }
  })

  it('keeps facts for years and downsamples none of them', () => {
    for (const name of names.filter((one) => MEASUREMENTS[one].policy === 'facts'))
      expect(downsampledFields(name)).toEqual([])
  })

  it('tells readings of one moment apart by fields that they have', () => {
    for (const [kind, fields] of Object.entries(TIES))
      for (const field of fields) expect(MEASUREMENTS[kind as MeasurementName].fields).toHaveProperty(field)
  })
})
