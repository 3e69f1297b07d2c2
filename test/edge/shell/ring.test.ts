import { appendFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { FLUSH_MS, RECORD_BYTES, SLICE_MS } from '@minewarden/edge/shell/ring.ts'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { at, block, expectSamples, RATE_HZ, samplesOf, setUpRing } from './ring-support.ts'

describe('the waveform ring', () => {
  it('gives back what was written, the newest samples included, before anything is on disk', async () => {
    const { ring, dir } = setUpRing()
    await ring.start()
    for (let s = 0; s < 30; s++) ring.write('geo-1', block(s, 1))
    expectSamples(await ring.read('geo-1', 'HHZ', at(0), at(30), 1e9), 0, 30)
    expect(readdirSync(dir)).toEqual([])
    await ring.stop()
  })

  it('gives back no more than the records that touch the stretch', async () => {
    const { ring } = setUpRing()
    await ring.start()
    for (let s = 0; s < 200; s++) ring.write('geo-1', block(s, 1))
    const records = await ring.read('geo-1', 'HHZ', at(90), at(110), 1e9)
    expectSamples(records, 90, 110)
    expect(samplesOf(records).size).toBeLessThan(200 * RATE_HZ * 0.6)
    await ring.stop()
  })

  it('knows after a restart what earlier runs wrote, without the part that was torn', async () => {
    const { ring, dir } = setUpRing()
    await ring.start()
    for (let s = 0; s < 100; s++) ring.write('geo-1', block(s, 1))
    await ring.stop()
    const folder = join(dir, 'geo-1', 'HHZ')
    appendFileSync(join(folder, readdirSync(folder)[0] as string), new Uint8Array(RECORD_BYTES / 2).fill(0x41))
    const { ring: again } = setUpRing({ dir })
    await again.start()
    for (let s = 100; s < 110; s++) again.write('geo-1', block(s, 1))
    expectSamples(await again.read('geo-1', 'HHZ', at(0), at(110), 1e9), 0, 110)
    await again.stop()
  })

  it('keeps a gap a gap', async () => {
    const { ring } = setUpRing()
    await ring.start()
    ring.write('geo-1', block(0, 10))
    ring.write('geo-1', block(60, 10))
    const found = samplesOf(await ring.read('geo-1', 'HHZ', at(0), at(80), 1e9))
    expect([...found.keys()].filter((i) => i >= 10 * RATE_HZ && i < 60 * RATE_HZ)).toEqual([])
    expect(found.size).toBe(20 * RATE_HZ)
    await ring.stop()
  })

  it('writes rarely: once each minute and channel', async () => {
    const { ring, clock, dir } = setUpRing()
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
    const { ring, clock } = setUpRing({ maxBytes: 150_000 })
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
    const { ring, clock, dir } = setUpRing({ maxAgeMs: SLICE_MS })
    await ring.start()
    for (let minute = 0; minute < 40; minute++) {
      ring.write('geo-1', block(minute * 60, 60))
      await clock.advance(60_000)
    }
    expect(readdirSync(join(dir, 'geo-1', 'HHZ')).length).toBeLessThanOrEqual(3)
    await ring.stop()
  })

  it('cuts a stretch off at the bytes that are allowed', async () => {
    const { ring } = setUpRing()
    await ring.start()
    for (let s = 0; s < 200; s++) ring.write('geo-1', block(s, 1))
    expect(await ring.read('geo-1', 'HHZ', at(0), at(200), 2 * RECORD_BYTES + 1)).toHaveLength(2)
    await ring.stop()
  })
})
