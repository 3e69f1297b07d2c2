import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instant } from '@minewarden/protocol/time.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeRecords } from '../../../hardware/miniseed/encode.ts'
import { ENCODINGS, type Encoding } from '../../../hardware/miniseed/record.ts'
import { findProgram, requires } from '../../support/requires.ts'
import { DIFFICULT, FORMAT, itemsOf, walk } from './samples.ts'

/** Debian's libmseed is the second opinion: what we write it reads, what it writes we read. */
describe.runIf(requires('gcc', 'libmseed'))('libmseed and we', () => {
  const startAt = instant(Date.UTC(2026, 11, 31, 23, 59, 58, 765) + 0.432)
  let dir = ''
  /** Runs the oracle; a warning of libmseed (a Steim check that fails, say) counts as a failure. */
  function run(args: string[], input = ''): Buffer {
    const result = spawnSync(join(dir, 'oracle'), args, { input, maxBuffer: 2 ** 28 })
    expect(result.stderr.toString()).toBe('')
    expect(result.status).toBe(0)
    return result.stdout
  }

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'miniseed-'))
    execFileSync(findProgram('gcc')!, [
      '-O1',
      '-o',
      join(dir, 'oracle'),
      join(import.meta.dirname, 'libmseed-oracle.c'),
      '-lmseed',
    ])
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  /** Reads a file with libmseed: headers split into words, samples as numbers. */
  function readWithLibmseed(bytes: Uint8Array): { headers: string[][]; samples: number[] } {
    const path = join(dir, 'ours.mseed')
    writeFileSync(path, bytes)
    const lines = run(['read', path]).toString().split('\n').filter(Boolean)
    const headers = lines.filter((line) => line.startsWith('record')).map((line) => line.split(' ').slice(1))
    return { headers, samples: lines.filter((line) => !line.startsWith('record')).map(Number) }
  }

  for (const encoding of ['steim1', 'steim2', 'int32'] as const) {
    it.each(DIFFICULT)(`agree on %s that we write as ${encoding}`, (_, samples) => {
      if (samples.length === 0) return
      for (const [recordLength, byteOrder] of [
        [128, 'big'],
        [512, 'big'],
        [512, 'little'],
        [4096, 'little'],
      ] as const) {
        const bytes = encodeRecords({ ...FORMAT, startAt, samples, encoding, recordLength, byteOrder })
        const theirs = readWithLibmseed(bytes)
        expect(theirs.samples).toEqual(Array.from(samples))
        expect(theirs.headers.map((words) => words.join(' '))).toEqual(headersOf(bytes, byteOrder))
      }
    })
  }

  it('agree on rates, of blockette 100 too', () => {
    for (const rateHz of [62.5, 0.1, 1000 / 3, Math.PI * 10, 1999]) {
      const bytes = encodeRecords({ ...FORMAT, rateHz, startAt, samples: Int32Array.of(1, 2) })
      expect(Number(readWithLibmseed(bytes).headers[0]?.[4]) / rateHz).toBeCloseTo(1, 6)
    }
  })

  const written: readonly Encoding[] = ['int16', 'int32', 'float32', 'float64', 'steim1', 'steim2']
  it.each(written)('agree on the %s that libmseed writes, in both byte orders', (encoding) => {
    const numbers = encoding.startsWith('float') ? [0.5, -1e-7, 123_456.789, 0] : Array.from(walk(3000, 9))
    const expected = encoding === 'float32' ? Array.from(Float32Array.from(numbers)) : numbers
    for (const [recordLength, order] of [
      [256, 1],
      [512, 0],
      [4096, 1],
    ]) {
      const args = ['write', ENCODINGS[encoding], recordLength, order, 62.5, Math.round(startAt * 1000)].map(String)
      const items = itemsOf(run(args, numbers.join('\n')))
      const records = items.map((item) => (item.kind === 'record' ? item.record : expect.fail(item.reason)))
      expect(records.flatMap((record) => Array.from(record.samples))).toEqual(expected)
      expect(records[0]).toMatchObject({ ...FORMAT, station: 'ORACL', rateHz: 62.5, encoding, recordLength })
      expect(records[0]?.startAt).toBeCloseTo(startAt, 3)
    }
  })

  it.each(['steim1', 'steim2'] as const)('agree on the widest steps that libmseed writes as %s', (encoding) => {
    const step = encoding === 'steim1' ? 2 ** 31 - 1 : 2 ** 29 - 1
    const numbers = Array.from({ length: 500 }, (_, i) => (i % 2 ? step : 0))
    const bytes = run(['write', ENCODINGS[encoding], 512, 1, 100, 0].map(String), numbers.join('\n'))
    expect(itemsOf(bytes).flatMap((item) => (item.kind === 'record' ? Array.from(item.record.samples) : []))).toEqual(
      numbers,
    )
  })

  /** What we read back of our own records, in the oracle's words. */
  function headersOf(bytes: Uint8Array, byteOrder: string): string[] {
    return itemsOf(bytes).map((item) => {
      if (item.kind !== 'record') return item.reason
      const { sequence, quality, network, station, location, channel, rateHz, sampleCount, encoding, recordLength } =
        item.record
      const place = [network, station, location, channel].join('/')
      const micros = Math.round(item.record.startAt * 1000)
      const order = byteOrder === 'big' ? 1 : 0
      return `${sequence} ${quality} ${place} ${micros} ${rateHz} ${sampleCount} ${ENCODINGS[encoding]} ${recordLength} ${order} i`
    })
  }
})
