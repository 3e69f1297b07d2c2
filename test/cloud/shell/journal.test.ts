import { randomInt } from 'node:crypto'
import { copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createStoredDecoder } from '@minewarden/cloud/core/born-layout.ts'
import type { Journal, JournalBatch, JournalEntry, StoredLayout } from '@minewarden/cloud/core/journal-port.ts'
import { GatewayLedger } from '@minewarden/cloud/core/ledger.ts'
import { openJournal } from '@minewarden/cloud/shell/journal.ts'
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, encodeRow } from '@minewarden/protocol/row.ts'
import { assignAliases, declareSensor } from '@minewarden/protocol/sparkplug/birth.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { powerReading } from '../../support/fake-gateway.ts'
import { fakeGateway } from '../../support/ingest-chain.ts'

const GATEWAY = 'gw-1' as GatewayId
const GEOPHONE = createLayout(assignAliases(declareSensor('geophone', ['HHZ']), 500).declared, 'geo-1' as SensorId)
const GEOPHONE_STORED = { text: JSON.stringify({ sensor: GEOPHONE.sensor, declared: GEOPHONE.declared }) }
const EPOCH = '00000000-0000-4000-8000-000000000001'
const { layout, stored } = (() => {
  const { meter } = fakeGateway('gw-1').layouts
  return { layout: meter, stored: { text: JSON.stringify({ sensor: meter.sensor, declared: meter.declared }) } }
})()

let dir: string
let path: string
let journal: Journal
const open = (file = path) => openJournal(file, createStoredDecoder())
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'minewarden-journal-'))
  path = join(dir, 'journal.sqlite')
  journal = open()
})
afterEach(async () => {
  journal.close()
  await rm(dir, { recursive: true, force: true })
})

const entry = (sequence: number, receivedAt = 1_000): JournalEntry => {
  const reading = powerReading(sequence, instant(sequence))
  return {
    gateway: GATEWAY,
    epoch: EPOCH,
    sequence,
    receivedAt: instant(receivedAt),
    historical: sequence % 2 === 0,
    layout: stored,
    payload: encodeRow(layout, { sequence, historical: sequence % 2 === 0, reading }, { sentAt: 1, seq: 0 }),
    reading,
  }
}
const ledger = { of: new GatewayLedger() }
const batch = (from: number, to: number, receivedAt?: number): JournalBatch => {
  const sequences = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  for (const sequence of sequences) ledger.of.admit(EPOCH, sequence)
  const epochs = [{ gateway: GATEWAY, saved: ledger.of.unsaved(), forgotten: ledger.of.forgotten() }]
  ledger.of.committed()
  return { entries: sequences.map((sequence) => entry(sequence, receivedAt)), quarantined: [], epochs }
}
beforeEach(() => {
  ledger.of = new GatewayLedger()
})

