/** What the programs of the chain have written down, read from their files while they do not run. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createStoredDecoder } from '@minewarden/cloud/core/born-layout.ts'
import { decodeRow, layoutFromJson } from '@minewarden/edge/core/row-codec.ts'
import { Finding } from '@minewarden/protocol/finding.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { RangeSet } from '@minewarden/protocol/spool.ts'

export interface SpoolBooks {
  readonly epoch: string
  readonly next: number
  /** Every row on the disk, by sequence; settled ones stay there until the next prune. */
  readonly rows: ReadonlyMap<number, Reading>
}

/** Reads a copy of the spool and its log: what the killed gateway finds must be what it left. */
export function readSpool(gatewayDir: string): SpoolBooks {
  const copy = mkdtempSync(join(tmpdir(), 'minewarden-books-'))
  try {
    for (const suffix of ['', '-wal']) {
      const file = join(gatewayDir, `spool.db${suffix}`)
      if (existsSync(file)) copyFileSync(file, join(copy, `spool.db${suffix}`))
    }
    using db = new DatabaseSync(join(copy, 'spool.db'))
    const meta = (key: string) => db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.value
    const layouts = new Map(
      db
        .prepare('SELECT id, layout FROM layout')
        .all()
        .map((row) => [row.id, layoutFromJson(String(row.layout))]),
    )
    const rows = new Map<number, Reading>()
    for (const table of ['alarm', 'feature', 'waveform']) {
      for (const { sequence, layout, body } of db.prepare(`SELECT sequence, layout, body FROM ${table}`).all()) {
        const known = layouts.get(layout ?? null)
        const reading = known ? decodeRow(known, body as Uint8Array) : null
        if (!reading) throw new Error(`spool row ${sequence} cannot be read`)
        rows.set(Number(sequence), reading)
      }
    }
    return {
      epoch: String(meta('epoch')),
      next: Math.max(Number(meta('next')), ...[...rows.keys()].map((n) => n + 1)),
      rows,
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

export interface JournalBookRow {
  readonly epoch: string
  readonly sequence: number
  readonly receivedAt: number
  readonly reading: Reading
}
export interface JournalBooks {
  /** In order of commit. */
  readonly rows: readonly JournalBookRow[]
  readonly ranges: ReadonlyMap<string, RangeSet>
  readonly quarantined: number
  readonly head: number
  readonly offsets: Readonly<Record<string, number>>
}

export function readJournal(cloudDir: string): JournalBooks {
  using db = new DatabaseSync(join(cloudDir, 'journal.sqlite'))
  const decode = createStoredDecoder()
  const stored = db
    .prepare(`SELECT rows.offset, epochs.epoch, sequence, received, layouts.layout, payload FROM rows
      JOIN epochs ON epochs.id = rows.epoch JOIN layouts ON layouts.id = rows.layout ORDER BY rows.offset`)
    .all()
  const rows = stored.map((row) => ({
    epoch: String(row.epoch),
    sequence: Number(row.sequence),
    receivedAt: Number(row.received),
    reading: decode({ text: String(row.layout) }, row.payload as Uint8Array),
  }))
  const epochs = db.prepare('SELECT epoch, ranges FROM epochs').all()
  const consumers = db.prepare('SELECT name, offset FROM consumers').all()
  return {
    rows,
    ranges: new Map(epochs.map((row) => [String(row.epoch), new RangeSet(JSON.parse(String(row.ranges)))])),
    quarantined: Number(db.prepare('SELECT count(*) AS n FROM quarantine').get()?.n),
    head: Number(stored.at(-1)?.offset ?? 0),
    offsets: Object.fromEntries(consumers.map((row) => [String(row.name), Number(row.offset)])),
  }
}

export function readFindings(cloudDir: string): Finding[] {
  using db = new DatabaseSync(join(cloudDir, 'findings.sqlite'))
  const rows = db.prepare('SELECT finding FROM findings ORDER BY number').all()
  return rows.map((row) => Finding.parse(JSON.parse(String(row.finding))))
}

/** What a finding is about: no two may be of the same. */
export const subjectOf = (finding: Finding): string =>
  finding.kind === 'event'
    ? `${finding.site} event ${finding.sensor} ${finding.onset} ${finding.class}`
    : finding.kind === 'state'
      ? `${finding.site} state ${finding.at} ${finding.state}`
      : `${finding.site} supply ${finding.at} ${finding.fact}`

/** `PRAGMA integrity_check` of every database in the folders, by file; all should say `ok`. */
export function integrityOf(...dirs: readonly string[]): Record<string, string> {
  const files = dirs.flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)))
  const databases = files.filter((file) => /\.(db|sqlite)$/.test(file))
  return Object.fromEntries(
    databases.map((file) => {
      using db = new DatabaseSync(file)
      return [file, String(db.prepare('PRAGMA integrity_check').get()?.integrity_check)]
    }),
  )
}
