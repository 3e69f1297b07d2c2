import type { DatabaseSync } from 'node:sqlite'
import type { AskedWaveform, JournalEntry } from '../core/journal-port.ts'

/** Requests remembered; the oldest are forgotten first, and with them which rows answered them. */
const MAX_REQUESTS = 10_000
/** A stretch is at most 4 MiB in parts of up to 64 KiB; a gateway that numbers higher is confused. */
const MAX_PARTS = 1_024

/** Which rows of the journal answer which request, kept in the transaction of the rows themselves. */
export class JournalWaveforms {
  readonly #sql: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#sql = prepare(db)
  }

  remember({ request, gateway, sensor, channel, from, to, askedAt }: AskedWaveform): void {
    const { lastInsertRowid } = this.#sql.remember.run(request, gateway, sensor, channel, from, to, askedAt)
    this.#sql.forgetParts.run(Number(lastInsertRowid) - MAX_REQUESTS)
    this.#sql.forget.run(Number(lastInsertRowid) - MAX_REQUESTS)
  }

  /** Takes note of a row that answers a request made to this very gateway, sensor and channel; others answer nothing. */
  note({ gateway, reading }: JournalEntry, offset: number): void {
    if (reading.kind !== 'waveform' || !reading.fields.request) return
    const { request, part } = reading.fields
    if (part === null || !Number.isInteger(part) || part < 0 || part >= MAX_PARTS) return
    this.#sql.note.run(part, offset, request, gateway, reading.sensor, reading.channel)
  }

  asked(request: string): AskedWaveform | null {
    const row = this.#sql.asked.get(request)
    return row ? ({ ...row } as unknown as AskedWaveform) : null
  }

  /** Offsets of the rows that answer a request, by the number of their part. */
  offsetsOf(request: string): number[] {
    return this.#sql.parts.all(request).map(({ offset }) => Number(offset))
  }

  /** Rows before this one are gone. */
  prune(oldest: number): void {
    this.#sql.prune.run(oldest)
  }
}

const prepare = (db: DatabaseSync) => ({
  remember: db.prepare(`INSERT INTO waveform_requests (request, gateway, sensor, channel, from_ms, to_ms, asked)
    VALUES (?, ?, ?, ?, ?, ?, ?)`),
  forgetParts: db.prepare(
    'DELETE FROM waveform_parts WHERE request IN (SELECT request FROM waveform_requests WHERE id <= ?)',
  ),
  forget: db.prepare('DELETE FROM waveform_requests WHERE id <= ?'),
  note: db.prepare(`INSERT OR IGNORE INTO waveform_parts (request, part, offset)
    SELECT request, ?, ? FROM waveform_requests WHERE request = ? AND gateway = ? AND sensor = ? AND channel = ?`),
  asked: db.prepare(`SELECT request, gateway, sensor, channel, from_ms AS "from", to_ms AS "to", asked AS askedAt
    FROM waveform_requests WHERE request = ?`),
  parts: db.prepare('SELECT offset FROM waveform_parts WHERE request = ? ORDER BY part'),
  prune: db.prepare('DELETE FROM waveform_parts WHERE offset < ?'),
})
