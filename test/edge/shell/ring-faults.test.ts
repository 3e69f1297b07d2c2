import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FLUSH_MS, RECORD_BYTES } from '@minewarden/edge/shell/ring.ts'
import { MAX_WAITING_BYTES } from '@minewarden/edge/shell/ring-channel.ts'
import { type RingDisk, ringDisk } from '@minewarden/edge/shell/ring-disk.ts'
import { readHeader } from '@minewarden/hardware/miniseed/header.ts'
import { CLOCK_QUALITIES } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../support/manual-clock.ts'
import { at, block, expectSamples, RATE_HZ, sampleAt, samplesOf, setUpRing, slicesOf } from './ring-support.ts'

/** A disk that takes no more than some bytes in all, and half of the write that is one too many. */
function smallDisk(): RingDisk & { room: number } {
  const disk = {
    ...ringDisk,
    room: Number.POSITIVE_INFINITY,
    async write(writes: Parameters<RingDisk['write']>[0]) {
      const results: (Error | null)[] = []
      for (const write of writes) {
        if (write.bytes.length <= disk.room) {
          disk.room -= write.bytes.length
          results.push(...(await ringDisk.write([write])))
        } else {
          await ringDisk.write([{ ...write, bytes: write.bytes.subarray(0, 1000) }])
          results.push(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }))
        }
      }
      return results
    },
    async remove(path: string) {
      disk.room += statSync(path, { throwIfNoEntry: false })?.size ?? 0
      await ringDisk.remove(path)
    },
  }
  return disk
}

const header = (record: Uint8Array) => {
  const result = readHeader(record, 0, record.length)
  if (result.kind !== 'header') throw new Error('no header')
  return result.header
}

