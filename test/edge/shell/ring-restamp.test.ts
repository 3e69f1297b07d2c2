import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FLUSH_MS } from '@minewarden/edge/shell/ring.ts'
import { type RingDisk, ringDisk } from '@minewarden/edge/shell/ring-disk.ts'
import { readHeader } from '@minewarden/hardware/miniseed/header.ts'
import { describe, expect, it } from 'vitest'
import { T0 } from '../support/readings.ts'
import { at, block, expectSamples, RATE_HZ, samplesOf, setUpRing, slicesOf } from './ring-support.ts'

/** The clock begins four months back, as a machine without a battery does. */
const WRONG_BY_MS = -123 * 86_400_000 + 4321
const wrong = { clock: 'unsynchronised', wrongByMs: WRONG_BY_MS } as const

/** A disk that fails for good after so many operations: what was done stays, as after a power cut. */
function dyingDisk(): RingDisk & { left: number } {
  const guard =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (disk.left-- <= 0) throw new Error('power cut')
      return await work(...args)
    }
  const { write, replace, remove } = ringDisk
  const disk = {
    ...ringDisk,
    left: Number.POSITIVE_INFINITY,
    write: guard(write),
    replace: guard(replace),
    remove: guard(remove),
  }
  return disk
}

/** Minutes of wrong time, the last of them not on disk. */
async function writeWrong(set: ReturnType<typeof setUpRing>, channels: readonly string[] = ['HHZ'], seconds = 1500) {
  await set.ring.start()
  for (let s = 0; s < seconds; s += 60) {
    for (const channel of channels) set.ring.write('geo-1', block(s, 60, { ...wrong, channel }))
    if (s < seconds - 60) await set.clock.advance(FLUSH_MS)
  }
  // Moves nothing, and comes back when all before it is on disk.
  await set.ring.restamp(Number.POSITIVE_INFINITY, 0)
}

