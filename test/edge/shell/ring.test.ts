import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FLUSH_MS, RECORD_BYTES, SLICE_MS, WaveformRing } from '@minewarden/edge/shell/ring.ts'
import type { WaveformBlock } from '@minewarden/hardware/contract.ts'
import { decodeAll } from '@minewarden/hardware/miniseed/stream.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { ManualClock, silentLogger } from '../support/manual-clock.ts'
import { T0 } from '../support/readings.ts'

const RATE_HZ = 100
const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

function setUp(more: { maxBytes?: number; maxAgeMs?: number; dir?: string } = {}) {
  const dir = more.dir ?? mkdtempSync(join(tmpdir(), 'minewarden-ring-'))
  if (!more.dir) dirs.push(dir)
  const clock = new ManualClock(T0)
  const { maxBytes = 50_000_000, maxAgeMs = 86_400_000 } = more
  const ring = new WaveformRing({ clock, logger: silentLogger }, { dir, maxBytes, maxAgeMs, station: 'GW1' })
  return { dir, clock, ring }
}

/** Noise of which every sample can be told from its time. */
const sampleAt = (index: number): number => ((index * 7919) % 4001) - 2000
function block(fromS: number, seconds: number): WaveformBlock {
  const counts = Int32Array.from({ length: seconds * RATE_HZ }, (_, i) => sampleAt(fromS * RATE_HZ + i))
  const startAt = instant(T0 + fromS * 1000)
  return {
    kind: 'waveform',
    channel: 'HHZ',
    startAt,
    rateHz: RATE_HZ,
    counts,
    countsPerUnit: 4e8,
    unit: 'm/s',
    clock: 'ntp',
  }
}
const at = (seconds: number) => instant(T0 + seconds * 1000)

/** Samples by index from T0. */
function samplesOf(records: readonly Uint8Array[]): Map<number, number> {
  const found = new Map<number, number>()
  for (const item of decodeAll(Buffer.concat(records))) {
    if (item.kind !== 'record') throw new Error(item.reason)
    const first = Math.round(((item.record.startAt - T0) / 1000) * RATE_HZ)
    item.record.samples.forEach((sample, i) => void found.set(first + i, sample))
  }
  return found
}
function expectSamples(records: readonly Uint8Array[], fromS: number, toS: number): void {
  const found = samplesOf(records)
  for (let i = fromS * RATE_HZ; i < toS * RATE_HZ; i++) expect(found.get(i), `sample ${i}`).toBe(sampleAt(i))
}

describe('the waveform ring', () => {
  it('gives back what was written, the newest samples included, before anything is on disk', async () => {
    const { ring, dir } = setUp()
    await ring.start()
    for (let s = 0; s < 30; s++) ring.write('geo-1', block(s, 1))
    expectSamples(await ring.read('geo-1', 'HHZ', at(0), at(30), 1e9), 0, 30)
    expect(readdirSync(dir)).toEqual([])
    await ring.stop()
  })

  it('gives back no more than the records that touch the stretch', async () => {
    const { ring } = setUp()
    await ring.start()
    for (let s = 0; s < 200; s++) ring.write('geo-1', block(s, 1))
    const records = await ring.read('geo-1', 'HHZ', at(90), at(110), 1e9)
    expectSamples(records, 90, 110)
    expect(samplesOf(records).size).toBeLessThan(200 * RATE_HZ * 0.6)
    await ring.stop()
  })

  it('knows after a restart what earlier runs wrote, without the part that was torn', async () => {
    const { ring, dir } = setUp()
    await ring.start()
    for (let s = 0; s < 100; s++) ring.write('geo-1', block(s, 1))
    await ring.stop()
    const folder = join(dir, 'geo-1', 'HHZ')
    appendFileSync(join(folder, readdirSync(folder)[0] as string), new Uint8Array(RECORD_BYTES / 2).fill(0x41))
    const { ring: again } = setUp({ dir })
    await again.start()
    for (let s = 100; s < 110; s++) again.write('geo-1', block(s, 1))
    expectSamples(await again.read('geo-1', 'HHZ', at(0), at(110), 1e9), 0, 110)
    await again.stop()
  })

  it('keeps a gap a gap', async () => {
    const { ring } = setUp()
    await ring.start()
    ring.write('geo-1', block(0, 10))
    ring.write('geo-1', block(60, 10))
    const found = samplesOf(await ring.read('geo-1', 'HHZ', at(0), at(80), 1e9))
    expect([...found.keys()].filter((i) => i >= 10 * RATE_HZ && i < 60 * RATE_HZ)).toEqual([])
    expect(found.size).toBe(20 * RATE_HZ)
    await ring.stop()
  })

  it('writes rarely: once each minute and channel', async () => {
    const { ring, clock, dir } = setUp()
    await ring.start()
    for (let s = 0; s < 59; s++) {
      ring.write('geo-1', block(s, 1))
      await clock.advance(1000)
    }
    expect(readdirSync(dir)).toEqual([])
    ring.write('geo-1', block(59, 60))
    await clock.advance(FLUSH_MS)
    await eventually(
      'a slice',
      () => existsSync(join(dir, 'geo-1', 'HHZ')) && readdirSync(join(dir, 'geo-1', 'HHZ')).length === 1,
    )
    await ring.stop()
  })

  it('stays within its bytes, oldest slices first', async () => {
    const { ring, clock } = setUp({ maxBytes: 150_000 })
    await ring.start()
    const minutes = (3 * SLICE_MS) / 60_000
    for (let minute = 0; minute < minutes; minute++) {
      ring.write('geo-1', block(minute * 60, 60))
      await clock.advance(60_000)
    }
    expect(ring.bytes).toBeLessThanOrEqual(150_000)
    expect(await ring.read('geo-1', 'HHZ', at(0), at(60), 1e9)).toEqual([])
    expectSamples(
      await ring.read('geo-1', 'HHZ', at(60 * (minutes - 3)), at(60 * minutes), 1e9),
      60 * (minutes - 3),
      60 * minutes,
    )
    await ring.stop()
  })

  it('forgets what is older than its days', async () => {
    const { ring, clock, dir } = setUp({ maxAgeMs: SLICE_MS })
    await ring.start()
    for (let minute = 0; minute < 40; minute++) {
      ring.write('geo-1', block(minute * 60, 60))
      await clock.advance(60_000)
    }
    expect(readdirSync(join(dir, 'geo-1', 'HHZ')).length).toBeLessThanOrEqual(3)
    await ring.stop()
  })

  it('cuts a stretch off at the bytes that are allowed', async () => {
    const { ring } = setUp()
    await ring.start()
    for (let s = 0; s < 200; s++) ring.write('geo-1', block(s, 1))
    expect(await ring.read('geo-1', 'HHZ', at(0), at(200), 2 * RECORD_BYTES + 1)).toHaveLength(2)
    await ring.stop()
  })
})
