/** Opening a spool file: settings for a memory card, the schema, and what happens to a file that cannot be read. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { EdgeError } from '../errors.ts'

/** Files that were set aside because they could not be read: more than this many are not kept. */
export const MAX_SET_ASIDE = 3

const SCHEMA_VERSION = 1
/** Result codes that mean the file itself is bad: SQLITE_CORRUPT, SQLITE_NOTADB. @see https://sqlite.org/rescode.html */
const SQLITE_CORRUPT = 11
const UNREADABLE = new Set([SQLITE_CORRUPT, 26])
const SQLITE_BUSY = 5

/** SQLite's primary result code of an error, `null` when it is not one of SQLite's. */
export function sqliteCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : null
}

/** Whether an error, or its cause, says that the file is damaged, as opposed to the disk being full or away. */
export const isUnreadable = (error: unknown): boolean =>
  UNREADABLE.has(sqliteCode(error instanceof EdgeError ? error.cause : error) ?? 0)

/** Wraps what SQLite threw. */
export function spoolError(path: string, error: unknown): EdgeError {
  if (error instanceof EdgeError) return error
  const why =
    sqliteCode(error) === SQLITE_BUSY ? 'another process uses it' : error instanceof Error ? error.message : `${error}`
  return new EdgeError('spool-unusable', `spool ${path}: ${why}`, error)
}

/**
 * Opens the file, or a new one when there is none. After an unclean end every page is looked at, so that damage is
 * noticed now and not at midnight.
 * @throws EdgeError `spool-unusable`, or what SQLite threw
 */
export function openSpoolFile(path: string, newEpoch: () => string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true })
  // A clean end removes the WAL.
  const uncleanly = existsSync(`${path}-wal`)
  const database = new DatabaseSync(path)
  try {
    configure(database)
    migrate(database, newEpoch)
    if (uncleanly) requireSound(database)
    return database
  } catch (error) {
    closeQuietly(database)
    throw error
  }
}

/**
 * Exclusive locking keeps the WAL index in memory (one file less to write) and a second gateway out. FULL means an fsync
 * of the WAL at each commit. Small pages: a commit of a few rows writes whole pages, 9 kB at 1024 bytes a page, 12 kB at
 * 4096 (measured, 8 rows a commit, checkpoints included).
 */
function configure(database: DatabaseSync): void {
  database.exec('PRAGMA locking_mode = EXCLUSIVE')
  database.exec('PRAGMA page_size = 1024')
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec('PRAGMA wal_autocheckpoint = 4000')
  database.exec('PRAGMA journal_size_limit = 8388608')
  database.exec('PRAGMA cache_size = -1024')
  database.exec('PRAGMA temp_store = MEMORY')
}

function requireSound(database: DatabaseSync): void {
  const { quick_check: verdict } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (verdict !== 'ok') throw new SpoolDamaged(verdict)
}

/** What `quick_check` found; carries SQLite's own code for a damaged file. */
class SpoolDamaged extends Error {
  readonly errcode = SQLITE_CORRUPT
}

/** One table for each priority: reading in order and dropping the oldest of one priority then need no index. */
const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE layout (id INTEGER PRIMARY KEY, layout TEXT NOT NULL);
  CREATE TABLE alarm (sequence INTEGER PRIMARY KEY, layout INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE TABLE feature (sequence INTEGER PRIMARY KEY, layout INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE TABLE waveform (sequence INTEGER PRIMARY KEY, layout INTEGER NOT NULL, body BLOB NOT NULL);
`

function migrate(database: DatabaseSync, newEpoch: () => string): void {
  const version = (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
  if (version === SCHEMA_VERSION) return
  if (version !== 0) throw new EdgeError('spool-unusable', `spool of version ${version}: made by a newer gateway`)
  database.exec('BEGIN IMMEDIATE')
  database.exec(SCHEMA)
  const put = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)')
  put.run('epoch', newEpoch())
  put.run('next', 1)
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  database.exec('COMMIT')
}

/** Renames file, WAL and index out of the way and forgets the oldest such sets beyond {@link MAX_SET_ASIDE}. */
export function setAside(path: string, stamp: string): string {
  const aside = `${path}.unreadable-${stamp.replaceAll(':', '')}`
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  }
  const folder = dirname(path)
  const sets = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}.unreadable-`) && !/-(wal|shm)$/.test(name))
    .sort()
  for (const name of sets.slice(0, Math.max(0, sets.length - MAX_SET_ASIDE))) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, name + suffix), { force: true })
  }
  return aside
}

/** Closing a database that is broken may itself fail; by then there is nothing left to lose. */
export function closeQuietly(database: DatabaseSync): void {
  try {
    database.close()
  } catch {
    // The file is damaged or already closed: the caller is about to report why.
  }
}
