import { type HandshakePlan, shakeHands } from '@minewarden/hardware/seedlink/handshake.ts'
import { readGreeting } from '@minewarden/hardware/seedlink/hello.ts'
import { describeOffer, readInfo } from '@minewarden/hardware/seedlink/info.ts'
import { readLogRecord } from '@minewarden/hardware/seedlink/log-record.ts'
import { isAfter, nextSequence, sequenceText } from '@minewarden/hardware/seedlink/sequence.ts'
import { createWireReader, type WireItem, type WireReader } from '@minewarden/hardware/seedlink/wire-reader.ts'
import { parseXml } from '@minewarden/hardware/xml/xml.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'
import { recordsOf } from './support.ts'

const encoder = new TextEncoder()
const join = (...parts: readonly (Uint8Array | string)[]): Uint8Array => {
  const bytes = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part))
  const out = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of bytes) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Copies: what a reader gives is valid only until the next push. */
function draw(reader: WireReader, expects: 'reply' | 'packets' = 'packets'): WireItem[] {
  const items: WireItem[] = []
  for (let item = reader.next(expects); item; item = reader.next(expects)) {
    items.push('record' in item ? { ...item, record: item.record.slice() } : item)
  }
  return items
}

const RECORDS = recordsOf({ station: 'R0001', seed: 1 }, 0, 6_000).slice(0, 10)
const packet = (i: number, record = RECORDS[i]!) => join(`SL${sequenceText(i)}`, record)

/** Answers as the documentation's example does, and returns what was said. */
function talk(plan: HandshakePlan, answers: Readonly<Record<string, readonly string[]>>) {
  const said: string[] = []
  const handshake = shakeHands(plan)
  let step = handshake.next([])
  while (!step.done) {
    said.push(step.value.say)
    const verb = step.value.say.split(' ')[0]!
    step = handshake.next(step.value.lines === 0 ? [] : (answers[step.value.say] ?? answers[verb] ?? ['OK']))
  }
  return { said, outcome: step.value }
}

const APE = { network: 'GE', station: 'APE', channels: [{ code: 'BHZ', location: '00' }], lastSequence: 0xff890c }
const WLF = { network: 'GE', station: 'WLF', channels: [{ code: 'HHZ', location: null }], lastSequence: null }

describe('sequence numbers', () => {
  it('wrap at FFFFFF, as the documentation says', () => {
    expect([nextSequence(0xff890c), nextSequence(0xffffff)].map(sequenceText)).toEqual(['FF890D', '000000'])
    expect([isAfter(0, 0xffffff), isAfter(0xffffff, 0), isAfter(5, 5), isAfter(6, 5)]).toEqual([
      true,
      false,
      false,
      true,
    ])
  })
})

describe('the handshake', () => {
  it('is the one of the protocol’s example', () => {
    const { said, outcome } = talk(
      { mode: 'multi-station', stations: [APE, WLF] },
      { HELLO: ['SeedLink v3.3 (2022.070)', 'GEOFON'] },
    )
    expect(said).toEqual([
      'HELLO',
      'STATION APE GE',
      'SELECT 00BHZ.D',
      'DATA FF890D',
      'STATION WLF GE',
      'SELECT HHZ.D',
      'DATA',
      'END',
    ])
    expect(outcome).toMatchObject({ kind: 'streaming', batch: false })
  })

  it('leaves a refused station out, begins live where the number is refused, and asks again for a blank location', () => {
    const { said, outcome } = talk(
      { mode: 'multi-station', stations: [{ ...APE, channels: [{ code: 'BHZ', location: '' }] }, WLF] },
      {
        HELLO: ['SeedLink v3.0', ''],
        'STATION WLF GE': ['ERROR'],
        'SELECT --BHZ.D': ['ERROR'],
        'DATA FF890D': ['ERROR'],
      },
    )
    expect(said.slice(1)).toEqual([
      'STATION APE GE',
      'SELECT --BHZ.D',
      'SELECT BHZ.D',
      'DATA FF890D',
      'DATA',
      'STATION WLF GE',
      'END',
    ])
    expect(outcome).toMatchObject({ refused: new Map([[1, 'ERROR']]), startedLive: new Set([0]) })
  })

  it('says everything in one go where BATCH is offered', () => {
    const greeting = 'SeedLink v3.1 (2020.075 RingServer) :: SLPROTO:3.1 CAP EXTREPLY NSWILDCARD BATCH'
    const { said, outcome } = talk({ mode: 'multi-station', stations: [APE] }, { HELLO: [greeting, 'IRIS'] })
    expect(said[1]).toBe('BATCH')
    expect(outcome).toMatchObject({ kind: 'streaming', batch: true, greeting: { protocol: 3.1 } })
  })

  it('is short for a port with one station', () => {
    const { said } = talk({ mode: 'uni-station', stations: [APE] }, { HELLO: ['SeedLink v2.5', ''] })
    expect(said).toEqual(['HELLO', 'SELECT 00BHZ.D', 'DATA FF890D'])
  })

  it('knows a stranger', () => {
    expect(readGreeting('220 mail.example ESMTP')).toBeNull()
    expect(talk({ mode: 'multi-station', stations: [APE] }, { HELLO: ['ERROR'] }).outcome.kind).toBe('stranger')
  })
})

