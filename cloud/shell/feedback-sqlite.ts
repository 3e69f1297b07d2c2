import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { Finding } from '@minewarden/protocol/finding.ts'
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { FeedbackStore, JudgedFinding, Mark, MarkedFinding, Span } from '../core/feedback/mark.ts'
import { CloudError } from '../errors.ts'

const TABLES = `
CREATE TABLE IF NOT EXISTS marks (
  finding INTEGER PRIMARY KEY, verdict TEXT NOT NULL, cause TEXT, note TEXT NOT NULL, by TEXT NOT NULL,
  name TEXT NOT NULL, at REAL NOT NULL
);
`

export interface FeedbackFile extends FeedbackStore {
  close(): void
}

/**
 * {@link FeedbackStore} in the file of findings, over a connection of its own: the findings' tables are only read. A mark
 * goes with its finding when that is forgotten.
 * @param path of a file that `openFindings` has made
 */
export function openFeedback(path: string): FeedbackFile {
  return guarded(path, () => {
    const db = new DatabaseSync(path)
    db.exec(`PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; ${TABLES}`)
    return new SqliteFeedback(path, db)
  })
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new CloudError('findings-unusable', `${path}: ${error instanceof Error ? error.message : error}`, error)
  }
}

class SqliteFeedback implements FeedbackFile {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #sql: Record<keyof typeof SQL, StatementSync>

  constructor(path: string, db: DatabaseSync) {
    this.#path = path
    this.#db = db
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])
    this.#sql = Object.fromEntries(prepared) as Record<keyof typeof SQL, StatementSync>
  }

  marked(site: SiteId, limit: number): readonly MarkedFinding[] {
    return guarded(this.#path, () => this.#sql.marked.all(site, limit).map(markedOf))
  }

  one(site: SiteId, number: number): MarkedFinding | null {
    const row = guarded(this.#path, () => this.#sql.one.get(number, site))
    return row ? markedOf(row) : null
  }

  save(number: number, { verdict, cause, note, by, name, at }: Mark): void {
    guarded(this.#path, () => {
      this.#sql.save.run(number, verdict, cause, note, by, name, at)
      this.#sql.forget.run()
    })
  }

  judged(site: SiteId, { from, to }: Span, limit: number): ReturnType<FeedbackStore['judged']> {
    const rows = guarded(this.#path, () => this.#sql.judged.all(site, limit))
    const findings = rows.filter(({ at }) => Number(at) >= from && Number(at) < to)
    const oldest = rows.at(-1)
    return { findings: findings.map(judgedOf), complete: rows.length < limit || Number(oldest?.at) < from }
  }

  close(): void {
    this.#db.close()
  }
}

type Row = Record<string, unknown>

const markedOf = (row: Row): MarkedFinding => ({
  offset: Number(row.number),
  finding: Finding.parse(JSON.parse(String(row.finding))),
  mark: row.verdict === null ? null : markOf(row),
})

const markOf = ({ verdict, cause, note, by, name, at }: Row) => ({ verdict, cause, note, by, name, at }) as Mark

const judgedOf = ({ kind, what, codes, verdict }: Row): JudgedFinding => ({
  kind: kind as JudgedFinding['kind'],
  what: String(what),
  codes: JSON.parse(String(codes)) as string[],
  verdict: verdict as JudgedFinding['verdict'],
})

const SQL = {
  marked: `SELECT number, findings.finding, verdict, cause, note, by, name, at
    FROM findings LEFT JOIN marks ON marks.finding = number WHERE site = ? ORDER BY number DESC LIMIT ?`,
  one: `SELECT number, findings.finding, verdict, cause, note, by, name, at
    FROM findings LEFT JOIN marks ON marks.finding = number WHERE number = ? AND site = ?`,
  save: `INSERT INTO marks (finding, verdict, cause, note, by, name, at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (finding) DO UPDATE SET verdict = excluded.verdict, cause = excluded.cause, note = excluded.note,
    by = excluded.by, name = excluded.name, at = excluded.at`,
  forget: 'DELETE FROM marks WHERE finding < (SELECT min(number) FROM findings)',
  judged: `SELECT kind, json_extract(f.finding, '$.at') AS at, verdict,
      coalesce(json_extract(f.finding, '$.class'), json_extract(f.finding, '$.state'), json_extract(f.finding, '$.fact'),
        kind) AS what,
      (SELECT json_group_array(json_extract(value, '$.code')) FROM json_each(f.finding, '$.because')) AS codes
    FROM (SELECT number, kind, finding FROM findings WHERE site = ? ORDER BY number DESC LIMIT ?) AS f
    LEFT JOIN marks ON marks.finding = f.number ORDER BY f.number DESC`,
} as const
