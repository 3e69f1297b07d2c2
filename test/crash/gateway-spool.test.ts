import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Logger, Spool } from '@minewarden/edge/core/ports.ts'
import { openSpool } from '@minewarden/edge/shell/spool-sqlite.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { probe } from '../edge/support/readings.ts'
import { requires } from '../support/requires.ts'
import { rowOf } from './support/spool-rows.ts'

const CHILD = fileURLToPath(new URL('support/spool-writer-child.ts', import.meta.url))
/** `MINEWARDEN_CRASH_ROUNDS=500` for the long run. */
const ROUNDS = Number(process.env.MINEWARDEN_CRASH_ROUNDS ?? 25)
const IMAGES = 200
const SECTOR_BYTES = 512

let dir: string
let errors: string[] = []
const logger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error: (_fields, message) => void errors.push(message),
  child: () => logger,
}
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-crash-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const open = (path: string): Spool =>
  openSpool(
    { logger, newEpoch: randomUUID, stamp: () => new Date().toISOString() },
    { path, quotaBytes: 1_000_000_000 },
  )
const sequencesOf = (spool: Spool): number[] =>
  (['alarm', 'feature', 'waveform'] as const)
    .flatMap((priority) => spool.pending(priority, 0, 1_000_000))
    .map(({ sequence }) => sequence)
    .sort((a, b) => a - b)

interface Story {
  epoch: string
  accepted: number
  settled: number
}

/** Reads what a killed writer said; a line without its end was not said. */
function tell(text: string, story: Story): void {
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const [word, first, last] = line.split(' ')
    if (word === 'failed') throw new Error(line)
    if (word === 'epoch') {
      if (story.epoch !== '') expect(first, 'the epoch is the same after a kill').toBe(story.epoch)
      story.epoch = first as string
    }
    if (word === 'accepted') {
      expect(Number(first), 'no sequence is given twice').toBeGreaterThan(story.accepted)
      story.accepted = Number(last)
    }
    if (word === 'settled') story.settled = Math.max(story.settled, Number(first))
  }
}

/** Kills the writer after as many lines as it is given, and a moment more; after none, while it may still be opening. */
async function killAfter(child: ChildProcess, lines: number): Promise<string> {
  let said = ''
  const enough = new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.split('\n').length > lines) resolve()
    })
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  if (lines > 0) await Promise.race([enough, ended])
  await sleep(randomInt(lines > 0 ? 20 : 300))
  child.kill('SIGKILL')
  await ended
  return said
}

describe('a spool whose writer is killed', () => {
  it(`loses no accepted row in ${ROUNDS} kills at random moments, and gives no sequence twice`, async () => {
    const path = join(dir, 'killed.db')
    const story: Story = { epoch: '', accepted: 0, settled: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      const child = spawn(process.execPath, [CHILD, path], { stdio: ['ignore', 'pipe', 'inherit'] })
      tell(await killAfter(child, round % 5 === 0 ? 0 : randomInt(1, 25)), story)
      const spool = open(path)
      expect(errors).toEqual([])
      if (story.epoch !== '') expect(spool.epoch).toBe(story.epoch)
      const present = new Set(sequencesOf(spool))
      for (let sequence = story.settled + 1; sequence <= story.accepted; sequence++) {
        expect(present.has(sequence), `row ${sequence} in round ${round}`).toBe(true)
      }
      // A commit that the writer did not live to tell of may be there, whole.
      story.accepted = Math.max(story.accepted, spool.next - 1)
      spool.close()
    }
    expect(story.accepted).toBeGreaterThan(ROUNDS)
    const spool = open(path)
    for (const sequence of sequencesOf(spool).slice(-2000)) {
      const refs = (['alarm', 'feature', 'waveform'] as const).map((priority) => spool.get({ sequence, priority }))
      const row = refs.find((each) => each !== null)
      if (row?.reading.kind !== 'probe') expect(row?.reading).toEqual(rowOf(sequence))
    }
    spool.close()
  })
})

/** A spool file with its WAL as they are on disk after some commits, and where in the WAL each commit ends. */
function photograph(name: string, commits: number) {
  const path = join(dir, `${name}.db`)
  const spool = open(path)
  const ends: { walBytes: number; accepted: number }[] = []
  for (let i = 0; i < commits; i++) {
    const count = randomInt(1, 12)
    const rows = spool.append(Array.from({ length: count }, (_, k) => rowOf(spool.next + k)))
    ends.push({ walBytes: statSync(`${path}-wal`).size, accepted: rows.at(-1)?.sequence as number })
  }
  const image = { database: readFileSync(path), wal: readFileSync(`${path}-wal`), ends, epoch: spool.epoch }
  spool.close()
  return { ...image, checkpointed: readFileSync(path) }
}