describe('the reader of packets', () => {
  const stream = join(...RECORDS.map((_, i) => packet(i)))

  it('gives the same packets for every way of cutting the stream', () => {
    for (const size of [1, 7, 8, 100, 519, 520, 521, 4_000]) {
      const reader = createWireReader({ extended: () => size % 2 === 0 })
      const items: WireItem[] = []
      for (let at = 0; at < stream.length; at += size) {
        reader.push(stream.subarray(at, at + size))
        items.push(...draw(reader))
      }
      expect(items).toEqual(RECORDS.map((record, sequence) => ({ kind: 'data', sequence, record })))
    }
  })

  it.each([256, 1024, 4096])('takes records of %i bytes from a server that says SLPROTO:3.1', (recordLength) => {
    const records = recordsOf({ station: 'R0001', seed: 1, recordLength }, 0, 8_000)
    const reader = createWireReader({ extended: () => true })
    reader.push(join(...records.map((record, i) => packet(i, record))))
    expect(draw(reader)).toEqual(records.map((record, sequence) => ({ kind: 'data', sequence, record })))
  })

  it('finds answers to INFO between packets, and the end of a dial-up transfer', () => {
    const reader = createWireReader({ extended: () => false })
    reader.push(join(packet(0), 'SLINFO *', RECORDS[1]!, 'SLINFO  ', RECORDS[1]!, packet(2), 'END'))
    expect(draw(reader).map((item) => ('last' in item ? `info ${item.last}` : item.kind))).toEqual([
      'data',
      'info false',
      'info true',
      'data',
      'end',
    ])
  })

  it('loses at most one sound packet behind a damaged one, keeps order, and never throws', () => {
    const damage = fc.oneof(
      fc.uint8Array({ maxLength: 900 }),
      fc.integer({ min: 1, max: 519 }).map((length) => packet(3).slice(0, length)),
      fc
        .constantFrom(...['SL', 'SL00000', 'SLINFO', 'SLINFO *', 'END', 'ERROR\r\n', 'SL000003'])
        .map((text) => encoder.encode(text)),
      fc.tuple(fc.nat(519), fc.nat(255)).map(([at, byte]) => {
        const out = packet(3).slice()
        out[at] = byte
        return out
      }),
    )
    fc.assert(
      fc.property(damage, fc.boolean(), fc.integer({ min: 1, max: 3_000 }), (bad, extended, chunk) => {
        const bytes = join(packet(0), packet(1), packet(2), bad, ...[4, 5, 6, 7, 8, 9].map((i) => packet(i)))
        const reader = createWireReader({ extended: () => extended })
        const items: WireItem[] = []
        for (let at = 0; at < bytes.length; at += chunk) {
          reader.push(bytes.subarray(at, at + chunk))
          items.push(...draw(reader))
        }
        const found = items.filter((item) => item.kind === 'data').map(({ record }) => record)
        const sound = [0, 1, 2, 4, 5, 6, 7, 8, 9].map((i) => found.findIndex((record) => equal(record, RECORDS[i]!)))
        expect(sound.filter((at) => at >= 0).length).toBeGreaterThanOrEqual(8)
        const places = sound.filter((at) => at >= 0)
        expect(places).toEqual([...places].sort((a, b) => a - b))
      }),
      { numRuns: fuzzRuns(1_000) },
    )
  })

  it('keeps little of what is no packet, in either phase', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 2_000 }), { maxLength: 30 }), fc.boolean(), (chunks, replies) => {
        const reader = createWireReader({ extended: () => true })
        let given = 0
        let accounted = 0
        for (const chunk of chunks) {
          reader.push(chunk)
          given += chunk.length
          for (const item of draw(reader, replies ? 'reply' : 'packets')) {
            if (item.kind === 'discarded') accounted += item.bytes
            else if ('record' in item) accounted += 8 + item.record.length
            else if (item.kind === 'line') accounted += item.text.length
            else accounted += item.kind === 'end' ? 5 : 7
          }
          // What is held: part of the longest packet or line, and a run of noise that is not told yet.
          if (!replies) expect(given - accounted).toBeLessThanOrEqual(4_104 + 16_384 + 16)
        }
        expect(accounted).toBeLessThanOrEqual(given + 16)
      }),
      { numRuns: fuzzRuns(300) },
    )
  })
})

