import { instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecord } from '../../../hardware/miniseed/decode.ts'
import { encodeRecords } from '../../../hardware/miniseed/encode.ts'
import { createRecordWriter } from '../../../hardware/miniseed/writer.ts'
import { DIFFICULT, FORMAT, itemsOf, samplesOf, walk } from './samples.ts'

const startAt = instant(Date.UTC(2026, 1, 28, 23, 59, 59, 999) + 0.123)
const ENCODINGS = ['steim1', 'steim2', 'int32'] as const
const BYTE_ORDERS = ['big', 'little'] as const

describe('encodeRecords and the decoder', () => {
  for (const encoding of ENCODINGS) {
    for (const byteOrder of BYTE_ORDERS) {
      it.each(DIFFICULT)(`give back %s as ${encoding}, ${byteOrder}-endian, in every record length`, (_, samples) => {
        for (const recordLength of [128, 256, 512, 4096, 65_536]) {
          const bytes = encodeRecords({ ...FORMAT, startAt, samples, encoding, byteOrder, recordLength })
          expect(bytes.length % recordLength).toBe(0)
          expect(samplesOf(bytes)).toEqual(Array.from(samples))
        }
      })
    }
  }

  it('give back any series of integers', () => {
    const series = fc.oneof(
      fc.int32Array({ maxLength: 300 }),
      fc.int32Array({ maxLength: 3000, min: -20, max: 20 }),
      fc.int32Array({ maxLength: 1000, min: -(2 ** 28), max: 2 ** 28 }),
    )
    const property = fc.property(
      series,
      fc.constantFrom(...ENCODINGS),
      fc.constantFrom(...BYTE_ORDERS),
      fc.integer({ min: 7, max: 12 }),
      (samples, encoding, byteOrder, exponent) => {
        const recordLength = 2 ** exponent
        const bytes = encodeRecords({ ...FORMAT, startAt, samples, encoding, byteOrder, recordLength })
        expect(samplesOf(bytes)).toEqual(Array.from(samples))
      },
    )
    fc.assert(property, { numRuns: 300 })
  })

  it('keep 16-bit integers in two bytes each', () => {
    const samples = Int32Array.of(-32_768, 32_767, 0, 5)
    const [item] = itemsOf(encodeRecords({ ...FORMAT, startAt, samples, encoding: 'int16', recordLength: 128 }))
    expect(item).toMatchObject({ record: { encoding: 'int16', sampleCount: 4 } })
    expect(item?.kind === 'record' && Array.from(item.record.samples)).toEqual(Array.from(samples))
    const tooLarge = { ...FORMAT, startAt, samples: Int32Array.of(32_768), encoding: 'int16' } as const
    expect(() => encodeRecords(tooLarge)).toThrow('does not fit Int16')
  })

  it('say the time of each first sample to the microsecond, and number the records', () => {
    const samples = walk(2000, 12)
    const items = itemsOf(encodeRecords({ ...FORMAT, startAt, samples, sequence: 999_998 }))
    let count = 0
    items.forEach((item, i) => {
      if (item.kind !== 'record') throw new Error('discarded')
      expect(item.record.startAt).toBeCloseTo(startAt + count * 10, 3)
      expect(item.record.sequence).toBe([999_998, 999_999, 1, 2, 3, 4, 5, 6, 7][i])
      count += item.record.sampleCount
    })
    expect(items.length).toBeGreaterThan(3)
  })

  it.each([100, 50, 2000, 1000 / 3, 62.5, 0.1, 1 / 60, 1, 31.25, Math.PI * 10, 40_000])(
    'keep a rate of %d Hz',
    (rateHz) => {
      const bytes = encodeRecords({ ...FORMAT, rateHz, startAt, samples: Int32Array.of(1, 2, 3) })
      // Blockette 100 holds 24 bits.
      expect(decodeRecord(bytes).rateHz / rateHz).toBeCloseTo(1, 6)
    },
  )

  it('write a step that Steim 2 cannot hold as Int32, in that record alone', () => {
    const samples = new Int32Array(3000)
    samples.fill(-(2 ** 31), 1500)
    const encodings = itemsOf(encodeRecords({ ...FORMAT, startAt, samples })).map(
      (item) => item.kind === 'record' && item.record.encoding,
    )
    expect(new Set(encodings)).toEqual(new Set(['steim2', 'int32']))
  })
})

describe('createRecordWriter', () => {
  it('writes whole records as samples arrive and the rest at a flush', () => {
    const samples = walk(5000, 16)
    const writer = createRecordWriter({ ...FORMAT, recordLength: 512 })
    const parts: Uint8Array[] = []
    for (let at = 0; at < samples.length; at += 37) {
      const part = writer.append(instant(startAt + at * 10), samples.subarray(at, at + 37))
      expect(part.length % 512).toBe(0)
      expect(writer.waiting).toBeLessThan(7 * 15 * 7)
      parts.push(part)
    }
    expect(parts.filter((part) => part.length > 0).length).toBeGreaterThan(5)
    const bytes = Buffer.concat([...parts, writer.flush()])
    expect(samplesOf(bytes)).toEqual(Array.from(samples))
    expect(writer.flush()).toHaveLength(0)
    const records = itemsOf(bytes)
    expect(records.map((item) => item.kind === 'record' && item.record.sequence)).toEqual(records.map((_, i) => i + 1))
  })

  it('closes a record at a gap, so that no record spans one', () => {
    const writer = createRecordWriter(FORMAT)
    const first = writer.append(startAt, Int32Array.of(1, 2, 3))
    const second = writer.append(instant(startAt + 5000), Int32Array.of(4, 5))
    const items = itemsOf(Buffer.concat([first, second, writer.flush()]))
    expect(
      items.map((item) => item.kind === 'record' && [item.record.startAt - startAt, item.record.sampleCount]),
    ).toEqual([
      [0, 3],
      [5000, 2],
    ])
  })
})
