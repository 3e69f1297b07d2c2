/**
 * The spool on disk. One commit is one fsync of the WAL; rows carry no Sparkplug yet (aliases and sequence numbers are
 * given when a row is sent). Sequences come from memory and are never reused: each transaction that deletes also writes
 * the next one down.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { type Priority, READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import { RangeSet } from '@minewarden/protocol/spool.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { type ClockShift, shiftReading } from '../core/clock/clock-shift.ts'
import { foldGap, GAP_OF_NOTHING, type GapTally, gapReading } from '../core/gap.ts'
import type { Logger, RowRef, RowSource, Spool, SpoolRow, SpoolStats } from '../core/ports.ts'
import {
  decodeRow,
  encodeBody,
  isCurrent,
  type Layout,
  layoutFromJson,
  layoutKey,
  layoutOf,
  layoutToJson,
  sourceOf,
} from '../core/row-codec.ts'
import { closeQuietly, isUnreadable, openSpoolFile, setAside, spoolError } from './spool-file.ts'

/** What a row costs beside its body: key, layout and SQLite's cell and page overhead, rounded up. */
export const ROW_OVERHEAD_BYTES = 24
/** Dropping goes on until this share of the quota is left, so that gap records stay few. */
export const KEPT_AFTER_OVERFLOW = 0.95
/** Rows in memory at once while they are restamped. */
const RESTAMP_ROWS = 64
const PRIORITIES: readonly Priority[] = ['alarm', 'feature', 'waveform']
/** Dropped first to last. */
const DROP_ORDER: readonly Priority[] = ['waveform', 'feature', 'alarm']

export interface SpoolDeps {
  readonly logger: Logger
  /** ISO time, for the name of a file that is set aside. */
  readonly stamp: () => string
  readonly newEpoch: () => string
}
export interface SpoolOptions {
  readonly path: string
  readonly quotaBytes: number
}

interface Held {
  rows: number
  bytes: number
}
interface RawRow {
  readonly sequence: number
  readonly layout: number
  readonly body: Uint8Array
}

/**
 * Opens the spool, new or as it was left. A damaged file is set aside under a name that tells when, and a new one (with a
 * new epoch) takes its place: what was on it is lost to the chain, nothing else is.
 * @throws EdgeError `spool-unusable`
 */
export function openSpool(deps: SpoolDeps, options: SpoolOptions): Spool {
  const { path } = options
  try {
    return open(deps, options)
  } catch (error) {
    if (!isUnreadable(error)) throw spoolError(path, error)
    const aside = setAside(path, deps.stamp())
    const { message: reason } = error as Error
    deps.logger.error({ path, aside, reason }, 'spool file unreadable: set aside, a new epoch begins')
  }
  try {
    return open(deps, options)
  } catch (error) {
    throw spoolError(path, error)
  }
}

function open(deps: SpoolDeps, options: SpoolOptions): Spool {
  const database = openSpoolFile(options.path, deps.newEpoch)
  try {
    return new SqliteSpool(database, options)
  } catch (error) {
    closeQuietly(database)
    throw error
  }
}

class SqliteSpool implements Spool {
  readonly epoch: string
  readonly #database: DatabaseSync
  readonly #options: SpoolOptions
  readonly #statements = new Map<string, StatementSync>()
  readonly #held: { readonly [P in Priority]: Held }
  readonly #layouts = new Map<number, Layout>()
  readonly #layoutIds = new Map<string, number>()
  readonly #settled = new RangeSet()
  #settledRows = 0
  #next: number
  #dropped = 0