/** Opens an image and holds it to what had been accepted; it must then go on working. */
function expectWhole(name: string, image: { database: Uint8Array; wal: Uint8Array }, accepted: number, epoch: string) {
  const path = join(dir, `${name}.db`)
  writeFileSync(path, image.database)
  writeFileSync(`${path}-wal`, image.wal)
  errors = []
  const spool = open(path)
  expect(errors).toEqual([])
  expect(spool.epoch).toBe(epoch)
  const present = sequencesOf(spool)
  expect(present.slice(0, accepted)).toEqual(Array.from({ length: accepted }, (_, i) => i + 1))
  expect(spool.append([probe(1)]).map(({ sequence }) => sequence)).toEqual([present.length + 1])
  spool.close()
  const again = open(path)
  expect(sequencesOf(again)).toHaveLength(present.length + 1)
  again.close()
  for (const suffix of ['', '-wal']) rmSync(path + suffix, { force: true })
}

describe('a spool image after a power cut', () => {
  it(`opens with every accepted row when the tail of the log is torn, garbled or missing (${IMAGES} images)`, () => {
    const photo = photograph('torn', 60)
    for (let i = 0; i < IMAGES; i++) {
      const kept = photo.ends[randomInt(0, photo.ends.length)] as (typeof photo.ends)[number]
      const wal = Buffer.from(photo.wal.subarray(0, kept.walBytes + randomInt(0, 5000)))
      const tail = wal.subarray(kept.walBytes)
      // What was never synced may be there in part, in any order of sectors, or as noise.
      for (let at = 0; at < tail.length; at += SECTOR_BYTES) {
        const sector = tail.subarray(at, at + SECTOR_BYTES)
        const fate = randomInt(0, 3)
        if (fate === 0) sector.fill(0)
        if (fate === 1) for (let k = 0; k < sector.length; k++) sector[k] = randomInt(0, 256)
      }
      expectWhole(`torn-${i}`, { database: photo.database, wal }, kept.accepted, photo.epoch)
    }
  })

  it('opens with every accepted row when a checkpoint was cut short and half of its pages were lost', () => {
    const photo = photograph('checkpoint', 80)
    const { accepted } = photo.ends.at(-1) as (typeof photo.ends)[number]
    for (let i = 0; i < 40; i++) {
      const length = randomInt(0, 2) === 0 ? photo.checkpointed.length : photo.database.length
      const database = Buffer.alloc(length)
      for (let at = 0; at < length; at += SECTOR_BYTES) {
        const source = randomInt(0, 2) === 0 ? photo.database : photo.checkpointed
        database.set(source.subarray(at, Math.min(at + SECTOR_BYTES, length)), at)
      }
      // The first page is written last of all by no rule; but it tells the page size, without which nothing is a database.
      database.set(photo.database.subarray(0, SECTOR_BYTES), 0)
      expectWhole(`checkpoint-${i}`, { database, wal: photo.wal }, accepted, photo.epoch)
    }
  })

  it('costs nothing but what was on it when the file is gone: a new epoch begins', () => {
    const path = join(dir, 'gone.db')
    const spool = open(path)
    spool.append([probe(0)])
    const { epoch } = spool
    copyFileSync(path, `${path}.copy`)
    spool.close()
    rmSync(path)
    const fresh = open(path)
    expect(fresh.epoch).not.toBe(epoch)
    expect(fresh.stats()).toMatchObject({ rows: 0, oldest: 1 })
    fresh.close()
  })
})

describe.runIf(requires('strace'))('an accepted alarm', () => {
  it('has been synchronised to the disk: an fsync of the log between the append and the word', () => {
    const commits = 30
    const trace = join(dir, 'trace')
    const calls = 'trace=fsync,fdatasync,write'
    execFileSync(
      'strace',
      ['-f', '-s', '64', '-e', calls, '-o', trace, process.execPath, CHILD, join(dir, 'synced.db'), String(commits)],
      { stdio: 'ignore' },
    )
    let synced = 0
    let accepted = 0
    for (const line of readFileSync(trace, 'utf8').split('\n')) {
      if (/\b(fsync|fdatasync)\(/.test(line)) synced += 1
      if (!/write\(1, "accepted /.test(line)) continue
      expect(synced, `commit ${accepted + 1}`).toBeGreaterThanOrEqual(1)
      synced = 0
      accepted += 1
    }
    expect(accepted).toBe(commits)
  })
})
