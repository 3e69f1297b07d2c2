import { instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HardwareError } from '../../../hardware/errors.ts'
import { decodeRecord } from '../../../hardware/miniseed/decode.ts'
import { encodeRecords } from '../../../hardware/miniseed/encode.ts'
import { createMiniSeedDecoder, MAX_DISCARDED_RUN, type StreamItem } from '../../../hardware/miniseed/stream.ts'
import { FORMAT, itemsOf, randomSource, walk } from './samples.ts'

const startAt = instant(Date.UTC(2026, 2, 1))
const samples = walk(3000, 14)
const RECORD = 512
const good = encodeRecords({ ...FORMAT, startAt, samples, recordLength: RECORD })
const RECORDS = good.length / RECORD

const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const noise = (bytes: number) =>
  Uint8Array.from({ length: bytes }, randomSource(bytes)).map((_, i) => (i * 197 + 31) % 256)
const recordsOf = (items: readonly StreamItem[]) => items.filter((item) => item.kind === 'record')
const discardedBytes = (items: readonly StreamItem[]) =>
  items.reduce((sum, item) => sum + (item.kind === 'discarded' ? item.bytes : 0), 0)
/** A copy with some bytes changed. */
function changed(bytes: Uint8Array, changes: Record<number, number>): Uint8Array {
  const copy = bytes.slice()
  for (const [at, value] of Object.entries(changes)) copy[Number(at)] = value
  return copy
}

describe('decodeRecord', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'truncated'],
    ['half a record', good.subarray(0, 300), 'truncated'],
    ['text', new TextEncoder().encode('time,status\n'.repeat(50)), 'no record header'],
    ['a year of 9999', changed(good, { 20: 0x27, 21: 0x0f }), 'start time out of range'],
    ['no blockette 1000', changed(good, { 46: 0, 47: 0 }), 'no blockette 1000'],
    ['blockettes in a circle', changed(good, { 50: 0, 51: 48 }), 'blockettes run backwards'],
    ['an unknown encoding', changed(good, { 52: 16 }), 'encoding 16 not supported'],
    ['a length of 64 bytes', changed(good, { 54: 6 }), 'record length 64'],
    ['a length of 2^200 bytes', changed(good, { 54: 200 }), 'record length 1.6'],
    ['data before the header ends', changed(good, { 44: 0, 45: 8 }), 'data offset'],
    ['data behind the record', changed(good, { 44: 0x40, 45: 0 }), 'data offset'],
    ['more samples than there are', changed(good, { 30: 0xff, 31: 0xff }), 'samples missing'],
    ['a sample changed', changed(good, { 200: good[200]! ^ 0x10 }), 'Steim: '],
    ['a wrong last sample', changed(good, { 75: good[75]! ^ 1 }), 'last sample differs'],
  ])('refuses %s with the reason', (_, bytes, reason) => {
    const refusal = expect.objectContaining({ code: 'miniseed-malformed', message: expect.stringContaining(reason) })
    expect(() => decodeRecord(bytes)).toThrow(refusal)
    expect(() => decodeRecord(bytes)).toThrow(HardwareError)
  })

  it('refuses a compression flag that Steim 2 does not know', () => {
    const bytes = good.slice()
    const view = new DataView(bytes.buffer)
    view.setUint32(64, 2 << (30 - 6))
    view.setUint32(64 + 12, 0)
    expect(() => decodeRecord(bytes)).toThrow('compression flag unknown')
  })

  it('applies a time correction that is not in the header time yet, and no other', () => {
    const bytes = good.slice()
    new DataView(bytes.buffer).setInt32(40, -12_345)
    expect(decodeRecord(bytes).startAt).toBeCloseTo(startAt - 1234.5, 3)
    expect(decodeRecord(changed(bytes, { 36: 0x02 })).startAt).toBe(startAt)
  })

  it('reads what the flags say of the clock', () => {
    expect(decodeRecord(good)).toMatchObject({ clockLocked: false, timeQuestionable: false })
    expect(decodeRecord(changed(good, { 37: 0x20, 38: 0x80 }))).toMatchObject({
      clockLocked: true,
      timeQuestionable: true,
    })
  })
})