  constructor(database: DatabaseSync, options: SpoolOptions) {
    this.#database = database
    this.#options = options
    this.epoch = String(this.#meta('epoch'))
    this.#held = { alarm: this.#count('alarm'), feature: this.#count('feature'), waveform: this.#count('waveform') }
    const newest = PRIORITIES.map((p) => this.#one<{ n: number | null }>(`SELECT max(sequence) n FROM ${p}`).n ?? 0)
    this.#next = Math.max(Number(this.#meta('next')), ...newest.map((n) => n + 1))
    for (const row of database.prepare('SELECT id, layout FROM layout').all() as { id: number; layout: string }[]) {
      this.#layouts.set(row.id, layoutFromJson(row.layout))
    }
    for (const [id, layout] of this.#layouts) {
      const { kind, sensor, channel } = layout
      if (isCurrent(layout)) this.#layoutIds.set(`${kind} ${sensor ?? ''} ${channel ?? ''}`, id)
    }
    this.#compactSettled()
  }

  get next(): number {
    return this.#next
  }

  append(readings: readonly Reading[]): readonly SpoolRow[] {
    return this.#transaction(() => {
      const rows = readings.map((reading) => this.#insert(reading))
      if (this.#bytes() <= this.#options.quotaBytes) return rows
      return this.#overflow(rows)
    })
  }

  pending(priority: Priority, after: number, limit: number): readonly RowRef[] {
    return this.#guard(() => {
      const select = this.#sql(`SELECT sequence FROM ${priority} WHERE sequence > ? ORDER BY sequence LIMIT ?`)
      const refs: RowRef[] = []
      let from = after
      while (refs.length < limit) {
        const page = select.all(from, limit) as { sequence: number }[]
        for (const { sequence } of page) {
          if (refs.length < limit && !this.#settled.has(sequence)) refs.push({ sequence, priority })
        }
        if (page.length < limit) break
        from = this.#skipSettled(page.at(-1)?.sequence ?? from)
      }
      return refs
    })
  }

  get({ sequence, priority }: RowRef): SpoolRow | null {
    if (this.#settled.has(sequence)) return null
    return this.#guard(() => {
      const select = this.#sql(`SELECT sequence, layout, body FROM ${priority} WHERE sequence = ?`)
      const raw = select.get(sequence) as unknown as RawRow | undefined
      if (!raw) return null
      const layout = this.#layouts.get(raw.layout)
      const reading = layout ? decodeRow(layout, raw.body) : null
      return { sequence, priority, reading: reading ?? unreadableRow(sequence) }
    })
  }

  settle(ranges: Iterable<readonly [number, number]>): void {
    for (const [from, to] of ranges) {
      const last = Math.min(to, this.#next - 1)
      if (from > last) continue
      const before = this.#covered()
      this.#settled.add(from, last)
      this.#settledRows += this.#covered() - before
    }
  }

  restamp(shift: ClockShift, fromSequence: number): number {
    return this.#transaction(() => PRIORITIES.reduce((sum, p) => sum + this.#restamp(p, shift, fromSequence), 0))
  }

  prune(): number {
    if (this.#settledRows === 0) return 0
    return this.#transaction(() => this.#deleteSettled())
  }

  stats(): SpoolStats {
    return this.#guard(() => {
      const rows = PRIORITIES.reduce((sum, p) => sum + this.#held[p].rows, 0)
      const oldest = this.#oldest()
      const ref = oldest === null ? null : this.get(oldest)
      return {
        rows: Math.max(0, rows - this.#settledRows),
        bytes: this.#bytes(),
        quotaBytes: this.#options.quotaBytes,
        oldest: oldest?.sequence ?? this.#next,
        oldestAt: ref?.reading.measuredAt ?? null,
        dropped: this.#dropped,
      }
    })
  }

  sources(): readonly RowSource[] {
    return [...this.#layouts.values()].flatMap((layout) => sourceOf(layout) ?? [])
  }

  close(): void {
    try {
      this.prune()
    } finally {
      closeQuietly(this.#database)
    }
  }

  #insert(reading: Reading): SpoolRow {
    const { priority } = READING_KINDS[reading.kind]
    const sequence = this.#next
    const body = encodeBody(reading)
    this.#sql(`INSERT INTO ${priority} (sequence, layout, body) VALUES (?, ?, ?)`).run(
      sequence,
      this.#layoutId(reading),
      body,
    )
    this.#next += 1
    this.#hold(priority, 1, body.length + ROW_OVERHEAD_BYTES)
    return { sequence, priority, reading }
  }

  #restamp(priority: Priority, shift: ClockShift, fromSequence: number): number {
    const select = this.#sql(
      `SELECT sequence, layout, body FROM ${priority} WHERE sequence >= ? ORDER BY sequence LIMIT ${RESTAMP_ROWS}`,
    )
    const update = this.#sql(`UPDATE ${priority} SET layout = ?, body = ? WHERE sequence = ?`)
    let moved = 0
    for (let from = fromSequence; ; ) {
      const page = select.all(from) as unknown as RawRow[]
      for (const { sequence, layout: id, body } of page) {
        const layout = this.#layouts.get(id)
        const before = layout && !this.#settled.has(sequence) ? decodeRow(layout, body) : null
        const after = before && shiftReading(shift, before)
        if (after === null || after === before) continue
        const bytes = encodeBody(after)
        update.run(this.#layoutId(after), bytes, sequence)
        this.#hold(priority, 0, bytes.length - body.length)
        moved += 1
      }
      if (page.length < RESTAMP_ROWS) return moved
      from = (page.at(-1)?.sequence ?? from) + 1
    }
  }

  #layoutId(reading: Reading): number {
    const key = layoutKey(reading)
    const known = this.#layoutIds.get(key)
    if (known !== undefined) return known
    const layout = layoutOf(reading)
    const { lastInsertRowid } = this.#sql('INSERT INTO layout (layout) VALUES (?)').run(layoutToJson(layout))
    const id = Number(lastInsertRowid)
    this.#layouts.set(id, layout)
    this.#layoutIds.set(key, id)
    return id
  }

