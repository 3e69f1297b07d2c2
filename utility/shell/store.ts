import { DatabaseSync } from 'node:sqlite'
import type { Job, JobPoint } from '../core/job.ts'

/** A received order with everything that was said of it. */
export interface StoredOrder {
  readonly id: string
  readonly sequence: number
  /** Of the signed bytes: tells a repetition from another order under the same id. */
  readonly payloadSha256: string
  /** Of the content, as answers name it. */
  readonly orderSha256: string
  readonly job: Job
  /** The signed receipt or refusal that its sender was given, and the error that came with a refusal. */
  readonly receipt: string
  readonly error: { readonly code: string; readonly message: string } | null
}

/** A signed answer on its way to the county. */
export interface QueuedAnswer {
  readonly number: number
  readonly order: string
  readonly jws: string
  readonly queuedAt: number
}

/** Restorations have no number of their own, and are all 0. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    payload_sha256 TEXT NOT NULL,
    order_sha256 TEXT NOT NULL,
    jws TEXT NOT NULL,
    job TEXT NOT NULL,
    working INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    error TEXT
  );
  CREATE UNIQUE INDEX IF NOT EXISTS orders_sequence ON orders (sequence) WHERE sequence > 0;
  CREATE INDEX IF NOT EXISTS orders_working ON orders (working) WHERE working = 1;
  -- Orders that were withdrawn before they arrived.
  CREATE TABLE IF NOT EXISTS withdrawn (
    id TEXT PRIMARY KEY,
    withdrawn_at REAL NOT NULL
  );
  CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id TEXT NOT NULL REFERENCES orders (id),
    jws TEXT NOT NULL,
    queued_at REAL NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS answers_open ON answers (number) WHERE settled = 0;
`

interface OrderRow {
  id: string
  sequence: number
  payload_sha256: string
  order_sha256: string
  job: string
  receipt: string
  error: string | null
}

const toOrder = (row: OrderRow): StoredOrder => ({
  id: row.id,
  sequence: row.sequence,
  payloadSha256: row.payload_sha256,
  orderSha256: row.order_sha256,
  job: jobOfRecord(row.job),
  receipt: row.receipt,
  error: row.error === null ? null : JSON.parse(row.error),
})

/** A job as it is kept; those of before there were selections and withdrawals have neither. */
function jobOfRecord(text: string): Job {
  const later = { action: 'open', withdrawnAt: null } satisfies Partial<Job>
  const job: Job = { ...later, ...(JSON.parse(text) as Job) }
  const point = { selection: 0, askedAtMs: null, notBefore: null, permission: null } satisfies Partial<JobPoint>
  return { ...job, points: job.points.map((one): JobPoint => ({ ...point, ...one })) }
}

/** More withdrawals of orders that never came are forgotten, oldest first. */
const MAX_WITHDRAWN = 10_000

const isWorking = (job: Job): number => (job.state === 'received' || job.state === 'accepted' ? 1 : 0)

/** A file of before there were restorations holds every number to be unique. */
function allowRestorations(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version >= 1) return
  const old = database.prepare("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'orders'").get()
  if (old && String(old.sql).includes('UNIQUE')) {
    database.exec('PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;')
    database.exec(`BEGIN IMMEDIATE; ALTER TABLE orders RENAME TO orders_before; DROP INDEX IF EXISTS orders_working; ${SCHEMA}
      INSERT INTO orders SELECT * FROM orders_before; DROP TABLE orders_before; COMMIT;`)
    database.exec('PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON;')
  }
  database.exec('PRAGMA user_version = 1')
}

/** What the company must not forget: on the disk (WAL, synchronous=FULL) when a call returns. */
export function openStore(path: string) {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')
  allowRestorations(database)
  database.exec(SCHEMA)
  const columns = 'id, sequence, payload_sha256, order_sha256, job, receipt, error'
  const byId = database.prepare(`SELECT ${columns} FROM orders WHERE id = ?`)
  const bySequence = database.prepare(`SELECT ${columns} FROM orders WHERE sequence = ?`)
  const working = database.prepare(`SELECT ${columns} FROM orders WHERE working = 1 ORDER BY sequence`)
  const newest = database.prepare(`SELECT ${columns} FROM orders ORDER BY sequence DESC LIMIT ?`)
  const insert = database.prepare(`INSERT INTO orders (${columns}, jws, working) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const update = database.prepare('UPDATE orders SET job = ?, working = ? WHERE id = ?')
  const queue = database.prepare('INSERT INTO answers (order_id, jws, queued_at) VALUES (?, ?, ?)')
  // The oldest unsettled answer of each order: answers of one order go out in their order.
  const heads = database.prepare(
    `SELECT min(number) AS number, order_id AS "order", jws, queued_at AS queuedAt
     FROM answers WHERE settled = 0 GROUP BY order_id ORDER BY number LIMIT ?`,
  )
  const bury = database.prepare('INSERT INTO withdrawn (id, withdrawn_at) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const forget = database.prepare(
    `DELETE FROM withdrawn WHERE id NOT IN (SELECT id FROM withdrawn ORDER BY withdrawn_at DESC LIMIT ${MAX_WITHDRAWN})`,
  )
  const buried = database.prepare('SELECT 1 FROM withdrawn WHERE id = ?')
  const settle = database.prepare('UPDATE answers SET settled = 1 WHERE number = ?')

  const one = (row: unknown): StoredOrder | null => (row === undefined ? null : toOrder(row as OrderRow))
  const together = (writes: () => void): void => {
    database.exec('BEGIN IMMEDIATE')
    try {
      writes()
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }

  return {
    byId: (id: string) => one(byId.get(id)),
    bySequence: (sequence: number) => one(bySequence.get(sequence)),
    /** Those with something left to do. */
    working: () => working.all().map((row) => toOrder(row as unknown as OrderRow)),
    newest: (limit: number) => newest.all(limit).map((row) => toOrder(row as unknown as OrderRow)),
    add(order: StoredOrder, jws: string): void {
      const { id, sequence, payloadSha256, orderSha256, job, receipt, error } = order
      const text = error === null ? null : JSON.stringify(error)
      insert.run(id, sequence, payloadSha256, orderSha256, JSON.stringify(job), receipt, text, jws, isWorking(job))
    },
    /** Writes the job and queues what is to be said of it: both or neither. */
    move(id: string, job: Job, answer: { readonly jws: string; readonly at: number } | null): void {
      together(() => {
        update.run(JSON.stringify(job), isWorking(job), id)
        if (answer) queue.run(id, answer.jws, answer.at)
      })
    },
    /** Remembers that an order is withdrawn which has not arrived. */
    bury(id: string, at: number): void {
      together(() => {
        bury.run(id, at)
        forget.run()
      })
    },
    isBuried: (id: string): boolean => buried.get(id) !== undefined,
    answersToSend: (limit: number) => heads.all(limit) as unknown as QueuedAnswer[],
    settleAnswer: (number: number): void => void settle.run(number),
    [Symbol.dispose]: () => database.close(),
  }
}
export type Store = ReturnType<typeof openStore>
