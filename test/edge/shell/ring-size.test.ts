import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RECORD_BYTES, SLICE_MS } from '@minewarden/edge/shell/ring.ts'
import { encodeRecords } from '@minewarden/hardware/miniseed/encode.ts'
import { shiftRecords } from '@minewarden/hardware/miniseed/restamp.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { findProgram, requires } from '../../support/requires.ts'
import { T0 } from '../support/readings.ts'
import { at, block, setUpRing, slicesOf, temporaryDir } from './ring-support.ts'

const RATE_HZ = 500
const CHANNELS = ['HHZ', 'HHN', 'HHE', 'HDF'] as const
/** The design's week, 2 GB, with `MINEWARDEN_FULL_RING=1`; a few hours else. */
const SLICES = process.env.MINEWARDEN_FULL_RING ? (7 * 86_400_000) / SLICE_MS : 36
const ANSWER_MS = 200

/** One slice of ground noise that packs to 1.6 bytes a sample, again and again. */
function fillRing(dir: string): void {
  let state = 7
  const noise = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0xffff_ffff - 0.5
  }
  const samples = Int32Array.from({ length: (RATE_HZ * SLICE_MS) / 1000 }, () => Math.round(600 * noise()))
  for (const channel of CHANNELS) {
    mkdirSync(join(dir, 'geo-1', channel), { recursive: true })
    const name = { network: 'XX', station: 'GW1', location: '00', channel }
    const format = { ...name, rateHz: RATE_HZ, recordLength: RECORD_BYTES, startAt: T0, samples }
    const slice = encodeRecords(format)
    for (let i = 0; i < SLICES; i++) {
      const startAt = T0 + i * SLICE_MS
      writeFileSync(join(dir, 'geo-1', channel, `${startAt}.mseed`), shiftRecords(slice, startAt - T0))
    }
  }
}

describe('a ring of the size that it is meant for', () => {
  it('starts at once and gives any stretch within 200 ms', { timeout: 300_000 }, async () => {
    const dir = temporaryDir()
    fillRing(dir)
    const { ring } = setUpRing({ dir, maxBytes: 1e12, maxAgeMs: 30 * 86_400_000 })
    const begun = performance.now()
    await ring.start()
    const startMs = performance.now() - begun
    const times: number[] = []
    for (let i = 0; i < 20; i++) {
      const fromS = Math.floor((((i * 7919) % 1000) / 1000) * ((SLICES * SLICE_MS) / 1000 - 60))
      const asked = performance.now()
      const records = await ring.read('geo-1', CHANNELS[i % 4] as string, at(fromS), at(fromS + 60), 4_194_304)
      times.push(performance.now() - asked)
      expect(records.length).toBeGreaterThan(8)
    }
    // The largest answer there is, out of the whole ring.
    const asked = performance.now()
    const most = await ring.read('geo-1', 'HHZ', at(0), instant(T0 + SLICES * SLICE_MS), 4_194_304)
    const largestMs = performance.now() - asked
    expect(most.length).toBe(4_194_304 / RECORD_BYTES)
    console.info(
      `${(ring.bytes / 1e9).toFixed(2)} GB in ${SLICES * 4} files: start ${startMs.toFixed(0)} ms, a minute ` +
        `${Math.max(...times).toFixed(1)} ms at most, 4 MiB ${largestMs.toFixed(0)} ms`,
    )
    expect(Math.max(...times)).toBeLessThan(ANSWER_MS)
    expect(startMs).toBeLessThan(2_000)
    await ring.stop()
  })
})

describe.runIf(requires('gcc', 'libmseed'))('the files of the ring', () => {
  it('are read by libmseed without a complaint, sample for sample', async () => {
    const { ring, dir } = setUpRing()
    await ring.start()
    for (let s = 0; s < 700; s++) ring.write('geo-1', block(s, 1, { clock: 'unsynchronised', wrongByMs: -77_777 }))
    await ring.restamp(T0 - 77_777, 77_777)
    for (let s = 710; s < 800; s++) ring.write('geo-1', block(s, 1, { clock: 'gnss' }))
    await ring.stop()
    const oracle = join(temporaryDir(), 'oracle')
    const source = join(import.meta.dirname, '../../hardware/miniseed/libmseed-oracle.c')
    execFileSync(findProgram('gcc') as string, ['-O1', '-o', oracle, source, '-lmseed'])
    let index = 0
    for (const path of slicesOf(dir)) {
      expect(statSync(path).size % RECORD_BYTES).toBe(0)
      const { stdout, stderr } = spawnSync(oracle, ['read', path], { maxBuffer: 2 ** 28, encoding: 'utf8' })
      expect(stderr).toBe('')
      for (const line of stdout.split('\n').filter(Boolean)) {
        if (line.startsWith('record')) {
          const [, , , name, micros, rate] = line.split(' ')
          expect([name, rate]).toEqual(['XX/GW1/00/HHZ', '100'])
          index = Math.round((Number(micros) / 1000 - T0) / 10)
          continue
        }
        if (Number(line) !== ((index * 7919) % 4001) - 2000) expect.fail(`sample ${index}: ${line}`)
        index++
      }
    }
    expect(index).toBe(80_000)
  })
})
