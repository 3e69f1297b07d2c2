import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type {
  AskedWaveform,
  Journal,
  JournalBatch,
  JournalEntry,
  QuarantinedMessage,
  StoredLayout,
} from '../core/journal-port.ts'
import type { SavedEpoch } from '../core/ledger.ts'
import type { JournalRow, JournalWindow } from '../core/ports.ts'
import { CloudError } from '../errors.ts'
import { JournalLayouts } from './journal-layouts.ts'
import { openJournalFile } from './journal-schema.ts'
import { JournalTail } from './journal-tail.ts'
import { JournalWaveforms } from './journal-waveforms.ts'

/** Messages kept for a person to look at; the oldest go first, the counts stay. */
const MAX_QUARANTINED = 10_000
/** Of each of them, so much. */
const MAX_QUARANTINED_BYTES = 4_096
/** Of the words about it, and of its topic, so much. */
const MAX_REASON_CHARS = 1_000
/** Reasons counted apart for each gateway, which chooses some of the words in them; more are counted together. */
const MAX_REASONS = 100
const OTHER_REASONS = 'other reasons'
/** Rows kept at most, about 8 GB: beyond it what is dealt with goes before its time. */
const MAX_ROWS = 20_000_000

/** A question after a stretch of time looks at so many of the newest rows: it may not hold up the commits for long. */
const MAX_LOOK_BACK_ROWS = 250_000

/** Reads a stored payload again. @throws ProtocolError when it is not what was stored */
export type DecodeStored = (layout: StoredLayout, payload: Uint8Array) => Reading

/** {@link Journal} in one SQLite file of its own. */
export function openJournal(path: string, decode: DecodeStored, onUnreadable: OnUnreadable = () => {}): Journal {
  return new SqliteJournal(path, openJournalFile(path), decode, onUnreadable)
}

/** Told of each row that was written by another version and cannot be read by this one. */
type OnUnreadable = (offset: number, error: ProtocolError) => void

/** Read back from the disk and decoded at once, which takes some ten milliseconds; fewer rows than asked for are no end. */
const MAX_COLD_ROWS = 1_000

type Ids = Map<string, number>
/** Row ids at hand at most, of each sort; emptied when full. */
const MAX_IDS_AT_HAND = 50_000

class SqliteJournal implements Journal {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #decode: DecodeStored
  readonly #onUnreadable: OnUnreadable
  readonly #sql: Statements
  readonly #gateways: Ids = new Map()
  readonly #epochs: Ids = new Map()
  readonly #layouts: JournalLayouts
  readonly #waveforms: JournalWaveforms
  readonly #tail = new JournalTail()
  #head: number

  constructor(path: string, db: DatabaseSync, decode: DecodeStored, onUnreadable: OnUnreadable) {
    this.#path = path
    this.#db = db
    this.#decode = decode
    this.#onUnreadable = onUnreadable
    this.#sql = prepareStatements(db)
    this.#layouts = new JournalLayouts(db)
    this.#waveforms = new JournalWaveforms(db)
    // The newest row is never pruned, so that no offset is ever given twice.
    this.#head = Number(this.#sql.head.get()?.head ?? 0)
    for (const { id, name } of this.#sql.gateways.all()) this.#gateways.set(String(name), Number(id))
  }

  get head(): number {
    return this.#head
  }

  commit(batch: JournalBatch): readonly JournalRow[] {
    const rows: JournalRow[] = []
    this.#transaction(() => {
      for (const { gateway, saved, forgotten } of batch.epochs) this.#saveEpochs(gateway, saved, forgotten)
      for (const entry of batch.entries) rows.push(this.#insert(entry, this.#head + rows.length + 1))
      this.#saveNewest(batch.entries)
      for (const message of batch.quarantined) this.#quarantine(message)
    })
    this.#head += rows.length
    for (const [i, row] of rows.entries()) this.#tail.add(row, batch.entries[i]?.payload.length ?? 0)
    return rows
  }

