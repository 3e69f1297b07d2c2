import type { DatabaseSync } from 'node:sqlite'
import type { StoredLayout } from '../core/journal-port.ts'

/** Layouts at hand at most, each way; emptied when full. */
const MAX_AT_HAND = 50_000
/** A layout's last use is written down once in so many rows; it is kept that much longer. */
const LAZY_ROWS = 10_000

/** The layouts that rows are stored under, each once. One that no row needs any more is dropped. */
export class JournalLayouts {
  readonly #sql: ReturnType<typeof prepare>
  readonly #ids = new Map<string, { readonly id: number; used: number }>()
  readonly #byId = new Map<number, StoredLayout>()

  constructor(db: DatabaseSync) {
    this.#sql = prepare(db)
  }

  /** The id to store with the row at this offset. */
  idFor({ text }: StoredLayout, offset: number): number {
    const known = this.#ids.get(text)
    if (known && offset - known.used < LAZY_ROWS) return known.id
    const id = Number(this.#sql.use.get(text, offset)?.id)
    if (this.#ids.size >= MAX_AT_HAND) this.#ids.clear()
    this.#ids.set(text, { id, used: offset })
    return id
  }

  /** `null`: none of this id. */
  get(id: number): StoredLayout | null {
    const known = this.#byId.get(id)
    if (known) return known
    const row = this.#sql.get.get(id)
    if (!row) return null
    const layout = { text: String(row.layout) }
    if (this.#byId.size >= MAX_AT_HAND) this.#byId.clear()
    this.#byId.set(id, layout)
    return layout
  }

  /** Rows before this one are gone. */
  prune(oldest: number): void {
    if (this.#sql.prune.run(oldest - LAZY_ROWS).changes > 0) this.forget()
  }

  /** What is at hand may be untrue: the transaction that made it was rolled back. */
  forget(): void {
    this.#ids.clear()
    this.#byId.clear()
  }
}

const prepare = (db: DatabaseSync) => ({
  use: db.prepare(`INSERT INTO layouts (layout, last) VALUES (?, ?)
    ON CONFLICT (layout) DO UPDATE SET last = max(last, excluded.last) RETURNING id`),
  get: db.prepare('SELECT layout FROM layouts WHERE id = ?'),
  prune: db.prepare('DELETE FROM layouts WHERE last < ?'),
})
