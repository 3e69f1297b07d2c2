import { DatabaseSync } from 'node:sqlite'
import { CloudError } from '../errors.ts'

/** Raised when a table changes; an older file is brought up, a newer one refused. */
const VERSION = 2

/**
 * The journal's tables. There is no unique index on (gateway, epoch, sequence): membership in `epochs.ranges`, written in
 * the same transaction, says the same and costs nothing for each row.
 */
const TABLES = `
CREATE TABLE gateways (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last_measured REAL);
CREATE TABLE layouts (id INTEGER PRIMARY KEY, layout TEXT NOT NULL UNIQUE);
CREATE TABLE epochs (
  id INTEGER PRIMARY KEY, gateway INTEGER NOT NULL, epoch TEXT NOT NULL,
  ranges TEXT NOT NULL, rejected TEXT NOT NULL, used INTEGER NOT NULL, UNIQUE (gateway, epoch)
);
CREATE TABLE rows (
  offset INTEGER PRIMARY KEY, gateway INTEGER NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,
  layout INTEGER NOT NULL, measured REAL NOT NULL, received REAL NOT NULL, historical INTEGER NOT NULL, payload BLOB NOT NULL
);
CREATE TABLE consumers (name TEXT PRIMARY KEY, offset INTEGER NOT NULL);
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT, gateway TEXT NOT NULL, epoch TEXT, sequence INTEGER, received REAL NOT NULL,
  topic TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL
);
CREATE TABLE refusals (gateway TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (gateway, reason));
`

/** Since version 2: the last row that needs a layout, and waveforms on demand with the rows that answer them. */
const TABLES_2 = `
ALTER TABLE layouts ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
UPDATE layouts SET last = (SELECT coalesce(max(offset), 0) FROM rows);
CREATE INDEX layouts_by_last ON layouts (last);
CREATE TABLE waveform_requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL UNIQUE, gateway TEXT NOT NULL, sensor TEXT NOT NULL,
  channel TEXT NOT NULL, from_ms REAL NOT NULL, to_ms REAL NOT NULL, asked REAL NOT NULL
);
CREATE TABLE waveform_parts (
  request TEXT NOT NULL, part INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (request, part)
) WITHOUT ROWID;
CREATE INDEX waveform_parts_by_offset ON waveform_parts (offset);
`
/** What brings a file from each version to the next. */
const STEPS = [TABLES, TABLES_2]

/** Two fleet managers on one folder would each acknowledge what the other lacks: the second one is refused. */
const PRAGMAS = `
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 4000;
`

/** Opens (and if need be makes) the journal file: WAL, and every commit on the disk before it returns. */
export function openJournalFile(path: string): DatabaseSync {
  try {
    const db = new DatabaseSync(path)
    db.exec(PRAGMAS)
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version)
    if (version > VERSION) throw new Error(`made by a newer version (${version})`)
    const steps = STEPS.slice(version).join('')
    if (steps !== '') db.exec(`BEGIN IMMEDIATE; ${steps} PRAGMA user_version = ${VERSION}; COMMIT`)
    return db
  } catch (error) {
    throw new CloudError('journal-unusable', `${path}: ${error instanceof Error ? error.message : error}`, error)
  }
}
