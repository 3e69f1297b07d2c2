import { DatabaseSync } from 'node:sqlite'
import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { MAX_PICTURE_PART_BYTES, MAX_PICTURE_PARTS } from '@minewarden/protocol/picture.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { AskedPicture, PictureStore, PictureView } from '../core/pictures.ts'
import type { StoredProbe } from '../core/probes/probe-board.ts'
import { CloudError } from '../errors.ts'

/** Pictures kept at most, whatever their age; the oldest go first. */
const MAX_PICTURES = 5_000
/** A gateway's reason is no longer than this. */
const MAX_REFUSAL_CHARS = 300
/** No calendar reaches further. @see ECMA-262 section 21.4.1.1 */
const MAX_DATE_MS = 8.64e15

const TABLES = `
CREATE TABLE IF NOT EXISTS progress (id INTEGER PRIMARY KEY CHECK (id = 1), offset INTEGER NOT NULL);
INSERT OR IGNORE INTO progress VALUES (1, 0);
CREATE TABLE IF NOT EXISTS probes (
  gateway TEXT NOT NULL, sensor TEXT NOT NULL, told TEXT NOT NULL, PRIMARY KEY (gateway, sensor)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pictures (
  id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL UNIQUE, site TEXT NOT NULL, gateway TEXT NOT NULL,
  sensor TEXT NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, asked REAL NOT NULL, taken REAL, expected INTEGER,
  refusal TEXT
);
CREATE INDEX IF NOT EXISTS pictures_by_probe ON pictures (gateway, sensor, asked);
CREATE INDEX IF NOT EXISTS pictures_by_time ON pictures (asked);
CREATE TABLE IF NOT EXISTS picture_parts (
  request TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (request, part)
) WITHOUT ROWID;
`
/** What is deleted is overwritten: these are pictures of people. */
const PRAGMAS = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;'

/** A picture's row of the journal, and whose it is. */
export interface PictureRow {
  readonly gateway: GatewayId
  readonly reading: ReadingOf<'picture'>
}

/** The last word of each probe, and pictures on request, in one file. */
export interface ProbesFile extends PictureStore {
  /** The last row of the journal that was dealt with. */
  readonly offset: number
  stored(): StoredProbe[]
  /** In one transaction; a row that comes again changes nothing. @returns rows of pictures that nobody asked for */
  deal(news: {
    readonly offset: number
    readonly probes: readonly StoredProbe[]
    readonly pictures: readonly PictureRow[]
  }): number
  /** Forgets requests that are older, with their pictures; how many. */
  prune(olderThan: Instant): number
  close(): void
}

/** @throws CloudError `probes-unusable`, here and from every method when the disk refuses */
export function openProbesFile(path: string): ProbesFile {
  return guarded(path, () => {
    const db = new DatabaseSync(path)
    db.exec(PRAGMAS + TABLES)
    return new SqliteProbes(path, db)
  })
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new CloudError('probes-unusable', `${path}: ${error instanceof Error ? error.message : error}`, error)
  }
}

class SqliteProbes implements ProbesFile {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #sql: ReturnType<typeof prepare>
  #offset: number

  constructor(path: string, db: DatabaseSync) {
    this.#path = path
    this.#db = db
    this.#sql = prepare(db)
    this.#offset = Number(this.#sql.progress.get()?.offset ?? 0)
  }

  get offset(): number {
    return this.#offset
  }