  epochsOf(gateway: GatewayId): SavedEpoch[] {
    return this.#sql.epochsOf.all(gateway).map((row) => ({
      epoch: String(row.epoch),
      ranges: JSON.parse(String(row.ranges)),
      rejected: JSON.parse(String(row.rejected)),
      used: Number(row.used),
    }))
  }

  lastMeasuredAt(gateway: GatewayId): Instant | null {
    return (this.#sql.newest.get(gateway)?.last_measured as Instant | null | undefined) ?? null
  }

  read(after: number, limit: number): readonly JournalRow[] {
    const warm = after >= this.#head ? [] : this.#tail.after(after, limit)
    if (warm) return warm
    for (let from = after; ; ) {
      const stored = this.#sql.read.all(from, Math.min(limit, MAX_COLD_ROWS))
      const rows = stored.flatMap((row) => this.#stored(row) ?? [])
      const last = stored.at(-1)
      if (rows.length > 0 || !last) return rows
      from = Number(last.offset)
    }
  }

  rowsOf({ gateways, from, to, kinds, limit }: Parameters<JournalWindow['rowsOf']>[0]): readonly JournalRow[] {
    const rows: JournalRow[] = []
    const stored = this.#sql.window.iterate(this.#head - MAX_LOOK_BACK_ROWS, from, to, JSON.stringify(gateways))
    for (const one of stored) {
      const row = this.#stored(one)
      if (row && (kinds === null || kinds.includes(row.reading.kind))) rows.push(row)
      if (rows.length >= limit) break
    }
    return rows.reverse()
  }

  offsetOf(consumer: string): number {
    return Number(this.#sql.offsetOf.get(consumer)?.offset ?? 0)
  }

  advance(consumer: string, offset: number): void {
    this.#transaction(() => this.#sql.advance.run(consumer, offset))
  }

  prune(olderThan: Instant, limit: number): number {
    let changes = 0
    this.#transaction(() => {
      const settled = Number(this.#sql.settled.get()?.offset ?? 0)
      const over = this.#head - MAX_ROWS
      changes = Number(this.#sql.prune.run(limit, olderThan, over, Math.min(settled, this.#head - 1)).changes)
      if (changes === 0) return
      const oldest = Number(this.#sql.oldest.get()?.offset ?? 0)
      this.#layouts.prune(oldest)
      this.#waveforms.prune(oldest)
    })
    return changes
  }

  remember(asked: AskedWaveform): void {
    this.#transaction(() => this.#waveforms.remember(asked))
  }

  waveform(request: string): { asked: AskedWaveform; rows: readonly JournalRow[] } | null {
    const asked = this.#waveforms.asked(request)
    if (!asked) return null
    const rows = this.#waveforms.offsetsOf(request).flatMap((offset) => {
      const row = this.#sql.read.get(offset - 1, 1)
      return (row && this.#stored(row)) ?? []
    })
    return { asked, rows }
  }

  freeDiskBytes(): number {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#path))
      return bavail * bsize
    } catch {
      // A folder that is gone or unreadable has no room.
      return 0
    }
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
      // Ids that were handed out inside are unknown again.
      this.#gateways.clear()
      this.#layouts.forget()
      this.#epochs.clear()
      throw new CloudError(
        'journal-unusable',
        `${this.#path}: ${error instanceof Error ? error.message : error}`,
        error,
      )
    }
  }

  #insert(entry: JournalEntry, offset: number): JournalRow {
    const { gateway, epoch, sequence, receivedAt, historical, layout, payload, reading } = entry
    this.#sql.insert.run(
      offset,
      this.#gatewayId(gateway),
      this.#epochId(gateway, epoch),
      sequence,
      this.#layouts.idFor(layout, offset),
      reading.measuredAt,
      receivedAt,
      historical ? 1 : 0,
      payload,
    )
    this.#waveforms.note(entry, offset)
    return { offset, gateway, receivedAt, historical, reading }
  }

  #saveEpochs(gateway: GatewayId, saved: readonly SavedEpoch[], forgotten: readonly string[]): void {
    const id = this.#gatewayId(gateway)
    for (const { epoch, ranges, rejected, used } of saved)
      this.#sql.saveEpoch.run(id, epoch, JSON.stringify(ranges), JSON.stringify(rejected), used)
    for (const epoch of forgotten) {
      this.#sql.forgetEpoch.run(id, epoch)
      this.#epochs.delete(`${id} ${epoch}`)
    }
  }

  #saveNewest(entries: readonly JournalEntry[]): void {
    const newest = new Map<GatewayId, number>()
    const received = entries.at(-1)?.receivedAt ?? 0
    // A gateway whose clock runs ahead has measured nothing later than now.
    for (const { gateway, reading } of entries)
      newest.set(gateway, Math.max(newest.get(gateway) ?? 0, Math.min(reading.measuredAt, received)))
    for (const [gateway, measured] of newest) this.#sql.saveNewest.run(received, measured, gateway)
  }

  #quarantine({ gateway, epoch, sequence, receivedAt, topic, reason, payload }: QuarantinedMessage): void {
    const kept = payload.subarray(0, MAX_QUARANTINED_BYTES)
    const told = reason.slice(0, MAX_REASON_CHARS)
    const from = topic.slice(0, MAX_REASON_CHARS)
    const { lastInsertRowid } = this.#sql.quarantine.run(gateway, epoch, sequence, receivedAt, from, told, kept)
    this.#sql.forgetQuarantined.run(Number(lastInsertRowid) - MAX_QUARANTINED)
    this.#sql.countRefusal.run({ gateway, reason: told, most: MAX_REASONS, others: OTHER_REASONS })
  }

  #gatewayId(gateway: string): number {
    return idOf(this.#gateways, gateway, () => this.#sql.addGateway.get(gateway))
  }

  #epochId(gateway: string, epoch: string): number {
    const gatewayId = this.#gatewayId(gateway)
    return idOf(this.#epochs, `${gatewayId} ${epoch}`, () => this.#sql.epochId.get(gatewayId, epoch))
  }

  /** `null`: written by another version and unreadable to this one. It stays in the file; its consumers pass it over. */
  #stored(row: Record<string, unknown>): JournalRow | null {
    try {
      return {
        offset: Number(row.offset),
        gateway: String(row.name) as GatewayId,
        receivedAt: Number(row.received) as Instant,
        historical: row.historical === 1,
        reading: this.#decode(this.#layoutOf(Number(row.layout)), row.payload as Uint8Array),
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#onUnreadable(Number(row.offset), error)
      return null
    }
  }

  #layoutOf(id: number): StoredLayout {
    const layout = this.#layouts.get(id)
    if (!layout) throw new CloudError('journal-unusable', `${this.#path}: layout ${id} is missing`)
    return layout
  }
}