  /** Makes room: settled rows first, then the lowest priority, oldest first; each priority leaves its own gap row. */
  #overflow(rows: readonly SpoolRow[]): readonly SpoolRow[] {
    this.#deleteSettled()
    const goal = this.#options.quotaBytes * KEPT_AFTER_OVERFLOW
    const lost = new Set<number>()
    const gaps: SpoolRow[] = []
    for (const priority of DROP_ORDER) {
      const excess = this.#bytes() - goal
      if (excess <= 0) break
      const tally = this.#drop(priority, excess, lost)
      if (tally.rows > 0) gaps.push(this.#insert(gapReading(tally, `disk-quota ${priority}`)))
      if (this.#held[priority].rows > 0) break
    }
    this.#sql('UPDATE meta SET value = ? WHERE key = ?').run(this.#next, 'next')
    return [...rows.filter(({ sequence }) => !lost.has(sequence)), ...gaps]
  }

  #drop(priority: Priority, excessBytes: number, lost: Set<number>): GapTally {
    let tally = GAP_OF_NOTHING
    let freed = 0
    let dropped = 0
    let last = 0
    const oldestFirst = this.#sql(`SELECT sequence, layout, body FROM ${priority} ORDER BY sequence`)
    for (const raw of oldestFirst.iterate() as unknown as Iterable<RawRow>) {
      if (freed >= excessBytes) break
      const layout = this.#layouts.get(raw.layout)
      tally = foldGap(tally, raw.sequence, layout ? decodeRow(layout, raw.body) : null)
      freed += raw.body.length + ROW_OVERHEAD_BYTES
      dropped += 1
      last = raw.sequence
      lost.add(raw.sequence)
    }
    this.#delete(priority, 0, last)
    this.#hold(priority, -dropped, -freed)
    this.#dropped += dropped
    return tally
  }

