import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { History, JournalRow } from '@minewarden/cloud/core/ports.ts'
import { openSqliteHistory } from '@minewarden/cloud/shell/history-sqlite.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { METER, powerReading } from '../../support/fake-gateway.ts'

const GATEWAY = 'gw-1' as GatewayId
const HOUR_MS = 3_600_000
const NOW = instant(1_800_000_000_000)

let dir: string
let history: History
const open = () => openSqliteHistory(join(dir, 'history.sqlite'), 2 * HOUR_MS)
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'minewarden-history-'))
  history = open()
})
afterEach(async () => {
  await history.close()
  await rm(dir, { recursive: true, force: true })
})

const row = (reading: Reading, offset = 1): JournalRow => ({
  offset,
  gateway: GATEWAY,
  receivedAt: NOW,
  historical: false,
  reading,
})
const power = (watts: number, msAgo: number) => row(powerReading(watts, instant(NOW - msAgo)))
const ask = (fields: readonly string[], maxPoints = 100) =>
  history.query({
    gateway: GATEWAY,
    sensor: METER,
    kind: 'power',
    fields,
    from: instant(NOW - 24 * HOUR_MS),
    to: NOW,
    maxPoints,
  })

describe('the embedded history', () => {
  test('gives back what was written, in order of time, missing values as such', async () => {
    await history.write([power(3, 1_000), power(1, 3_000), power(2, 2_000)])
    expect(await ask(['activePowerW', 'reactivePowerVar', 'simulated'])).toEqual([
      { field: 'activePowerW', channel: null, timesMs: [NOW - 3_000, NOW - 2_000, NOW - 1_000], values: [1, 2, 3] },
      { field: 'reactivePowerVar', channel: null, timesMs: expect.anything(), values: [null, null, null] },
      { field: 'simulated', channel: null, timesMs: expect.anything(), values: [1, 1, 1] },
    ])
  })

  test('counts a reading that is written twice once: the journal is read again after a crash', async () => {
    await history.write([power(1, 1_000)])
    await history.close()
    history = open()
    await history.write([power(1, 1_000), power(2, 500)])
    expect((await ask(['activePowerW']))[0]?.values).toEqual([1, 2])
  })

  test('leaves raw waveforms to the journal', async () => {
    const fields = { request: '', fromMs: 0, toMs: 1, part: 1, parts: 1, data: new Uint8Array(9) }
    await history.write([
      row({ kind: 'waveform', sensor: METER, channel: 'HHZ', measuredAt: NOW, clock: 'ntp', fields }),
    ])
    const question = { gateway: GATEWAY, sensor: METER, kind: 'waveform', fields: ['part'], maxPoints: 9 } as const
    expect(await history.query({ ...question, from: instant(0), to: NOW })).toEqual([])
  })

  test('keeps channels apart', async () => {
    const ground = (channel: string, rmsMPerS: number) =>
      row({
        kind: 'vibration',
        sensor: METER,
        channel,
        measuredAt: NOW,
        clock: 'ntp',
        fields: { rmsMPerS } as never,
      })
    await history.write([ground('HHZ', 1), ground('HHN', 2)])
    const question = { gateway: GATEWAY, sensor: METER, kind: 'vibration', fields: ['rmsMPerS'], maxPoints: 9 } as const
    const series = await history.query({ ...question, from: instant(0), to: NOW })
    expect(series.map(({ channel, values }) => [channel, values])).toEqual([
      ['HHN', [2]],
      ['HHZ', [1]],
    ])
  })

  test('thins to what was asked and keeps the peak', async () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => power(i === 3_333 ? 9_999 : 100, (5_000 - i) * 10))
    await history.write(rows)
    const [series] = await ask(['activePowerW'], 50)
    expect(series?.values.length).toBeLessThanOrEqual(50)
    expect(series?.values).toContain(9_999)
  })

  test('reads a long stretch in pieces: everything else has its turn in between', async () => {
    await history.write(Array.from({ length: 20_000 }, (_, i) => power(i, 20_000 - i)))
    let turns = 0
    const turn = () => {
      turns++
      if (turns < 1_000) setImmediate(turn)
    }
    const answer = ask(['activePowerW'])
    setImmediate(turn)
    expect((await answer)[0]?.values.at(-1)).toBe(19_999)
    expect(turns).toBeGreaterThanOrEqual(9)
  })

  test('keeps readings of one moment apart that are not the same', async () => {
    const line = (nth: number) =>
      row({
        ...{ kind: 'machineLine', sensor: METER, channel: null, measuredAt: NOW, clock: 'ntp' },
        fields: { line: nth, hz: 20 + nth },
      } as never)
    await history.write([line(1), line(2), line(1)])
    const question = { gateway: GATEWAY, sensor: METER, kind: 'machineLine', fields: ['hz'], maxPoints: 9 } as const
    expect((await history.query({ ...question, from: instant(0), to: NOW }))[0]?.values).toEqual([21, 22])
  })

  test('keeps to the stretch that was asked for', async () => {
    await history.write([power(1, 3_000), power(2, 2_000), power(3, 1_000)])
    const stretch = { gateway: GATEWAY, sensor: METER, kind: 'power', fields: ['activePowerW'], maxPoints: 9 } as const
    const [series] = await history.query({ ...stretch, from: instant(NOW - 2_500), to: instant(NOW - 1_500) })
    expect(series?.values).toEqual([2])
  })

  test('drops what is older than the retention', async () => {
    await history.write([power(1, 3 * HOUR_MS), power(2, HOUR_MS)])
    await history.prune(NOW)
    expect((await ask(['activePowerW']))[0]?.values).toEqual([2])
  })

  test('answers nothing for what it never heard of', async () => {
    expect(await ask(['activePowerW'])).toEqual([])
  })
})
