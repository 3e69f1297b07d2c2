import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { READING_KINDS, type Reading, type ReadingKind } from '@minewarden/protocol/reading.ts'
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { History, HistoryQuestion, HistorySeries, JournalRow } from '../core/ports.ts'
import { thinChanges, thinMinMax } from '../core/thinning.ts'
import { CloudError } from '../errors.ts'

/** Readings kept at most, whatever the retention: about 2 GB. The oldest go first. */
const MAX_POINTS = 10_000_000
/** Deleted in one transaction, so that no deletion holds up a write. */
const PRUNE_STEP = 20_000
/** Read for one question and channel: a question over more is answered from the newest. */
const MAX_READ = 200_000

const TABLES = `
CREATE TABLE IF NOT EXISTS series (
  id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, sensor TEXT NOT NULL, kind TEXT NOT NULL, channel TEXT NOT NULL,
  names TEXT NOT NULL, UNIQUE (gateway, sensor, kind, channel, names)
);
CREATE TABLE IF NOT EXISTS points (
  series INTEGER NOT NULL, at REAL NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (series, at)
) WITHOUT ROWID;
`

type Cell = number | string | boolean | null

interface Point {
  readonly at: number
  readonly names: readonly string[]
  readonly cells: readonly Cell[]
}

/**
 * The embedded {@link History}: one SQLite file, short retention, bounded. A reading written twice (the journal is read
 * again after a crash) is one point. Raw waveforms and pictures are no time series.
 */
export function openSqliteHistory(path: string, retentionMs: Millis): History {
  try {
    const db = new DatabaseSync(path)
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; ${TABLES}`)
    return new SqliteHistory(db, retentionMs)
  } catch (error) {
    throw new CloudError('history-unusable', `${path}: ${error instanceof Error ? error.message : error}`, error)
  }
}

class SqliteHistory implements History {
  readonly #db: DatabaseSync
  readonly #retentionMs: Millis
  readonly #seriesIds = new Map<string, number>()
  readonly #sql: Record<keyof typeof SQL, StatementSync>
  #points: number

  constructor(db: DatabaseSync, retentionMs: Millis) {
    this.#db = db
    this.#retentionMs = retentionMs
    this.#sql = Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])) as Record<
      keyof typeof SQL,
      StatementSync
    >
    this.#points = Number(this.#sql.count.get()?.count ?? 0)
  }

  async write(rows: readonly JournalRow[]): Promise<void> {
    this.#transaction(() => {
      for (const { gateway, reading } of rows) {
        if (reading.kind === 'waveform' || reading.kind === 'picture') continue
        const { changes } = this.#sql.write.run(this.#seriesId(gateway, reading), reading.measuredAt, fieldsOf(reading))
        this.#points += Number(changes)
      }
    })
  }

  async query(question: HistoryQuestion): Promise<HistorySeries[]> {
    const { gateway, sensor, kind, from, to } = question
    const channels = new Map<string, Point[]>()
    for (const { id, channel, names } of this.#sql.channels.all(gateway, sensor, kind)) {
      const fields: string[] = JSON.parse(String(names))
      const points = this.#sql.read
        .all(Number(id), from, to, MAX_READ)
        .map((row) => ({ at: Number(row.at), names: fields, cells: JSON.parse(String(row.fields)) as Cell[] }))
      channels.set(String(channel), [...(channels.get(String(channel)) ?? []), ...points])
    }
    return [...channels].flatMap(([channel, points]) => seriesOf(points, question, channel === '' ? null : channel))
  }

  async prune(now: Instant): Promise<void> {
    let oldest = instant(now - this.#retentionMs)
    for (const { id } of this.#sql.allSeries.all()) this.#pruneSeries(Number(id), oldest)
    while (this.#points > MAX_POINTS) {
      // Half-way between the oldest point and now, until it fits: terminates, and needs no index over time alone.
      oldest = instant((oldest + now) / 2)
      for (const { id } of this.#sql.allSeries.all()) this.#pruneSeries(Number(id), oldest)
    }
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  #pruneSeries(id: number, olderThan: Instant): void {
    for (;;) {
      const changes = Number(this.#sql.prune.run(id, id, olderThan, PRUNE_STEP).changes)
      this.#points -= changes
      if (changes < PRUNE_STEP) return
    }
  }

  #seriesId(gateway: string, { sensor, kind, channel }: Reading): number {
    const key = `${gateway} ${sensor ?? ''} ${kind} ${channel ?? ''}`
    const known = this.#seriesIds.get(key)
    if (known !== undefined) return known
    const names = JSON.stringify(FIELD_NAMES[kind])
    const id = Number(this.#sql.series.get(gateway, sensor ?? '', kind, channel ?? '', names)?.id)
    this.#seriesIds.set(key, id)
    return id
  }

  #transaction(work: () => void): void {
    const before = this.#points
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#points = before
      this.#seriesIds.clear()
      throw new CloudError('history-unusable', error instanceof Error ? error.message : String(error), error)
    }
  }
}

const FIELD_NAMES = Object.fromEntries(
  Object.entries(READING_KINDS).map(([kind, { fields }]) => [kind, Object.keys(fields)]),
) as unknown as { readonly [K in ReadingKind]: readonly string[] }

type Fields = { readonly [name: string]: unknown }
/** The values in the order of the series' names, as a JSON list: a file outlives a change of `READING_KINDS`. */
const fieldsOf = (reading: Reading): string =>
  JSON.stringify(FIELD_NAMES[reading.kind].map((name) => (reading.fields as Fields)[name] ?? null))

function seriesOf(
  points: Point[],
  { kind, fields, maxPoints }: HistoryQuestion,
  channel: string | null,
): HistorySeries[] {
  points.sort((a, b) => a.at - b.at)
  const timesMs = points.map(({ at }) => at)
  return fields.map((field) => {
    const values = points.map(({ names, cells }) => asValue(cells[names.indexOf(field)] ?? null))
    const thin =
      typeOf(kind, field) === 'number'
        ? thinMinMax({ timesMs, values: values as (number | null)[] }, Math.max(2, maxPoints))
        : thinChanges({ timesMs, values }, maxPoints)
    return { field, channel, ...thin }
  })
}

const typeOf = (kind: ReadingKind, field: string): string | undefined =>
  (READING_KINDS[kind].fields as { readonly [name: string]: { readonly type: string } })[field]?.type

const asValue = (cell: Cell): number | string | null => (typeof cell === 'boolean' ? Number(cell) : cell)

const SQL = {
  count: 'SELECT count(*) AS count FROM points',
  series: `INSERT INTO series (gateway, sensor, kind, channel, names) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (gateway, sensor, kind, channel, names) DO UPDATE SET kind = kind RETURNING id`,
  allSeries: 'SELECT id FROM series',
  channels: 'SELECT id, channel, names FROM series WHERE gateway = ? AND sensor = ? AND kind = ? ORDER BY channel',
  write: 'INSERT OR IGNORE INTO points (series, at, fields) VALUES (?, ?, ?)',
  read: 'SELECT at, fields FROM points WHERE series = ? AND at >= ? AND at <= ? ORDER BY at DESC LIMIT ?',
  prune: `DELETE FROM points WHERE series = ? AND at IN (
    SELECT at FROM points WHERE series = ? AND at < ? ORDER BY at LIMIT ?)`,
} as const