describe('a stream of records', () => {
  it('is found again after noise before, between and behind, and the noise is counted', () => {
    const items = itemsOf(join(noise(77), good.subarray(0, RECORD), noise(1000), good.subarray(RECORD), noise(20)))
    expect(recordsOf(items)).toHaveLength(RECORDS)
    expect(items.filter((item) => item.kind === 'discarded').map((item) => item.bytes)).toEqual([77, 1000, 20])
  })

  it('loses one record alone when its samples are damaged, and says whose it was', () => {
    const items = itemsOf(changed(good, { [RECORD + 130]: good[RECORD + 130]! ^ 0x40 }))
    expect(recordsOf(items)).toHaveLength(RECORDS - 1)
    const [discarded] = items.filter((item) => item.kind === 'discarded')
    expect(discarded).toMatchObject({ bytes: RECORD, of: { channel: 'HHZ' } })
    expect(discarded?.reason).toContain('Steim')
  })

  it('loses one record alone when bytes are missing from it', () => {
    const items = itemsOf(join(good.subarray(0, RECORD + 200), good.subarray(2 * RECORD)))
    expect(recordsOf(items)).toHaveLength(RECORDS - 1)
    expect(discardedBytes(items)).toBe(200)
  })

  it('loses one record alone when its header claims a wrong length', () => {
    const items = itemsOf(changed(good, { [RECORD + 54]: 12 }))
    expect(recordsOf(items)).toHaveLength(RECORDS - 1)
    expect(discardedBytes(items)).toBe(RECORD)
  })

  it('reports a record that the end cuts off', () => {
    const items = itemsOf(good.subarray(0, good.length - 100))
    expect(recordsOf(items)).toHaveLength(RECORDS - 1)
    expect(items.at(-1)).toMatchObject({ kind: 'discarded', bytes: RECORD - 100, reason: 'truncated record' })
  })

  it('reports endless noise in bounded runs', () => {
    const items = itemsOf(new Uint8Array(1_000_000).fill(0x44))
    expect(discardedBytes(items)).toBe(1_000_000)
    expect(items.every((item) => item.kind === 'discarded' && item.bytes <= MAX_DISCARDED_RUN)).toBe(true)
    expect(items.length).toBeLessThan(20)
  })

  it('gives the same items whatever its chunks are, and accounts for every byte of any damage', () => {
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 12 })
    const chunks = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 })
    const cut = fc.tuple(fc.nat(good.length), fc.nat(300))
    const property = fc.property(damage, cut, chunks, (changes, [at, missing], sizes) => {
      const whole = changed(good, Object.fromEntries(changes))
      const bytes = join(whole.subarray(0, at), whole.subarray(at + missing))
      const items = itemsOf(bytes)
      expect(inChunks(bytes, sizes)).toEqual(items)
      expect(discardedBytes(items) + recordsOf(items).reduce((sum, { record }) => sum + record.recordLength, 0)).toBe(
        bytes.length,
      )
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('passes over records that are not wanted', () => {
    const other = encodeRecords({ ...FORMAT, channel: 'HHN', startAt, samples })
    const decoder = createMiniSeedDecoder({ wants: ({ channel }) => channel === 'HHN' })
    decoder.push(join(good, other))
    decoder.end()
    const seen: string[] = []
    for (let item = decoder.next(); item; item = decoder.next())
      seen.push(item.kind === 'record' ? item.record.channel : '')
    expect(seen).toEqual(Array(other.length / RECORD).fill('HHN'))
  })
})

function inChunks(bytes: Uint8Array, sizes: readonly number[]): StreamItem[] {
  const decoder = createMiniSeedDecoder()
  const items: StreamItem[] = []
  const draw = () => {
    for (let item = decoder.next(); item; item = decoder.next()) items.push(item)
  }
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!
    decoder.push(bytes.subarray(at, at + size))
    at += size
    draw()
  }
  decoder.end()
  draw()
  return items
}