describe('the waveform ring in trouble', () => {
  it('gives up its oldest slices on a full disk, as few as it must, and loses nothing new', async () => {
    const disk = smallDisk()
    const told: string[] = []
    const logger = { ...silentLogger, error: (_: object, message: string) => void told.push(message) }
    const { ring, clock, dir } = setUpRing({ disk, logger })
    await ring.start()
    let minute = 0
    const aMinute = async () => {
      ring.write('geo-1', block(minute++ * 60, 60))
      await clock.advance(FLUSH_MS)
    }
    while (minute < 30) await aMinute()
    await ring.read('geo-1', 'HHZ', at(0), at(1), 1e9)
    disk.room = 0
    while (minute < 35) await aMinute()
    expectSamples(await ring.read('geo-1', 'HHZ', at(640), at(35 * 60), 1e9), 640, 35 * 60)
    expect(samplesOf(await ring.read('geo-1', 'HHZ', at(0), at(500), 1e9)).size).toBe(0)
    expect(slicesOf(dir).length).toBeLessThan(4)
    expect(told).toEqual([])
    await ring.stop()
  })

  it('keeps what it can in memory while the disk takes nothing, and goes on where it was once it does', async () => {
    const disk = smallDisk()
    const told: string[] = []
    const log = (_: object, message: string) => void told.push(message)
    const { ring, clock, dir } = setUpRing({ disk, logger: { ...silentLogger, error: log, info: log } })
    await ring.start()
    disk.room = 0
    for (let minute = 0; minute < 8; minute++) {
      ring.write('geo-1', block(minute * 60, 60))
      await clock.advance(FLUSH_MS)
    }
    expect(told).toEqual(['waveform ring: disk refuses'])
    disk.room = Number.POSITIVE_INFINITY
    await clock.advance(FLUSH_MS)
    expectSamples(await ring.read('geo-1', 'HHZ', at(0), at(480), 1e9), 0, 480)
    await ring.stop()
    expect(told).toEqual(['waveform ring: disk refuses', 'waveform ring: disk takes again'])
    // Nothing of the failed attempts is left between the records.
    for (const path of slicesOf(dir)) expect(statSync(path).size % RECORD_BYTES).toBe(0)
    const { ring: again } = setUpRing({ dir })
    await again.start()
    expectSamples(await again.read('geo-1', 'HHZ', at(0), at(480), 1e9), 0, 480)
    await again.stop()
  })

  it('holds no more than its ceiling when the disk never takes anything, the newest', async () => {
    const disk = smallDisk()
    disk.room = 0
    const { ring } = setUpRing({ disk })
    await ring.start()
    const seconds = 12_000
    for (let s = 0; s < seconds; s += 100) ring.write('geo-1', block(s, 100))
    expect(ring.lostRecords).toBeGreaterThan(0)
    const records = await ring.read('geo-1', 'HHZ', at(0), at(seconds), 1e9)
    expect(records.length * RECORD_BYTES).toBeLessThanOrEqual(MAX_WAITING_BYTES + 2 * RECORD_BYTES)
    expectSamples(records, seconds - 3000, seconds)
    await ring.stop()
  })

  const damages: readonly (readonly [string, (path: string) => void])[] = [
    ['cut off within a record', (path) => truncateSync(path, statSync(path).size - 1700)],
    ['cut off at a few bytes', (path) => truncateSync(path, 3 * RECORD_BYTES + 20)],
    ['longer by zeroes', (path) => appendFileSync(path, new Uint8Array(3 * RECORD_BYTES))],
    [
      'longer by noise',
      (path) =>
        appendFileSync(
          path,
          Uint8Array.from({ length: 9000 }, (_, i) => (i * 89) % 251),
        ),
    ],
    ['zero behind the header of its last record', (path) => overwrite(path, -RECORD_BYTES + 512, new Uint8Array(3584))],
    ['garbled in the samples of its last record', (path) => overwrite(path, -1800, new Uint8Array(700).fill(0x5a))],
    ['garbled in the header of its second record', (path) => overwrite(path, RECORD_BYTES, new Uint8Array(40).fill(7))],
    ['empty', (path) => writeFileSync(path, '')],
  ]
  function overwrite(path: string, from: number, bytes: Uint8Array): void {
    const whole = new Uint8Array(readFileSync(path))
    whole.set(bytes, from < 0 ? whole.length + from : from)
    writeFileSync(path, whole)
  }

  it.each(damages)('gives only sound records of a file that is %s, and those all', async (_, damage) => {
    const { ring, dir } = setUpRing()
    await ring.start()
    for (let s = 0; s < 400; s++) ring.write('geo-1', block(s, 1))
    await ring.stop()
    const path = slicesOf(dir)[0] as string
    const records = statSync(path).size / RECORD_BYTES
    damage(path)
    const intact = Math.floor(statSync(path).size / RECORD_BYTES)
    const { ring: again } = setUpRing({ dir })
    await again.start()
    const found = await again.read('geo-1', 'HHZ', at(0), at(400), 1e9)
    for (const [index, sample] of samplesOf(found)) expect(sample).toBe(sampleAt(index))
    expect(found.length).toBeGreaterThanOrEqual(Math.min(records, intact) - 1)
    again.write('geo-1', block(400, 10))
    expectSamples(await again.read('geo-1', 'HHZ', at(400), at(410), 1e9), 400, 410)
    await again.stop()
  })

  it('keeps both truths of a clock that was set back, in order of time', async () => {
    const { ring, dir } = setUpRing()
    await ring.start()
    for (let s = 100; s < 200; s++) ring.write('geo-1', block(s, 1))
    for (let s = 200; s < 300; s++) ring.write('geo-1', block(s, 1, { wrongByMs: -150_000 }))
    await ring.stop()
    const { ring: again } = setUpRing({ dir })
    await again.start()
    const records = await again.read('geo-1', 'HHZ', at(0), at(400), 1e9)
    const starts = records.map((record) => header(record).startAt)
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    const total = records.reduce((sum, record) => sum + header(record).sampleCount, 0)
    expect(total).toBe(200 * RATE_HZ)
    await again.stop()
  })

  it('keeps a stretch that comes twice, and gives both', async () => {
    const { ring } = setUpRing()
    await ring.start()
    ring.write('geo-1', block(0, 30))
    ring.write('geo-1', block(20, 30))
    const records = await ring.read('geo-1', 'HHZ', at(0), at(60), 1e9)
    expect(records.reduce((sum, record) => sum + header(record).sampleCount, 0)).toBe(60 * RATE_HZ)
    expectSamples(records, 0, 50)
    await ring.stop()
  })

  it('begins a new record where the rate changes', async () => {
    const { ring } = setUpRing()
    await ring.start()
    ring.write('geo-1', block(0, 10))
    ring.write('geo-1', block(10, 10, { rateHz: 250 }))
    ring.write('geo-1', block(20, 10))
    const records = await ring.read('geo-1', 'HHZ', at(0), at(40), 1e9)
    expectSamples(records, 0, 10)
    expectSamples(records, 10, 20, 250)
    expectSamples(records, 20, 30)
    await ring.stop()
  })

  it('loses a slow channel no more than two minutes of samples, though its record is far from full', async () => {
    const { ring, clock, dir } = setUpRing()
    await ring.start()
    for (let s = 0; s < 600; s += 10) {
      ring.write('geo-1', block(s, 10, { rateHz: 1 }))
      await clock.advance(10_000)
    }
    // As after a power cut: nothing was closed.
    const { ring: again } = setUpRing({ dir })
    await again.start()
    expectSamples(await again.read('geo-1', 'HHZ', at(0), at(600), 1e9), 0, 480, 1)
    await again.stop()
    await ring.stop()
  })

  it('keeps the location code of each sensor over restarts, whoever speaks first', async () => {
    const { ring, dir } = setUpRing()
    await ring.start()
    for (const sensor of ['geo-1', 'geo-2', 'geo-3']) ring.write(sensor, block(0, 60))
    await ring.stop()
    const codes = async (order: readonly string[]) => {
      const { ring: again } = setUpRing({ dir })
      await again.start()
      const codes: Record<string, string> = {}
      for (const sensor of order) {
        again.write(sensor, block(100, 60))
        codes[sensor] = header((await again.read(sensor, 'HHZ', at(100), at(160), 1e9))[0] as Uint8Array).location
      }
      await again.stop()
      return codes
    }
    expect(await codes(['geo-3', 'geo-1', 'geo-2'])).toEqual({ 'geo-1': '00', 'geo-2': '01', 'geo-3': '02' })
    expect(await codes(['geo-4', 'geo-2'])).toEqual({ 'geo-4': '03', 'geo-2': '01' })
    // Without the file they are read from the records.
    rmSync(join(dir, 'locations.json'))
    expect(await codes(['geo-5', 'geo-3'])).toEqual({ 'geo-5': '04', 'geo-3': '02' })
    writeFileSync(join(dir, 'locations.json'), '{"geo-3":')
    expect(await codes(['geo-1', 'geo-3'])).toEqual({ 'geo-1': '00', 'geo-3': '02' })
  })

  it.each(CLOCK_QUALITIES)('says in the header that the clock was %s', async (clock) => {
    const { ring } = setUpRing()
    await ring.start()
    ring.write('geo-1', block(0, 60, { clock }))
    const { timingQuality, clockLocked, timeQuestionable } = header(
      (await ring.read('geo-1', 'HHZ', at(0), at(60), 1e9))[0] as Uint8Array,
    )
    expect({ timingQuality, clockLocked, timeQuestionable }).toEqual(
      {
        unsynchronised: { timingQuality: 0, clockLocked: false, timeQuestionable: true },
        holdover: { timingQuality: 50, clockLocked: false, timeQuestionable: false },
        ntp: { timingQuality: 90, clockLocked: true, timeQuestionable: false },
        gnss: { timingQuality: 100, clockLocked: true, timeQuestionable: false },
      }[clock],
    )
    await ring.stop()
  })

  it('cuts no record short when the clock flaps: a record says the worst of its samples', async () => {
    const { ring } = setUpRing()
    await ring.start()
    for (let s = 0; s < 200; s++) ring.write('geo-1', block(s, 1, { clock: s % 2 ? 'holdover' : 'ntp' }))
    const records = await ring.read('geo-1', 'HHZ', at(0), at(200), 1e9)
    expect(records.length).toBeLessThan(20)
    expect(new Set(records.map((record) => header(record).timingQuality))).toEqual(new Set([50]))
    await ring.stop()
  })

  it('starts though a folder cannot be read, and gives what the others hold', async () => {
    const written = setUpRing()
    await written.ring.start()
    for (const sensor of ['geo-1', 'geo-2', 'geo-3']) written.ring.write(sensor, block(0, 60))
    await written.ring.stop()
    const disk: RingDisk = {
      ...ringDisk,
      folders: async (dir) => {
        if (dir.endsWith('geo-2')) throw new Error('EIO: i/o error, scandir')
        return await ringDisk.folders(dir)
      },
    }
    const told: string[] = []
    const logger = { ...silentLogger, error: (_: object, message: string) => void told.push(message) }
    const { ring } = setUpRing({ dir: written.dir, disk, logger })
    await ring.start()
    expect(told).toEqual(['waveform ring: disk refuses'])
    for (const sensor of ['geo-1', 'geo-3']) expectSamples(await ring.read(sensor, 'HHZ', at(0), at(60), 1e9), 0, 60)
    ring.write('geo-1', block(60, 60))
    await ring.stop()
    expectSamples(await ring.read('geo-1', 'HHZ', at(0), at(120), 1e9), 0, 120)
  })
})