function idOf(ids: Ids, key: string, find: () => Record<string, unknown> | undefined): number {
  const known = ids.get(key)
  if (known !== undefined) return known
  const id = Number(find()?.id)
  if (ids.size >= MAX_IDS_AT_HAND) ids.clear()
  ids.set(key, id)
  return id
}

type Statements = { readonly [name in keyof typeof SQL]: StatementSync }

const SQL = {
  head: 'SELECT max(offset) AS head FROM rows',
  gateways: 'SELECT id, name FROM gateways',
  newest: 'SELECT last_measured FROM gateways WHERE name = ?',
  saveNewest: 'UPDATE gateways SET last_measured = max(min(coalesce(last_measured, 0), ?), ?) WHERE name = ?',
  addGateway: 'INSERT INTO gateways (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = name RETURNING id',
  epochsOf: `SELECT epoch, ranges, rejected, used FROM epochs
    WHERE gateway = (SELECT id FROM gateways WHERE name = ?)`,
  epochId: 'SELECT id FROM epochs WHERE gateway = ? AND epoch = ?',
  saveEpoch: `INSERT INTO epochs (gateway, epoch, ranges, rejected, used) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (gateway, epoch) DO UPDATE
    SET ranges = excluded.ranges, rejected = excluded.rejected, used = excluded.used`,
  forgetEpoch: 'DELETE FROM epochs WHERE gateway = ? AND epoch = ?',
  insert: `INSERT INTO rows (offset, gateway, epoch, sequence, layout, measured, received, historical, payload)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  read: `SELECT offset, name, received, historical, layout, payload FROM rows JOIN gateways ON gateways.id = rows.gateway
    WHERE offset > ? ORDER BY offset LIMIT ?`,
  window: `SELECT offset, name, received, historical, layout, payload FROM rows
    CROSS JOIN gateways ON gateways.id = rows.gateway
    WHERE offset > ? AND measured BETWEEN ? AND ? AND name IN (SELECT value FROM json_each(?))
    ORDER BY offset DESC`,
  offsetOf: 'SELECT offset FROM consumers WHERE name = ?',
  advance: `INSERT INTO consumers (name, offset) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET offset = max(offset, excluded.offset)`,
  settled: 'SELECT min(offset) AS offset FROM consumers',
  oldest: 'SELECT min(offset) AS offset FROM rows',
  prune: `DELETE FROM rows WHERE offset <= (
    SELECT max(offset) FROM (SELECT offset, received FROM rows ORDER BY offset LIMIT ?)
    WHERE (received < ? OR offset <= ?) AND offset <= ?)`,
  quarantine: `INSERT INTO quarantine (gateway, epoch, sequence, received, topic, reason, payload)
    VALUES (?, ?, ?, ?, ?, ?, ?)`,
  forgetQuarantined: 'DELETE FROM quarantine WHERE id <= ?',
  countRefusal: `INSERT INTO refusals (gateway, reason, count)
    SELECT $gateway, CASE WHEN (SELECT count(*) FROM refusals WHERE gateway = $gateway AND reason <> $reason) < $most
      THEN $reason ELSE $others END, 1 WHERE true
    ON CONFLICT (gateway, reason) DO UPDATE SET count = count + 1`,
} as const

const prepareStatements = (db: DatabaseSync): Statements =>
  Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])) as Statements