describe('the journal', () => {
  test('gives rows back as they were, from memory and from the disk alike', () => {
    journal.commit(batch(1, 50))
    const warm = journal.read(0, 100)
    journal.close()
    journal = open()
    expect(journal.head).toBe(50)
    expect(journal.read(0, 100)).toEqual(warm)
    expect(journal.read(48, 100).map(({ offset }) => offset)).toEqual([49, 50])
    expect(journal.read(0, 100)[3]).toMatchObject({ gateway: GATEWAY, historical: true, reading: { measuredAt: 4 } })
  })

  test('finds the readings of a stretch of time, the newest where there are too many, over a restart too', () => {
    journal.commit(batch(1, 50))
    journal.close()
    journal = open()
    const ask = (change: object = {}) =>
      journal
        .rowsOf({ gateways: [GATEWAY], from: instant(10), to: instant(20), kinds: null, limit: 100, ...change })
        .map(({ reading }) => reading.measuredAt)
    expect(ask()).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
    expect(ask({ limit: 3 })).toEqual([18, 19, 20])
    expect(ask({ kinds: ['power'], from: instant(49), to: instant(99) })).toEqual([49, 50])
    expect(ask({ kinds: ['event'] })).toEqual([])
    expect(ask({ gateways: ['gw-2'] })).toEqual([])
    expect(ask({ gateways: [] })).toEqual([])
    journal.commit(batch(51, 52))
    expect(ask({ from: instant(52), to: instant(52) })).toEqual([52])
  })

  test('keeps the acknowledged ranges of the very transaction of their rows', () => {
    journal.commit(batch(1, 3))
    journal.commit(batch(7, 9))
    journal.close()
    journal = open()
    expect(journal.epochsOf(GATEWAY)).toMatchObject([
      {
        epoch: EPOCH,
        ranges: [
          [1, 3],
          [7, 9],
        ],
      },
    ])
    expect(journal.lastMeasuredAt(GATEWAY)).toBe(9)
  })

  test('writes nothing of a batch that fails, and goes on afterwards', () => {
    journal.commit(batch(1, 2))
    const good = batch(3, 4)
    const spoilt = good.entries.map((each, i) => (i === 1 ? { ...each, sequence: Number.NaN } : each))
    expect(() => journal.commit({ ...good, entries: spoilt })).toThrow(
      expect.objectContaining({ code: 'journal-unusable' }),
    )
    expect(journal.head).toBe(2)
    journal.commit(good)
    expect(journal.read(0, 9).map(({ offset }) => offset)).toEqual([1, 2, 3, 4])
  })

  test('drops what every consumer has dealt with and is old, in small steps, and never gives an offset twice', () => {
    journal.commit(batch(1, 100, 1_000))
    journal.commit(batch(101, 110, 9_000))
    journal.advance('history', 110)
    journal.advance('detection', 60)
    expect(journal.prune(instant(5_000), 40)).toBe(40)
    expect(journal.prune(instant(5_000), 40)).toBe(20)
    expect(journal.prune(instant(5_000), 40)).toBe(0)
    journal.advance('detection', 110)
    expect(journal.prune(instant(5_000), 1_000)).toBe(40)
    expect(journal.prune(instant(99_000), 1_000)).toBe(9)
    journal.close()
    journal = open()
    expect(journal.read(0, 9).map(({ offset }) => offset)).toEqual([110])
    journal.commit(batch(111, 111))
    expect(journal.head).toBe(111)
  })

  test('passes over rows that this version cannot read, and says which', () => {
    journal.commit(batch(1, 30))
    journal.close()
    const unreadable: number[] = []
    const decode = createStoredDecoder()
    const choosy = (each: StoredLayout, payload: Uint8Array) => {
      const reading = decode(each, payload)
      if (reading.measuredAt <= 25 && reading.measuredAt !== 3) throw new ProtocolError('payload-malformed', 'too old')
      return reading
    }
    journal = openJournal(path, choosy, (offset) => unreadable.push(offset))
    expect(journal.read(0, 5).map(({ offset }) => offset)).toEqual([3])
    expect(journal.read(3, 5).map(({ offset }) => offset)).toEqual([26, 27, 28])
    expect(unreadable).toContain(25)
  })

  test('drops a layout once no row needs it any more, and not before', () => {
    const other: StoredLayout = {
      text: stored.text.replace(
        '}]}',
        '},{"name":"Extra/One","datatype":12,"unit":"","writable":false,"aliased":true,"alias":777}]}',
      ),
    }
    const layouts = () => {
      journal.close()
      const db = new DatabaseSync(path)
      const { n } = db.prepare('SELECT count(*) AS n FROM layouts').get() as { n: number }
      db.close()
      journal = open()
      return n
    }
    const first = batch(1, 1)
    journal.commit({ ...first, entries: first.entries.map((each) => ({ ...each, layout: other })) })
    for (let from = 2; from <= 11_500; from += 500) journal.commit(batch(from, from + 499))
    expect(layouts()).toBe(2)
    journal.advance('history', journal.head)
    journal.prune(instant(99_000), 5_000)
    // The last use of a layout is written down now and then: it is kept a while longer.
    expect(layouts()).toBe(2)
    journal.prune(instant(99_000), 6_000)
    expect(layouts()).toBe(1)
    journal.commit(batch(12_002, 12_003))
    expect(journal.read(journal.head - 1, 9)).toHaveLength(1)
  })

  test('brings up a file of the version before, rows and all', () => {
    journal.commit(batch(1, 5))
    journal.close()
    const db = new DatabaseSync(path)
    db.exec(`DROP TABLE waveform_parts; DROP TABLE waveform_requests; DROP INDEX layouts_by_last;
      ALTER TABLE layouts DROP COLUMN last; PRAGMA user_version = 1`)
    db.close()
    journal = open()
    expect(journal.read(0, 9)).toHaveLength(5)
    journal.commit(batch(6, 6))
    expect(journal.waveform('none')).toBeNull()
    expect(journal.head).toBe(6)
  })

  test('finds the rows that answer a request, of the gateway and channel that were asked alone', () => {
    const asked = {
      request: 'r-1',
      gateway: GATEWAY,
      sensor: GEOPHONE.sensor as SensorId,
      channel: 'HHZ',
      from: instant(1_000),
      to: instant(2_000),
      askedAt: instant(3_000),
    }
    journal.remember(asked)
    expect(journal.waveform('r-1')).toEqual({ asked, rows: [] })
    const part = (n: number, request: string, gateway = GATEWAY): JournalEntry => {
      const reading: Reading = {
        kind: 'waveform',
        sensor: asked.sensor,
        channel: 'HHZ',
        measuredAt: instant(2_000),
        clock: 'ntp',
        fields: { request, fromMs: 1_000, toMs: 2_000, part: n, parts: 3, data: Uint8Array.of(n) },
      }
      const payload = encodeRow(GEOPHONE, { sequence: 1, historical: false, reading }, { sentAt: 1, seq: 0 })
      return { ...entry(1), gateway, reading, payload, layout: GEOPHONE_STORED }
    }
    const { epochs } = batch(1, 1)
    const stranger = 'gw-2' as GatewayId
    journal.commit({
      entries: [part(2, 'r-1'), part(0, 'r-1'), part(0, ''), part(1, 'r-2'), part(0, 'r-1')],
      quarantined: [],
      epochs,
    })
    journal.commit({
      entries: [part(1, 'r-1', stranger)],
      quarantined: [],
      epochs: epochs.map((each) => ({ ...each, gateway: stranger })),
    })
    const data = () =>
      journal.waveform('r-1')?.rows.map(({ reading }) => reading.kind === 'waveform' && reading.fields.data?.[0])
    expect(data()).toEqual([0, 2])
    journal.close()
    journal = open()
    expect(data()).toEqual([0, 2])
    expect(journal.waveform('r-2')).toBeNull()
    journal.advance('history', journal.head)
    journal.prune(instant(99_000), 1_000)
    expect(data()).toEqual([])
  })

  test('a reading from a clock that runs ahead is not taken for the newest for ever', () => {
    const [first] = batch(1, 1).entries as [JournalEntry]
    const { epochs } = batch(2, 2)
    journal.commit({ entries: [{ ...first, reading: powerReading(1, instant(9e12)) }], quarantined: [], epochs })
    expect(journal.lastMeasuredAt(GATEWAY)).toBe(1_000)
  })

  test('an offset of a consumer never goes back', () => {
    journal.advance('history', 5)
    journal.advance('history', 3)
    expect(journal.offsetOf('history')).toBe(5)
    expect(journal.offsetOf('nobody')).toBe(0)
  })

  test('refuses a second fleet manager on the same file', () => {
    journal.commit(batch(1, 1))
    expect(() => open()).toThrow(expect.objectContaining({ code: 'journal-unusable' }))
  })

  test('refuses what is no journal, naming the file', async () => {
    const other = join(dir, 'other.sqlite')
    await writeFile(other, 'this is not a database, and long enough to be taken for a header of one'.repeat(20))
    expect(() => open(other)).toThrow(/other\.sqlite/)
    expect(() => open(join(dir, 'no', 'such', 'folder.sqlite'))).toThrow(/folder\.sqlite/)
  })

  test('keeps refusals for people to see, so many and no more', async () => {
    const quarantined = Array.from({ length: 10_050 }, (_, i) => ({
      gateway: GATEWAY,
      epoch: EPOCH,
      sequence: i + 1,
      receivedAt: instant(1),
      topic: 't',
      reason: 'no good',
      payload: new Uint8Array(9_000),
    }))
    journal.commit({ entries: [], quarantined, epochs: [] })
    journal.close()
    const db = new DatabaseSync(path)
    const kept = db.prepare('SELECT count(*) AS messages, max(length(payload)) AS bytes FROM quarantine').get()
    const counted = db.prepare('SELECT count FROM refusals').get()
    db.close()
    journal = open()
    expect(kept).toEqual({ messages: 10_000, bytes: 4_096 })
    expect(counted).toEqual({ count: 10_050 })
  })

  test('counts so many reasons apart and no more: a gateway chooses some of their words', () => {
    const quarantined = Array.from({ length: 500 }, (_, i) => ({
      gateway: GATEWAY,
      epoch: EPOCH,
      sequence: null,
      receivedAt: instant(1),
      topic: 't',
      reason: `no good: ${i}`,
      payload: new Uint8Array(1),
    }))
    journal.commit({ entries: [], quarantined: [...quarantined, ...quarantined], epochs: [] })
    journal.close()
    const db = new DatabaseSync(path)
    const { n, total } = db.prepare('SELECT count(*) AS n, sum(count) AS total FROM refusals').get() as {
      n: number
      total: number
    }
    db.close()
    journal = open()
    expect(n).toBeLessThanOrEqual(102)
    expect(total).toBe(1_000)
  })
})

