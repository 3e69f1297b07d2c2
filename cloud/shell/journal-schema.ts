import { DatabaseSync } from 'node:sqlite'
import { CloudError } from '../errors.ts'

/** Raised when a table changes; an older file is brought up, a newer one refused. */
const VERSION = 1

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
    if (version === 0) db.exec(`BEGIN IMMEDIATE; ${TABLES} PRAGMA user_version = ${VERSION}; COMMIT`)
    return db
  } catch (error) {
    throw new CloudError('journal-unusable', `${path}: ${error instanceof Error ? error.message : error}`, error)
  }
}
