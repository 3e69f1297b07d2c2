import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pictureReadings } from '@minewarden/edge/core/picture-parts.ts'
import type { Logger, Spool } from '@minewarden/edge/core/ports.ts'
import { openSpool } from '@minewarden/edge/shell/spool-sqlite.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { PROBE, power, probe } from '../support/readings.ts'
import { testSpool } from '../support/spool-suite.ts'

const logged: { level: string; message: string }[] = []
const logger: Logger = {
  debug() {},
  info() {},
  warn: (_fields, message) => void logged.push({ level: 'warn', message }),
  error: (_fields, message) => void logged.push({ level: 'error', message }),
  child: () => logger,
}
const dirs: string[] = []
const newDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-spool-'))
  dirs.push(dir)
  return dir
}
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
  logged.length = 0
})
let stamps = 0
const open = (dir: string, quotaBytes = 64_000_000): Spool =>
  openSpool(
    { logger, newEpoch: randomUUID, stamp: () => `2026-03-01T14:00:0${stamps++ % 10}Z` },
    { path: join(dir, 'spool.db'), quotaBytes },
  )

testSpool('the SQLite spool', {
  place() {
    const dir = newDir()
    return { open: (quotaBytes) => open(dir, quotaBytes), cleanUp: () => rmSync(dir, { recursive: true }) }
  },
})

describe('the SQLite spool', () => {
  it('keeps nothing of a picture that has arrived, though it be torn out of the gateway', () => {
    const dir = newDir()
    const spool = open(dir)
    const jpeg = Uint8Array.from({ length: 60_000 }, (_, i) => (i * 31) % 251)
    const snapshot = { kind: 'snapshot', at: instant(1.7e12), clock: 'ntp', jpeg } as const
    const rows = spool.append([power(0), ...pictureReadings(PROBE, randomUUID(), snapshot), power(1)])
    spool.settle([[0, rows.at(-1)!.sequence]])
    spool.prune()
    spool.close()
    const left = readdirSync(dir).map((name) => readFileSync(join(dir, name)))
    for (const at of [100, 30_000, 59_000])
      expect(left.some((file) => file.includes(Buffer.from(jpeg.subarray(at, at + 200))))).toBe(false)
  })

  it('lets no second process in', () => {
    const dir = newDir()
    const first = open(dir)
    first.append([power(0)])
    expect(() => open(dir)).toThrow(/another process uses it/)
    first.close()
  })

  it.each([
    ['not a database', (path: string) => writeFileSync(path, 'these bytes are no database '.repeat(200))],
    ['cut in the middle', (path: string) => truncateSync(path, 3000)],
    [
      'garbled inside',
      (path: string) => {
        const bytes = readFileSync(path)
        writeFileSync(path, bytes.fill(0xa5, 1024))
      },
    ],
  ])('sets a file aside that is %s, says so, and begins a new epoch', (_, damage) => {
    const dir = newDir()
    const spool = open(dir)
    spool.append(Array.from({ length: 200 }, (__, i) => power(i)))
    const { epoch } = spool
    spool.close()
    damage(join(dir, 'spool.db'))
    const fresh = open(dir)
    expect(fresh.epoch).not.toBe(epoch)
    expect(fresh.append([probe(0)]).map(({ sequence }) => sequence)).toEqual([1])
    fresh.close()
    expect(logged).toEqual([{ level: 'error', message: expect.stringContaining('set aside') }])
    expect(readdirSync(dir).some((name) => name.startsWith('spool.db.unreadable-'))).toBe(true)
  })

  it('keeps few of the files it set aside', () => {
    const dir = newDir()
    for (let i = 0; i < 6; i++) {
      writeFileSync(join(dir, 'spool.db'), 'no database '.repeat(100))
      open(dir).close()
    }
    expect(readdirSync(dir).filter((name) => name.includes('unreadable'))).toHaveLength(3)
  })

  it('refuses a file that a newer gateway made, and leaves it as it is', async () => {
    const dir = newDir()
    const { DatabaseSync } = await import('node:sqlite')
    const path = join(dir, 'spool.db')
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => open(dir)).toThrow(/newer gateway/)
    expect(readdirSync(dir)).toEqual(['spool.db'])
  })

  it('tells of a row that it can no longer decode, as a gap', async () => {
    const dir = newDir()
    const spool = open(dir)
    const [row] = spool.append([power(0)])
    spool.close()
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(join(dir, 'spool.db'))
    database.exec("UPDATE feature SET body = x'00'")
    database.close()
    const again = open(dir)
    expect(again.get(row as never)?.reading).toMatchObject({ kind: 'gap', fields: { rows: 1, firstSequence: 1 } })
    again.close()
  })
})
