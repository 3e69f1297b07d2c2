import { evidencePieces } from '@minewarden/cloud/core/orders/evidence.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { openRecords } from '@minewarden/cloud/shell/records/database.ts'
import { createEvidenceFreezer, readEvidence } from '@minewarden/cloud/shell/records/evidence-repository.ts'
import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { Evidence } from '@minewarden/protocol/order.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { makeFinding, NOW } from '../../support/cut-off/fixtures.ts'
import { createManualClock } from '../../support/cut-off/manual-clock.ts'

const row = (offset: number, kind: string, fields: object, sensor = 'geo-1'): JournalRow => ({
  offset,
  gateway: GatewayId.parse('gw-1'),
  receivedAt: instant(NOW - 1000),
  historical: false,
  reading: {
    kind,
    sensor: SensorId.parse(sensor),
    channel: null,
    measuredAt: instant(NOW - 60_000 + offset),
    clock: 'ntp',
    fields,
  } as unknown as Reading,
})
const ROWS = [
  row(1, 'vibration', { rmsMPerS: 1e-6 }),
  row(2, 'event', { peakVelocityMPerS: 0.002 }),
  row(3, 'power', { activePowerW: 22_000, currentAA: null }, 'meter-1'),
  row(4, 'waveform', { data: new Uint8Array([0, 255]) }),
  row(5, 'health', { rssBytes: 1 }),
]

test('readings are frozen by sensor and kind, what says most first, whatever order they came in', () => {
  const pieces = evidencePieces(ROWS)
  expect(pieces.map(({ what }) => what.split(':')[0])).toEqual([
    'gw-1 geo-1 event',
    'gw-1 meter-1 power',
    'gw-1 geo-1 vibration',
    'gw-1 geo-1 waveform',
  ])
  expect(pieces[3]?.content).toContain('"data":"00ff"')
  expect(pieces[1]?.content).toContain('"currentAA":null')
  expect(evidencePieces(ROWS.toReversed())).toEqual(pieces)
  for (const { what } of pieces) expect(Evidence.shape.what.safeParse(what).success).toBe(true)
})

test('of too many readings the newest stay, and it is said', () => {
  const [piece] = evidencePieces(Array.from({ length: 1500 }, (_, i) => row(i, 'event', { durationS: i })))
  expect(piece?.what).toContain('newest 1000 of 1500 readings')
  expect(piece?.content.split('\n')).toHaveLength(1001)
  expect(piece?.content).toContain('"durationS":1499')
  const large = Array.from({ length: 100 }, (_, i) => row(i, 'waveform', { data: new Uint8Array(64 * 1024) }))
  expect(evidencePieces(large)[0]?.what).toMatch(/newest 6\d of 100/)
  const many = Array.from({ length: 200 }, (_, i) => row(i, 'event', {}, `geo-${i}`))
  expect(evidencePieces(many)).toHaveLength(62)
})

test('what is frozen outlives the journal, hashes to what the order says, and cannot be changed', async () => {
  const records = await openRecords(':memory:')
  const asked: object[] = []
  const journal = {
    rowsOf(window: object) {
      asked.push(window)
      return ROWS
    },
  }
  const freeze = createEvidenceFreezer({
    records,
    clock: createManualClock(NOW),
    journal,
    gatewaysOf: () => [GatewayId.parse('gw-1')],
  })
  const evidence = await freeze(makeFinding(NOW))
  expect(await freeze(makeFinding(NOW))).toEqual(evidence)
  expect(evidence).toHaveLength(4)
  expect(asked[0]).toMatchObject({ gateways: ['gw-1'], from: NOW - 30 * 60_000, to: NOW })
  for (const { sha256 } of evidence)
    expect(await sha256Hex((await readEvidence(records, sha256)) as string)).toBe(sha256)
  await expect(sql`UPDATE evidence SET content = ''`.execute(records)).rejects.toThrow('append-only')
  await expect(sql`DELETE FROM evidence`.execute(records)).rejects.toThrow('append-only')
  await records.destroy()
})
