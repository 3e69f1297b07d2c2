import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { EventFinding, Finding, StateFinding } from '@minewarden/protocol/finding.ts'
import type { CountyCode, SiteId } from '@minewarden/protocol/ids.ts'
import type { DetectorCheckpoint, FindingsStore, RecordedFinding } from '../core/findings-port.ts'
import { CloudError } from '../errors.ts'

/** Findings kept at most, over all sites; the oldest go first. */
const MAX_FINDINGS = 1_000_000

const TABLES = `
CREATE TABLE IF NOT EXISTS findings (number INTEGER PRIMARY KEY, site TEXT NOT NULL, kind TEXT NOT NULL, finding TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS findings_of_site ON findings (site, kind, number);
CREATE TABLE IF NOT EXISTS snapshots (site TEXT PRIMARY KEY, snapshot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS networks (county TEXT PRIMARY KEY, snapshot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS progress (name TEXT PRIMARY KEY, offset INTEGER NOT NULL);
`
/** Name under which `progress` keeps how far the detectors have read the journal. */
const CHECKPOINT = 'checkpoint'

/** {@link FindingsStore} in one SQLite file, every commit on the disk when it returns. */
export function openFindings(path: string): FindingsStore {
  try {
    const db = new DatabaseSync(path)
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${TABLES}`)
    return new SqliteFindings(path, db)
  } catch (error) {
    throw unusable(path, error)
  }
}

class SqliteFindings implements FindingsStore {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #sql: Record<keyof typeof SQL, StatementSync>
  #head: number

  constructor(path: string, db: DatabaseSync) {
    this.#path = path
    this.#db = db
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])
    this.#sql = Object.fromEntries(prepared) as Record<keyof typeof SQL, StatementSync>
    this.#head = Number(this.#sql.head.get()?.head ?? 0)
  }

  get head(): number {
    return this.#head
  }

  save({ offset, snapshots, networks = [], findings }: DetectorCheckpoint): readonly RecordedFinding[] {
    const recorded = findings.map((finding, i) => ({ offset: this.#head + i + 1, finding }))
    this.#transaction(() => {
      for (const { offset: number, finding } of recorded)
        this.#sql.add.run(number, finding.site, finding.kind, JSON.stringify(finding))
      for (const { site, snapshot } of snapshots) this.#sql.saveSnapshot.run(site, JSON.stringify(snapshot))
      for (const { county, snapshot } of networks) this.#sql.saveNetwork.run(county, JSON.stringify(snapshot))
      this.#sql.saveProgress.run(CHECKPOINT, offset)
      if (recorded.length > 0) this.#sql.forget.run(this.#head + recorded.length - MAX_FINDINGS)
    })
    this.#head += recorded.length
    return recorded
  }

  checkpointOffset(): number {
    return this.offsetOf(CHECKPOINT)
  }

  snapshotOf(site: SiteId): unknown {
    const row = this.#sql.snapshot.get(site)
    return row ? JSON.parse(String(row.snapshot)) : undefined
  }

  networkOf(county: CountyCode): unknown {
    const row = this.#sql.network.get(county)
    return row ? JSON.parse(String(row.snapshot)) : undefined
  }

  read(after: number, limit: number): readonly RecordedFinding[] {
    return this.#sql.read.all(after, limit).map((row) => ({ offset: Number(row.number), finding: findingOf(row) }))
  }

  latest(site: SiteId, limit: number): Finding[] {
    return this.#sql.latest.all(site, limit).map(findingOf)
  }

  lastState(site: SiteId): StateFinding | null {
    const row = this.#sql.lastOfKind.get(site, 'state')
    return row ? StateFinding.parse(findingOf(row)) : null
  }

  lastEvent(site: SiteId): EventFinding | null {
    const row = this.#sql.lastOfKind.get(site, 'event')
    return row ? EventFinding.parse(findingOf(row)) : null
  }

  offsetOf(consumer: string): number {
    return Number(this.#sql.progress.get(consumer)?.offset ?? 0)
  }

  advance(consumer: string, offset: number): void {
    this.#transaction(() => this.#sql.saveProgress.run(consumer, offset))
  }

  close(): void {
    this.#db.close()
  }

  #transaction(work: () => void): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw unusable(this.#path, error)
    }
  }
}

const findingOf = (row: Record<string, unknown>): Finding => Finding.parse(JSON.parse(String(row.finding)))

const unusable = (path: string, error: unknown): CloudError =>
  new CloudError('findings-unusable', `${path}: ${error instanceof Error ? error.message : error}`, error)

const SQL = {
  head: 'SELECT max(number) AS head FROM findings',
  add: 'INSERT INTO findings (number, site, kind, finding) VALUES (?, ?, ?, ?)',
  forget: 'DELETE FROM findings WHERE number <= ?',
  saveSnapshot: `INSERT INTO snapshots (site, snapshot) VALUES (?, ?)
    ON CONFLICT (site) DO UPDATE SET snapshot = excluded.snapshot`,
  snapshot: 'SELECT snapshot FROM snapshots WHERE site = ?',
  saveProgress: `INSERT INTO progress (name, offset) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET offset = max(offset, excluded.offset)`,
  saveNetwork: `INSERT INTO networks (county, snapshot) VALUES (?, ?)
    ON CONFLICT (county) DO UPDATE SET snapshot = excluded.snapshot`,
  network: 'SELECT snapshot FROM networks WHERE county = ?',
  progress: 'SELECT offset FROM progress WHERE name = ?',
  read: 'SELECT number, finding FROM findings WHERE number > ? ORDER BY number LIMIT ?',
  latest: 'SELECT finding FROM findings WHERE site = ? ORDER BY number DESC LIMIT ?',
  lastOfKind: 'SELECT finding FROM findings WHERE site = ? AND kind = ? ORDER BY number DESC LIMIT 1',
} as const