describe('a journal whose last writes were lost or torn by a power cut', () => {
  test('opens, and holds exactly the rows that its ranges say, whatever is missing of the end', async () => {
    for (let i = 0; i < 60; i++) journal.commit(batch(1 + 5 * i, 5 + 5 * i))
    const { size } = await stat(`${path}-wal`)
    const wal = await readFile(`${path}-wal`)
    let shortest = Number.POSITIVE_INFINITY
    for (let image = 0; image < 60; image++) {
      const copy = join(dir, `image-${image}.sqlite`)
      await copyFile(path, copy)
      await writeFile(`${copy}-wal`, wal)
      if (image % 2 === 0) await truncate(`${copy}-wal`, randomInt(0, size))
      else {
        // Pages that never reached the disk: zeros from somewhere on.
        const torn = Buffer.from(wal)
        torn.fill(0, randomInt(0, size))
        await writeFile(`${copy}-wal`, torn)
      }
      const survivor = open(copy)
      const rows = survivor.read(0, 1_000)
      const [saved] = survivor.epochsOf(GATEWAY)
      expect(saved?.ranges ?? []).toEqual(rows.length === 0 ? [] : [[1, rows.length]])
      expect(rows.map(({ offset }) => offset)).toEqual(rows.map((_, i) => i + 1))
      shortest = Math.min(shortest, rows.length)
      survivor.close()
    }
    expect(shortest).toBeLessThan(300)
  })
})
