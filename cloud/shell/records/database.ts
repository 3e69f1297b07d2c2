import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, sql, type Transaction } from 'kysely'
import { CloudError } from '../../errors.ts'
import { MIGRATIONS, type Migration } from './migrations.ts'

/**
 * The records (orders, audit, sessions, findings): `node:sqlite` behind Kysely, so that PostgreSQL can take its place.
 * A commit is on the disk when it returns: WAL with synchronous=FULL.
 */

/** Tables as Kysely knows them; columns are snake_case as in SQL. Booleans are 0 or 1, JSON is text. */
export interface Tables {
  users: {
    id: string
    name: string
    department: string
    role: string
    active: number
    level: string | null
    /** 1 for people of the competent department. */
    competent: number
  }
  passkeys: {
    id: string
    user_id: string
    name: string
    /** SubjectPublicKeyInfo and COSE, base64url. */
    spki: string
    cose: string
    algorithm: number
    counter: number
    created_at: number
    last_used_at: number | null
    revoked_at: number | null
  }
  totp: { user_id: string; sealed: string; since: number; last_step: number }
  standings: { id: string; site: string; version: number; record: string; audit_sequence: number }
  site_law: { site: string; record: string; audit_sequence: number }
  sign_in_tokens: { sha256: string; user_id: string; redeemed_at: number }
  sessions: { sha256: string; user_id: string; created_at: number; expires_at: number }
  orders: {
    id: string
    sequence: number
    site: string
    state: string
    /** 1 while something can still be cut under the order: its site has no other. */
    open: number
    /** Counts the steps: a step is written only over the version it was taken from. */
    version: number
    record: string
    drafted_at: number
    ended_at: number | null
  }
  order_events: { order_id: string; number: number; at: number; what: string; detail: string; audit_sequence: number }
  evidence: {
    sha256: string
    site: string
    finding_at: number
    what: string
    /** One canonical JSON document a line; `sha256` is its hash as UTF-8. */
    content: string
    frozen_at: number
  }
  order_answers: {
    sha256: string
    order_id: string
    received_at: number
    /** As received, and the published key (JSON) that it was verified with. */
    jws: string | null
    public_key: string | null
  }
  evidence_supplements: { order_id: string; sha256: string; audit_sequence: number }
  evidence_reviews: { order_id: string; number: number; record: string; audit_sequence: number }
  audit_checkpoints: { number: number; sequence: number; jws: string }
  audit: {
    sequence: number
    at: number
    actor: string
    action: string
    subject: string
    detail: string
    previous: string
    hash: string
  }
  migrations: { name: string; applied_at: number }
}
export type Records = Kysely<Tables>
export type RecordsTransaction = Transaction<Tables>

const PRAGMAS = [
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA foreign_keys = ON',
  // Without it INSERT OR REPLACE deletes the old row behind the back of the delete trigger of the audit table.
  'PRAGMA recursive_triggers = ON',
  'PRAGMA busy_timeout = 5000',
]

/** Opens (or makes) the records file and brings it up to date. `:memory:` is for tests. The caller destroys it. @throws CloudError `data-unusable` */
export async function openRecords(path: string, migrations: readonly Migration[] = MIGRATIONS): Promise<Records> {
  const database = openFile(path)
  const records = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(database) }) })
  await migrate(records, migrations)
  return records
}

/** The records as they stand at this moment, whatever is written meanwhile; the caller destroys it. @throws CloudError `data-unusable` */
export async function openSnapshot(path: string): Promise<Records> {
  const database = openReadOnly(path)
  const records = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(database, true) }) })
  database.exec('BEGIN')
  // A snapshot begins with its first read.
  database.prepare('SELECT count(*) FROM migrations').get()
  return records
}

function openReadOnly(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true })
  } catch (error) {
    throw new CloudError('data-unusable', `${path}: ${(error as Error).message}`, error)
  }
}

function openFile(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path)
    for (const pragma of PRAGMAS) database.exec(pragma)
    return database
  } catch (error) {
    throw new CloudError('data-unusable', `${path}: ${(error as Error).message}`, error)
  }
}

/** Kysely speaks to better-sqlite3; this is the part of its shape that it uses. */
function forKysely(database: DatabaseSync, readOnly = false): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(text) {
      // A transaction takes its lock at once: a command beside the fleet manager never comes between reading and writing.
      const statement = database.prepare(text === 'begin' && !readOnly ? 'begin immediate' : text)
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      }
    },
  }
}

/** Applies what is missing, each migration in a transaction of its own. */
async function migrate(records: Records, migrations: readonly Migration[]): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)`.execute(records)
  const done = new Set((await records.selectFrom('migrations').select('name').execute()).map((row) => row.name))
  for (const { name, statements } of migrations) {
    if (done.has(name)) continue
    await records.transaction().execute(async (transaction) => {
      for (const statement of statements) {
        const text = typeof statement === 'string' ? statement : statement.sqlite
        await sql.raw(text).execute(transaction)
      }
      await sql`INSERT INTO migrations (name, applied_at) VALUES (${name}, 0)`.execute(transaction)
    })
  }
}
