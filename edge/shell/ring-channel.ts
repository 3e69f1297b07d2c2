/** One channel of the ring: its record begun, its records that the disk does not have, its files. */
import type { WaveformBlock } from '@minewarden/hardware/contract.ts'
import { markClock } from '@minewarden/hardware/miniseed/clock-fields.ts'
import { shiftRecords } from '@minewarden/hardware/miniseed/restamp.ts'
import { createRecordWriter, type RecordWriter } from '@minewarden/hardware/miniseed/writer.ts'
import { type ClockQuality, type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import { cutRecords, RECORD_BYTES, type RingRecord } from './ring-record.ts'
import { MAX_RECORD_MS, type Slices } from './ring-slices.ts'

/** A channel whose records the disk does not take loses the oldest beyond this. */
export const MAX_WAITING_BYTES = 1_048_576
/** Samples are handed on in runs of at most this, so that no record grows longer than {@link MAX_RECORD_MS}. */
const RUN_MS: Millis = MAX_RECORD_MS / 2

export interface ChannelName {
  readonly network: string
  readonly station: string
  readonly location: string
  readonly channel: string
}

/** Moves what was stamped before the clock was first synchronised. */
export interface Restamp {
  /** Records that begin earlier are not of this run. */
  readonly sinceMs: number
  readonly byMs: Millis
  readonly quality: ClockQuality
}

export class RingChannel {
  readonly slices: Slices
  readonly #name: ChannelName
  #writer: RecordWriter | null = null
  #rateHz = 0
  #waiting: RingRecord[] = []
  #newestAt: Instant | null = null
  #idle = false
  /** Records that were lost because the disk did not take them. */
  lost = 0

  constructor(name: ChannelName, slices: Slices) {
    this.#name = name
    this.slices = slices
  }

  get newestAt(): Instant | null {
    return this.#newestAt
  }

  get waitingBytes(): number {
    return this.#waiting.length * RECORD_BYTES
  }

  append({ startAt, rateHz, counts, clock }: WaveformBlock): void {
    if (this.#writer === null || this.#rateHz !== rateHz) this.#begin(rateHz)
    this.#idle = false
    const run = Math.max(1, Math.floor((RUN_MS * rateHz) / 1000))
    for (let at = 0; at < counts.length; at += run) {
      const from = instant(startAt + (at * 1000) / rateHz)
      this.#appendRun(from, counts.subarray(at, at + run), clock)
    }
    this.#newestAt = instant(startAt + (counts.length * 1000) / rateHz)
  }

  /** Ends the record begun: what it holds goes to the disk as it is. */
  closeRecord(): void {
    if (this.#writer) this.#keep(this.#writer.flush())
  }

  /** Told at each flush: full records are handed on, and one to which nothing was added since the last is closed. */
  ripen(): void {
    if (this.#idle) this.closeRecord()
    else if (this.#writer) this.#keep(this.#writer.drain())
    this.#idle = true
  }

  /** What is not on disk, the record begun included. */
  recent(): readonly RingRecord[] {
    return [...this.#waiting, ...cutRecords(this.#writer?.peek() ?? new Uint8Array(0))]
  }

  /** Records for the disk; they stay until `written`. */
  waiting(): readonly RingRecord[] {
    return [...this.#waiting]
  }

  written(records: readonly RingRecord[]): void {
    const done = new Set(records)
    this.#waiting = this.#waiting.filter((record) => !done.has(record))
  }

  restamp(restamp: Restamp): void {
    this.closeRecord()
    const newest = this.#waiting.at(-1)
    this.#waiting = this.#waiting.map((record) => restamped(record, restamp))
    if (newest?.questionable && this.#newestAt !== null) this.#newestAt = this.#waiting.at(-1)?.endAt ?? null
    this.slices.close()
  }

  #begin(rateHz: number): void {
    this.closeRecord()
    this.#writer = createRecordWriter({ ...this.#name, rateHz, recordLength: RECORD_BYTES })
    this.#rateHz = rateHz
  }

  #appendRun(startAt: Instant, counts: Int32Array, clock: ClockQuality): void {
    const writer = this.#writer as RecordWriter
    this.#keep(writer.append(startAt, counts, clock))
    const begunMs = (writer.waiting * 1000) / this.#rateHz
    if (begunMs >= RUN_MS) this.closeRecord()
  }

  #keep(bytes: Uint8Array): void {
    this.#waiting.push(...cutRecords(bytes))
    const most = MAX_WAITING_BYTES / RECORD_BYTES
    if (this.#waiting.length <= most) return
    this.lost += this.#waiting.length - most
    this.#waiting = this.#waiting.slice(-most)
  }
}

/** The record as it should have been stamped; itself when it is not concerned. */
export function restamped(record: RingRecord, { sinceMs, byMs, quality }: Restamp): RingRecord {
  if (!record.questionable || record.startAt < sinceMs) return record
  const bytes = shiftRecords(record.bytes, byMs)
  markClock(bytes, quality)
  return cutRecords(bytes)[0] ?? record
}