describe('moving what a wrong clock stamped', () => {
  it('moves what is on disk, what waits and the record begun, and goes on in the right time', async () => {
    const set = setUpRing()
    const { ring, dir } = set
    await writeWrong(set)
    const moved = ring.restamp(T0 + WRONG_BY_MS, -WRONG_BY_MS, 'ntp')
    ring.write('geo-1', block(1500, 60))
    await moved
    ring.write('geo-1', block(1560, 60))
    const records = await ring.read('geo-1', 'HHZ', at(-60), at(2000), 1e9)
    expectSamples(records, 0, 1620)
    expect(samplesOf(records).size).toBe(1620 * RATE_HZ)
    const early = at(WRONG_BY_MS / 1000 - 60)
    expect(await ring.read('geo-1', 'HHZ', early, at(WRONG_BY_MS / 1000 + 3000), 1e9)).toEqual([])
    const first = readHeader(records[0] as Uint8Array, 0, 4096)
    expect(first).toMatchObject({ kind: 'header', header: { timeQuestionable: false, timingQuality: 90 } })
    expect(ring.newestAt('geo-1', 'HHZ')).toBe(at(1620))
    await ring.stop()
    // Names say the new time, and a restart finds the same.
    expect(basename(slicesOf(dir)[0] as string)).toBe(`${T0}.mseed`)
    const { ring: again } = setUpRing({ dir })
    await again.start()
    expectSamples(await again.read('geo-1', 'HHZ', at(0), at(2000), 1e9), 0, 1620)
    await again.stop()
    expect(existsSync(join(dir, 'restamp.json'))).toBe(false)
  })

  it('leaves alone what a synchronised clock stamped, and what earlier runs wrote', async () => {
    const earlier = setUpRing()
    await earlier.ring.start()
    earlier.ring.write('geo-1', block(0, 60, { clock: 'unsynchronised' }))
    await earlier.ring.stop()
    const { ring } = setUpRing({ dir: earlier.dir })
    await ring.start()
    ring.write('geo-1', block(100, 60, { clock: 'unsynchronised', wrongByMs: -5000 }))
    ring.write('geo-2', block(100, 60, { clock: 'gnss' }))
    await ring.restamp(T0 + 90_000, 5000)
    expectSamples(await ring.read('geo-1', 'HHZ', at(0), at(200), 1e9), 0, 60)
    expectSamples(await ring.read('geo-1', 'HHZ', at(0), at(200), 1e9), 100, 160)
    expectSamples(await ring.read('geo-2', 'HHZ', at(0), at(200), 1e9), 100, 160)
    await ring.stop()
  })

  it('does nothing for a run that has written nothing', async () => {
    const { ring, dir } = setUpRing()
    await ring.start()
    await ring.restamp(T0, 1000)
    expect(readdirSync(dir)).toEqual([])
    await ring.stop()
  })

  it('is tried again each minute while the disk refuses', async () => {
    let refuses = false
    const disk: RingDisk = {
      ...ringDisk,
      async replace(path, bytes) {
        if (refuses && path.endsWith('.mseed')) throw new Error('read-only file system')
        await ringDisk.replace(path, bytes)
      },
    }
    const set = setUpRing({ disk })
    await writeWrong(set)
    refuses = true
    await set.ring.restamp(T0 + WRONG_BY_MS, -WRONG_BY_MS)
    expect((await set.ring.read('geo-1', 'HHZ', at(0), at(1000), 1e9)).length).toBe(0)
    refuses = false
    await set.clock.advance(FLUSH_MS)
    await set.ring.stop()
    expectSamples(await set.ring.read('geo-1', 'HHZ', at(0), at(1500), 1e9), 0, 1500)
  })

  it('does not keep a gateway from starting when the disk is full: it is finished once there is room', async () => {
    let refuses = false
    const disk: RingDisk = {
      ...ringDisk,
      async replace(path, bytes) {
        if (refuses && path.endsWith('.mseed')) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
        await ringDisk.replace(path, bytes)
      },
    }
    const before = setUpRing({ disk })
    await writeWrong(before)
    refuses = true
    await before.ring.restamp(T0 + WRONG_BY_MS, -WRONG_BY_MS)
    await before.ring.stop()
    const { ring, clock } = setUpRing({ disk, dir: before.dir })
    await ring.start()
    refuses = false
    await clock.advance(FLUSH_MS)
    await ring.stop()
    const found = await ring.read('geo-1', 'HHZ', at(0), at(1500), 1e9)
    expectSamples(found, 0, 1000)
    const left = await ring.read('geo-1', 'HHZ', at(WRONG_BY_MS / 1000), at(WRONG_BY_MS / 1000 + 1500), 1e9)
    expect(left).toEqual([])
  })

  it('is finished by the next start, whenever the power is cut, and nothing is there twice', async () => {
    const channels = ['HHZ', 'HHN']
    let operations = 0
    for (let finished = false; !finished; operations++) {
      const disk = dyingDisk()
      const set = setUpRing({ disk })
      await writeWrong(set, channels, 720)
      disk.left = operations
      await set.ring.restamp(T0 + WRONG_BY_MS, -WRONG_BY_MS)
      finished = disk.left >= 0
      disk.left = 0
      const { ring: again } = setUpRing({ dir: set.dir })
      await again.start()
      for (const channel of channels) {
        const right = await again.read('geo-1', channel, at(0), at(1500), 1e9)
        const early = at(WRONG_BY_MS / 1000)
        const left = await again.read('geo-1', channel, early, at(WRONG_BY_MS / 1000 + 1500), 1e9)
        // Until it is written down, nothing has happened; from then on all will.
        if (operations === 0) expect(right).toEqual([])
        else {
          expect(left).toEqual([])
          expectSamples(right, 0, 600)
        }
        const counts = [...right, ...left].map((record) => readHeader(record, 0, 4096))
        const total = counts.reduce((sum, it) => sum + (it.kind === 'header' ? it.header.sampleCount : 0), 0)
        expect(total).toBeLessThanOrEqual(1500 * RATE_HZ)
      }
      const names = readdirSync(set.dir, { recursive: true }).map(String)
      expect(names.filter((name) => name.endsWith('.part') || name === 'restamp.json')).toEqual([])
      await again.stop()
      await set.ring.stop()
    }
    expect(operations).toBeGreaterThan(5)
  })
})