  #deleteSettled(): number {
    let deleted = 0
    for (const [from, to] of this.#settled.toArray()) {
      for (const priority of PRIORITIES) {
        if (this.#held[priority].rows === 0) continue
        const where = `FROM ${priority} WHERE sequence BETWEEN ? AND ?`
        const sum = this.#sql(`SELECT count(*) rows, total(length(body)) bytes ${where}`).get(
          from,
          to,
        ) as unknown as Held
        if (sum.rows === 0) continue
        this.#delete(priority, from, to)
        this.#hold(priority, -sum.rows, -(sum.bytes + sum.rows * ROW_OVERHEAD_BYTES))
        deleted += sum.rows
      }
    }
    if (deleted > 0) this.#sql('UPDATE meta SET value = ? WHERE key = ?').run(this.#next, 'next')
    this.#settledRows = 0
    this.#compactSettled()
    return deleted
  }

  /** What travels last may be a picture of people: it is overwritten, that nothing of it stays in pages that are free. */
  #delete(priority: Priority, from: number, to: number): void {
    const isOverwritten = priority === READING_KINDS.picture.priority
    if (isOverwritten) this.#database.exec('PRAGMA secure_delete = ON')
    this.#sql(`DELETE FROM ${priority} WHERE sequence BETWEEN ? AND ?`).run(from, to)
    if (isOverwritten) this.#database.exec('PRAGMA secure_delete = OFF')
  }

  /** Everything below the oldest pending row is settled: one range says so. */
  #compactSettled(): void {
    const below = (this.#oldest()?.sequence ?? this.#next) - 1
    if (below >= 1) this.#settled.add(1, below)
  }

  #oldest(): RowRef | null {
    const heads = PRIORITIES.flatMap((priority) => this.pending(priority, 0, 1))
    return heads.reduce<RowRef | null>((low, ref) => (low && low.sequence < ref.sequence ? low : ref), null)
  }

  #skipSettled(sequence: number): number {
    const range = this.#settled.toArray().find(([from, to]) => from <= sequence && sequence <= to)
    return range ? range[1] : sequence
  }

  #covered(): number {
    return this.#settled.toArray().reduce((sum, [from, to]) => sum + to - from + 1, 0)
  }

  #bytes(): number {
    return PRIORITIES.reduce((sum, p) => sum + this.#held[p].bytes, 0)
  }

  #hold(priority: Priority, rows: number, bytes: number): void {
    this.#held[priority].rows += rows
    this.#held[priority].bytes += bytes
  }

  /** Reads every leaf page of the table, so that a damaged one is noticed at the start and not at midnight. */
  #count(priority: Priority): Held {
    const { rows, bytes } = this.#one<Held>(`SELECT count(*) rows, total(length(body)) bytes FROM ${priority}`)
    return { rows, bytes: bytes + rows * ROW_OVERHEAD_BYTES }
  }

  #meta(key: string): unknown {
    return (this.#sql('SELECT value FROM meta WHERE key = ?').get(key) as { value: unknown } | undefined)?.value
  }

  #one<T>(sql: string): T {
    return this.#database.prepare(sql).get() as T
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known) return known
    const statement = this.#database.prepare(text)
    this.#statements.set(text, statement)
    return statement
  }

  /** Runs a transaction; when it fails, the books in memory are as before. */
  #transaction<T>(work: () => T): T {
    const before = { next: this.#next, dropped: this.#dropped, settledRows: this.#settledRows }
    const held = PRIORITIES.map((p) => ({ ...this.#held[p] }))
    const layouts = this.#layouts.size
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollBack()
      this.#next = before.next
      this.#dropped = before.dropped
      this.#settledRows = before.settledRows
      PRIORITIES.forEach((p, i) => {
        Object.assign(this.#held[p], held[i])
      })
      if (this.#layouts.size !== layouts) this.#forgetLayoutsAfter(layouts)
      if (error instanceof InvariantError) throw error
      throw spoolError(this.#options.path, error)
    }
  }

  #forgetLayoutsAfter(count: number): void {
    for (const id of [...this.#layouts.keys()].slice(count)) {
      this.#layouts.delete(id)
      for (const [key, value] of this.#layoutIds) if (value === id) this.#layoutIds.delete(key)
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // SQLite rolls back by itself after a full disk or an I/O error.
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (error instanceof InvariantError) throw error
      throw spoolError(this.#options.path, error)
    }
  }
}

/** Stands in for a row that this version cannot decode: the loss is told, not hidden. */
const unreadableRow = (sequence: number): Reading =>
  gapReading({ ...foldGap(GAP_OF_NOTHING, sequence, null), toMs: instant(0), fromMs: instant(0) }, 'unreadable')
