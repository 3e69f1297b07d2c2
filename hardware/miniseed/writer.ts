import { CLOCK_QUALITIES, type ClockQuality, type Instant, instant } from '@minewarden/protocol/time.ts'
import { encodeRecord, encodeRecords, maxSamplesPerRecord, type RecordFormat } from './encode.ts'

export interface WriterOptions extends RecordFormat {
  /** Number of the first record. */
  readonly sequence?: number
}

/**
 * Writes one channel record by record as samples arrive, for a ring on disk. Holds less than one record's samples.
 * A stretch that does not continue the one before (by half a sample) closes the record begun.
 */
export interface RecordWriter {
  /**
   * Takes a stretch; returns the records that became full, often none. `samples` is copied.
   * @param clock by default that of the format; a record says the worst of its samples, so that a clock that flaps does
   *   not cut records short
   */
  append(startAt: Instant, samples: Int32Array, clock?: ClockQuality): Uint8Array
  /** The record begun as it would be closed now, without closing it; empty when there is none. */
  peek(): Uint8Array
  /** The records that are full already: `append` looks only once there are samples for the densest packing. */
  drain(): Uint8Array
  /** Closes the record begun, padded; empty when there is none. */
  flush(): Uint8Array
  /** Samples that wait for their record. */
  readonly waiting: number
  /** Time of the first of them; meaningless when there are none. */
  readonly waitingSince: Instant
}

export function createRecordWriter(options: WriterOptions): RecordWriter {
  return new Writer(options)
}

class Writer implements RecordWriter {
  readonly #format: RecordFormat
  readonly #length: number
  /** As many samples as can make a record full, whatever they are. */
  readonly #most: number
  #pending = new Int32Array(0)
  #startAt = instant(0)
  #sequence: number
  #clock: ClockQuality | undefined

  constructor(options: WriterOptions) {
    this.#format = options
    this.#length = options.recordLength ?? 512
    this.#most = maxSamplesPerRecord(options)
    this.#sequence = options.sequence ?? 1
  }

  get waiting(): number {
    return this.#pending.length
  }

  get waitingSince(): Instant {
    return this.#startAt
  }

  append(startAt: Instant, samples: Int32Array, clock = this.#format.clock): Uint8Array {
    const parts = this.#continues(startAt) ? [] : [this.flush()]
    const begun = this.#pending.length
    if (begun === 0) this.#startAt = startAt
    const mixed = begun === 0 ? clock : worse(this.#clock, clock)
    const all = new Int32Array(this.#pending.length + samples.length)
    all.set(this.#pending)
    all.set(samples, this.#pending.length)
    const stretch = { ...this.#format, startAt: this.#startAt, samples: all }
    let from = 0
    while (all.length - from >= this.#most) {
      const format = withClock(stretch, from < begun ? mixed : clock)
      const { record, samples } = encodeRecord(format, this.#length, this.#sequence, from)
      parts.push(record)
      from += samples
      this.#count(1)
    }
    this.#clock = from < begun ? mixed : clock
    this.#keep(all.slice(from), from)
    return concatenate(parts)
  }

  drain(): Uint8Array {
    const stretch = withClock({ ...this.#format, startAt: this.#startAt, samples: this.#pending }, this.#clock)
    const parts: Uint8Array[] = []
    let from = 0
    while (from < this.#pending.length) {
      const { record, samples } = encodeRecord(stretch, this.#length, this.#sequence, from)
      if (from + samples === this.#pending.length) break
      parts.push(record)
      from += samples
      this.#count(1)
    }
    this.#keep(this.#pending.slice(from), from)
    return concatenate(parts)
  }

  peek(): Uint8Array {
    if (this.#pending.length === 0) return new Uint8Array(0)
    const stretch = { ...this.#format, startAt: this.#startAt, samples: this.#pending, sequence: this.#sequence }
    return encodeRecords(withClock(stretch, this.#clock))
  }

  flush(): Uint8Array {
    const records = this.peek()
    if (records.length === 0) return records
    this.#count(records.length / this.#length)
    this.#keep(new Int32Array(0), 0)
    return records
  }

  #continues(startAt: Instant): boolean {
    const periodMs = 1000 / this.#format.rateHz
    const expected = this.#startAt + this.#pending.length * periodMs
    return this.#pending.length === 0 || Math.abs(startAt - expected) <= periodMs / 2
  }

  #keep(pending: Int32Array<ArrayBuffer>, written: number): void {
    this.#pending = pending
    this.#startAt = instant(this.#startAt + (written * 1000) / this.#format.rateHz)
  }

  #count(records: number): void {
    this.#sequence = ((this.#sequence - 1 + records) % 999_999) + 1
  }
}

const withClock = <T extends RecordFormat>(format: T, clock: ClockQuality | undefined): T =>
  clock === undefined ? format : { ...format, clock }

function worse(a: ClockQuality | undefined, b: ClockQuality | undefined): ClockQuality | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return CLOCK_QUALITIES.indexOf(a) < CLOCK_QUALITIES.indexOf(b) ? a : b
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
