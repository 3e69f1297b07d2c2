import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'
import { READING_KINDS, type Reading, type ReadingKind } from '@minewarden/protocol/reading.ts'
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import { emptyHistoryCounts, type HistoryEngine } from '../core/history/engine.ts'
import { isKept, tiedTime } from '../core/history/reading-measurements.ts'
import type { HistoryQuestion, HistorySeries, JournalRow } from '../core/ports.ts'
import { type Points, thinChanges, thinMinMax } from '../core/thinning.ts'
import { CloudError } from '../errors.ts'

/** Readings kept at most, whatever the retention: about 2 GB. The oldest go first. */
const MAX_POINTS = 10_000_000
/** Deleted in one transaction, so that no deletion holds up a write. */
const PRUNE_STEP = 20_000
/** Read for one question and channel: a question over more is answered from the newest. */
const MAX_READ = 200_000
/** Read and parsed at once, which takes some milliseconds: everything else has its turn before the next. */
const READ_STEP = 2_000

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

/** One series of a sensor, newest first: the values of the wanted fields, field by field. */
interface Columns {
  readonly timesMs: number[]
  readonly values: (number | string | null)[][]
}

/**
 * The embedded {@link HistoryEngine}: one SQLite file, short retention, bounded. A reading written twice (the journal is read
 * again after a crash) is one point. Raw waveforms and pictures are no time series.
 */
export function openSqliteHistory(path: string, retentionMs: Millis): HistoryEngine {
  try {
    const db = new DatabaseSync(path)
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; ${TABLES}`)
    return new SqliteHistory(db, retentionMs)
  } catch (error) {
    throw new CloudError('history-unusable', `${path}: ${error instanceof Error ? error.message : error}`, error)
  }
}

class SqliteHistory implements HistoryEngine {
  readonly counts = emptyHistoryCounts()
  readonly points = null
  readonly #db: DatabaseSync
  readonly #retentionMs: Millis
  readonly #seriesIds = new Map<string, number>()
  readonly #sql: Record<keyof typeof SQL, StatementSync>
  #kept: number

  constructor(db: DatabaseSync, retentionMs: Millis) {
    this.#db = db
    this.#retentionMs = retentionMs
    this.#sql = Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])) as Record<
      keyof typeof SQL,
      StatementSync
    >
    this.#kept = Number(this.#sql.count.get()?.count ?? 0)
  }

  async write(rows: readonly JournalRow[]): Promise<void> {
    this.#transaction(() => {
      for (const { gateway, reading } of rows) {
        if (!isKept(reading.kind)) continue
        const at = tiedTime(reading.kind, reading.measuredAt, reading.fields as Fields)
        const { changes } = this.#sql.write.run(this.#seriesId(gateway, reading), at, fieldsOf(reading))
        this.#kept += Number(changes)
      }
    })
    this.counts.written += rows.length
  }

  async query(question: HistoryQuestion): Promise<HistorySeries[]> {
    const { gateway, sensor, kind } = question
    const channels = new Map<string, Columns[]>()
    for (const { id, channel, names } of this.#sql.channels.all(gateway, sensor, kind)) {
      const columns = await this.#read(Number(id), JSON.parse(String(names)) as string[], question)
      channels.set(String(channel), [...(channels.get(String(channel)) ?? []), columns])
    }
    return [...channels].flatMap(([channel, columns]) => seriesOf(columns, question, channel === '' ? null : channel))
  }

  settledOffset(dealt: number): number {
    return dealt
  }

  async tend(): Promise<void> {}

  interrupt(): void {}

  async prune(now: Instant): Promise<void> {
    let oldest = instant(now - this.#retentionMs)
    for (const { id } of this.#sql.allSeries.all()) await this.#pruneSeries(Number(id), oldest)
    while (this.#kept > MAX_POINTS) {
      // Half-way between the oldest point and now, until it fits: terminates, and needs no index over time alone.
      oldest = instant((oldest + now) / 2)
      for (const { id } of this.#sql.allSeries.all()) await this.#pruneSeries(Number(id), oldest)
    }
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  /** In pieces, newest first, so that a long stretch of time holds up nothing else. */
  async #read(id: number, names: readonly string[], { fields, from, to }: HistoryQuestion): Promise<Columns> {
    const indices = fields.map((field) => names.indexOf(field))
    const columns: Columns = { timesMs: [], values: fields.map(() => []) }
    // What shares a moment stands up to a millisecond behind it.
    let before = to + 1
    while (columns.timesMs.length < MAX_READ) {
      const rows = this.#sql.read.all(id, from, before, READ_STEP)
      for (const { at, fields: cells } of rows) {
        const parsed = JSON.parse(String(cells)) as Cell[]
        columns.timesMs.push(Number(at))
        for (const [i, index] of indices.entries()) columns.values[i]?.push(asValue(parsed[index] ?? null))
      }
      if (rows.length < READ_STEP) break
      before = columns.timesMs.at(-1) as number
      await breathe()
    }
    return columns
  }

  async #pruneSeries(id: number, olderThan: Instant): Promise<void> {
    for (;;) {
      const changes = Number(this.#sql.prune.run(id, id, olderThan, PRUNE_STEP).changes)
      this.#kept -= changes
      if (changes < PRUNE_STEP) return
      await breathe()
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
    const before = this.#kept
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#kept = before
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

/** A sensor's series of one channel put together: there are several when its kind has had other fields in the past. */
function seriesOf(
  columns: readonly Columns[],
  { kind, fields, maxPoints }: HistoryQuestion,
  channel: string | null,
): HistorySeries[] {
  return fields.map((field, i) => {
    const { timesMs, values } = ascending(columns.map((one) => ({ timesMs: one.timesMs, values: one.values[i] ?? [] })))
    const thin =
      typeOf(kind, field) === 'number'
        ? thinMinMax({ timesMs, values: values as (number | null)[] }, Math.max(2, maxPoints))
        : thinChanges({ timesMs, values }, maxPoints)
    return { field, channel, ...thin }
  })
}

/** From lists that are newest first. */
function ascending<T>(lists: readonly Points<T>[]): Points<T> {
  const [only] = lists
  if (only && lists.length === 1) return { timesMs: only.timesMs.toReversed(), values: only.values.toReversed() }
  const all = lists.flatMap(({ timesMs, values }) => timesMs.map((at, i) => ({ at, value: values[i] as T })))
  all.sort((a, b) => a.at - b.at)
  return { timesMs: all.map(({ at }) => at), values: all.map(({ value }) => value) }
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
  read: 'SELECT at, fields FROM points WHERE series = ? AND at >= ? AND at < ? ORDER BY at DESC LIMIT ?',
  prune: `DELETE FROM points WHERE series = ? AND at IN (
    SELECT at FROM points WHERE series = ? AND at < ? ORDER BY at LIMIT ?)`,
} as const
