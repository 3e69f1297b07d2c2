import type { JournalRow } from '../core/ports.ts'

/** The newest rows are kept decoded, so that consumers at the head do not read them back from the disk. */
const MAX_TAIL_ROWS = 50_000
/** Payload bytes behind those rows: waveforms are large. */
const MAX_TAIL_BYTES = 32 * 1024 * 1024

/** The last rows of the journal, without a gap in their offsets. */
export class JournalTail {
  #rows: JournalRow[] = []
  #bytes: number[] = []
  #total = 0
  /** Index of the first row that counts; what is before it is cut off now and then. */
  #start = 0

  add(row: JournalRow, payloadBytes: number): void {
    this.#rows.push(row)
    this.#bytes.push(payloadBytes)
    this.#total += payloadBytes
    while (this.#rows.length - this.#start > MAX_TAIL_ROWS || this.#total > MAX_TAIL_BYTES) {
      this.#total -= this.#bytes[this.#start] ?? 0
      this.#start++
    }
    if (this.#start <= MAX_TAIL_ROWS) return
    this.#rows = this.#rows.slice(this.#start)
    this.#bytes = this.#bytes.slice(this.#start)
    this.#start = 0
  }

  /** Rows after the offset; `null` when they are not all here. */
  after(offset: number, limit: number): readonly JournalRow[] | null {
    const first = this.#rows[this.#start]
    if (!first || offset < first.offset - 1) return null
    const from = this.#start + (offset - first.offset) + 1
    return this.#rows.slice(from, from + limit)
  }
}
