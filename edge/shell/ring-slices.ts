/** The files of one channel, each a slice of its time, in order. */
import { join } from 'node:path'
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { RingRecord } from './ring-record.ts'

/** One file covers this much time, by the starts of its records. */
export const SLICE_MS: Millis = 600_000
/** No record is longer, so none reaches further beyond its slice. */
export const MAX_RECORD_MS: Millis = 240_000

export interface Slice {
  readonly path: string
  /** Start of the earliest record; the name of the file says it. */
  readonly startAt: Instant
  bytes: number
  /** Written by this run of the program before its clock was ever set. */
  readonly questionable: boolean
}

/** The slice that a file is; `null` when its name is none of ours. */
export function sliceOf(dir: string, name: string, bytes: number): Slice | null {
  const startAt = Number(/^(-?\d+)(-\d+)?\.mseed$/.exec(name)?.[1] ?? Number.NaN)
  return Number.isNaN(startAt) ? null : { path: join(dir, name), startAt: instant(startAt), bytes, questionable: false }
}

/** Records that belong into one file. */
export interface Group {
  readonly slice: Slice
  readonly records: RingRecord[]
}

export class Slices {
  readonly #dir: string
  readonly #all: Slice[] = []
  /** The slice that is written to; none before the first record. A file is never appended to after a restart. */
  #current: Slice | null = null

  constructor(dir: string) {
    this.#dir = dir
  }

  /** In order of time. */
  get all(): readonly Slice[] {
    return this.#all
  }

  /** What may be deleted first: the one that is written to never. */
  oldest(wanted: (slice: Slice) => boolean): Slice | null {
    return this.#all.find((slice) => slice !== this.#current && wanted(slice)) ?? null
  }

  add(slice: Slice): void {
    this.addAll([slice])
  }

  addAll(slices: readonly Slice[]): void {
    this.#all.push(...slices)
    this.#all.sort((a, b) => a.startAt - b.startAt)
  }

  drop(slice: Slice): void {
    const at = this.#all.indexOf(slice)
    if (at >= 0) this.#all.splice(at, 1)
    if (this.#current === slice) this.#current = null
  }

  /** The next record begins a new file. */
  close(): void {
    this.#current = null
  }

  /** Deals records to files, in their order: a new one where the time is up, or was set back. */
  deal(records: readonly RingRecord[]): Group[] {
    const groups: Group[] = []
    for (const record of records) {
      const slice = this.#sliceFor(record)
      const last = groups.at(-1)
      if (last?.slice === slice) last.records.push(record)
      else groups.push({ slice, records: [record] })
    }
    return groups
  }

  /** Slices that may hold something of a stretch. */
  touching(from: Instant, to: Instant): Slice[] {
    return this.#all.filter(({ startAt }) => startAt < to && startAt + SLICE_MS + MAX_RECORD_MS > from)
  }

  /** A name for a slice that no other has: a clock that was set back may ask for one that is taken. */
  freePath(startAt: Instant, taken: ReadonlySet<string> = new Set()): string {
    const whole = Math.floor(startAt)
    for (let i = 0; ; i++) {
      const path = join(this.#dir, i === 0 ? `${whole}.mseed` : `${whole}-${i}.mseed`)
      if (!taken.has(path) && !this.#all.some((slice) => slice.path === path)) return path
    }
  }

  #sliceFor({ startAt: at, questionable }: RingRecord): Slice {
    const current = this.#current
    const isDue = !current || at < current.startAt || at - current.startAt >= SLICE_MS
    if (!isDue && current.questionable === questionable) return current
    const startAt = instant(Math.floor(at))
    const slice = { path: this.freePath(startAt), startAt, bytes: 0, questionable }
    this.add(slice)
    this.#current = slice
    return slice
  }
}