describe('answers to INFO', () => {
  const XML =
    '<?xml version="1.0"?>\n<seedlink software="SeedLink v3.3" organization="a &amp; b" started="2026/05/01 00:00:00.0000">' +
    '<station name="R1234" network="AM" description="x &lt; y" begin_seq="000000" end_seq="00FF10" stream_check="enabled">' +
    '<stream location="00" seedname="EHZ" type="D" begin_time="2026/05/01 00:00:00.0000" end_time="2026/05/01 01:00:00.0000"/>' +
    '</station></seedlink>\n'

  it('are read, with what they offer in words', () => {
    const result = readInfo(XML)
    if (result.kind === 'bad') throw new Error(result.reason)
    expect(result.info).toMatchObject({
      software: 'SeedLink v3.3',
      organization: 'a & b',
      stations: [{ endSequence: '00FF10' }],
    })
    expect(describeOffer(result.info)).toBe('AM.R1234.00.EHZ')
  })

  it.each([
    ['<!DOCTYPE a [<!ENTITY b "c">]><seedlink/>', /no XML/],
    ['<seedlink><station></seedlink>', /without its beginning/],
    ['<seedlink>', /cut off/],
    ['<seedlink/><seedlink/>', /second root/],
    ['<other/>', /root is other/],
    ['', /cut off/],
    [`<seedlink>${'<a>'.repeat(100)}`, /too many/],
    [`<seedlink>${'<a/>'.repeat(60_000)}</seedlink>`, /too many/],
  ])('are refused when they are not what they should be: %#', (text, reason) => {
    const result = readInfo(text)
    expect(result.kind === 'bad' && result.reason).toMatch(reason)
  })

  it('never throw, however they are damaged', () => {
    const edited = fc
      .tuple(fc.nat(XML.length), fc.nat(20), fc.string({ maxLength: 20 }))
      .map(([at, length, put]) => XML.slice(0, at) + put + XML.slice(at + length))
    fc.assert(
      fc.property(
        fc.oneof(edited, fc.string({ maxLength: 500 }), fc.string({ unit: fc.constantFrom(...'<>/="a &;!-?') })),
        (text) => {
          expect(['info', 'bad']).toContain(readInfo(text).kind)
          expect(['document', 'bad']).toContain(parseXml(text).kind)
        },
      ),
      { numRuns: fuzzRuns(2_000) },
    )
  })

  it('come in log records, which are read or refused whatever they hold', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 520 }), (bytes) => {
        const log = readLogRecord(bytes)
        if (log) expect(log.text.length).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: fuzzRuns(1_000) },
    )
  })
})

const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i])