  stored(): StoredProbe[] {
    return this.#sql.probes.all().map(({ gateway, sensor, told }) => ({
      gateway: String(gateway) as GatewayId,
      sensor: String(sensor) as SensorId,
      told: JSON.parse(String(told)) as StoredProbe['told'],
    }))
  }

  deal({ offset, probes, pictures }: Parameters<ProbesFile['deal']>[0]): number {
    let unasked = 0
    this.#transaction(() => {
      for (const { gateway, sensor, told } of probes) this.#sql.saveProbe.run(gateway, sensor, JSON.stringify(told))
      for (const row of pictures) if (!this.#take(row)) unasked += 1
      this.#sql.advance.run(offset)
    })
    this.#offset = offset
    return unasked
  }

  remember({ request, site, gateway, sensor, by, reason, askedAt }: AskedPicture): void {
    this.#transaction(() => {
      const { lastInsertRowid } = this.#sql.remember.run(request, site, gateway, sensor, by, reason, askedAt)
      this.#forget((id) => this.#sql.olderIds.all(id), Number(lastInsertRowid) - MAX_PICTURES)
    })
  }

  picture(request: string): PictureView | null {
    const row = guarded(this.#path, () => this.#sql.picture.get(request))
    return row ? viewOf(row) : null
  }

  jpeg(request: string): Uint8Array | null {
    const picture = this.picture(request)
    if (!picture?.expected || picture.parts < picture.expected) return null
    return Buffer.concat(this.#sql.parts.all(request).map(({ data }) => data as Uint8Array))
  }

  pictures({ gateway, sensor }: Parameters<PictureStore['pictures']>[0], limit: number): PictureView[] {
    return guarded(this.#path, () => this.#sql.ofProbe.all(gateway, sensor, limit)).map(viewOf)
  }

  askedSince(since: Instant, by: Parameters<PictureStore['askedSince']>[1]): number {
    const row = 'user' in by ? this.#sql.byUser.get(since, by.user) : this.#sql.byGateway.get(since, by.gateway)
    return Number(row?.count ?? 0)
  }

  prune(olderThan: Instant): number {
    let forgotten = 0
    this.#transaction(() => {
      forgotten = this.#forget((before) => this.#sql.outdated.all(before), olderThan)
    })
    return forgotten
  }

  close(): void {
    this.#db.close()
  }

  #forget(find: (before: number) => Record<string, unknown>[], before: number): number {
    const gone = find(before)
    for (const { request } of gone) {
      this.#sql.forgetParts.run(String(request))
      this.#sql.forget.run(String(request))
    }
    return gone.length
  }

  /** Only what was asked of this very probe is kept. */
  #take({ gateway, reading: { sensor, measuredAt, fields } }: PictureRow): boolean {
    const { request, part, parts, data, refusal } = fields
    const asked = request === null ? undefined : this.#sql.asked.get(request, gateway, sensor ?? '')
    if (request === null || !asked) return false
    if (!parts) {
      this.#sql.refused.run((refusal ?? 'no picture').slice(0, MAX_REFUSAL_CHARS), request)
      return true
    }
    if (data === null || data.length > MAX_PICTURE_PART_BYTES || !isPart(part, parts)) return false
    if (measuredAt > MAX_DATE_MS || (asked.expected !== null && asked.expected !== parts)) return false
    this.#sql.answered.run(measuredAt, parts, request)
    this.#sql.addPart.run(request, part, data)
    return true
  }

  #transaction(work: () => void): void {
    guarded(this.#path, () => {
      try {
        this.#db.exec('BEGIN IMMEDIATE')
        work()
        this.#db.exec('COMMIT')
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
        throw error
      }
    })
  }
}

const isPart = (part: number | null, parts: number): part is number =>
  Number.isInteger(parts) &&
  parts <= MAX_PICTURE_PARTS &&
  Number.isInteger(part) &&
  (part ?? -1) >= 0 &&
  (part ?? 0) < parts

const viewOf = (row: Record<string, unknown>): PictureView => ({ ...row }) as unknown as PictureView

const VIEW = `SELECT request, site, gateway, sensor, by, reason, asked AS askedAt, taken AS takenAt, expected, refusal,
  (SELECT count(*) FROM picture_parts WHERE picture_parts.request = pictures.request) AS parts FROM pictures`

const prepare = (db: DatabaseSync) => ({
  progress: db.prepare('SELECT offset FROM progress'),
  advance: db.prepare('UPDATE progress SET offset = ?'),
  probes: db.prepare('SELECT gateway, sensor, told FROM probes'),
  saveProbe: db.prepare('INSERT OR REPLACE INTO probes (gateway, sensor, told) VALUES (?, ?, ?)'),
  remember: db.prepare(
    'INSERT INTO pictures (request, site, gateway, sensor, by, reason, asked) VALUES (?, ?, ?, ?, ?, ?, ?)',
  ),
  asked: db.prepare('SELECT expected FROM pictures WHERE request = ? AND gateway = ? AND sensor = ?'),
  refused: db.prepare('UPDATE pictures SET refusal = ? WHERE request = ? AND expected IS NULL'),
  answered: db.prepare('UPDATE pictures SET taken = ?, expected = ?, refusal = NULL WHERE request = ?'),
  addPart: db.prepare('INSERT OR IGNORE INTO picture_parts (request, part, data) VALUES (?, ?, ?)'),
  picture: db.prepare(`${VIEW} WHERE request = ?`),
  ofProbe: db.prepare(`${VIEW} WHERE gateway = ? AND sensor = ? ORDER BY asked DESC LIMIT ?`),
  parts: db.prepare('SELECT data FROM picture_parts WHERE request = ? ORDER BY part'),
  byUser: db.prepare('SELECT count(*) AS count FROM pictures WHERE asked > ? AND by = ?'),
  byGateway: db.prepare('SELECT count(*) AS count FROM pictures WHERE asked > ? AND gateway = ?'),
  olderIds: db.prepare('SELECT request FROM pictures WHERE id <= ?'),
  outdated: db.prepare('SELECT request FROM pictures WHERE asked < ?'),
  forgetParts: db.prepare('DELETE FROM picture_parts WHERE request = ?'),
  forget: db.prepare('DELETE FROM pictures WHERE request = ?'),
})
