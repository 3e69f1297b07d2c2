import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { MiniSeedRecord } from '../miniseed/record.ts'

/** A record whose header can be believed, or why one was dropped. */
export type Believed =
  | { readonly kind: 'record'; readonly record: MiniSeedRecord }
  | { readonly kind: 'dropped'; readonly reason: string }

/** How many records may come after one that is later than they are before its time counts as wrong. */
export const MAX_OVERTAKEN = 2

/**
 * Holds a record that jumps ahead in time, or has another sample rate than those before, until the next one bears it
 * out. A header has no check sum: were a single wrong time or rate believed, every sound record after it would count
 * as an overlap and be lost. So a neighbour that comes late goes first, and a record that several go before, or whose
 * rate is its alone, is dropped. The samples of what it returns are valid until the next call.
 */
export interface HeaderSense {
  /** What can be believed now, in order. */
  accept(record: MiniSeedRecord): readonly Believed[]
  /** The record still held, at the end of the file. */
  end(): readonly Believed[]
}

export function createHeaderSense(): HeaderSense {
  return new Sense()
}

class Sense implements HeaderSense {
  #held: MiniSeedRecord | null = null
  #overtaken = 0
  /** Where the channel stands: after the last sample of what was believed. */
  #reachedAt: Instant | null = null
  #rateHz: number | null = null

  accept(record: MiniSeedRecord): readonly Believed[] {
    const held = this.#held
    if (!held) return this.#judge(record)
    if (held.rateHz !== this.#rateHz && held.rateHz !== record.rateHz) {
      return [dropped(held, `a rate of ${held.rateHz} Hz that is its alone`), ...this.#judge(record)]
    }
    if (record.startAt < held.startAt) return this.#overtake(held, record)
    return [this.#believe(held), ...this.#judge(record)]
  }

  end(): readonly Believed[] {
    return this.#held ? [this.#believe(this.#held)] : []
  }

  #judge(record: MiniSeedRecord): readonly Believed[] {
    this.#held = null
    const goesOn = this.#reachedAt !== null && record.startAt <= this.#reachedAt + halfPeriod(record)
    if (goesOn && record.rateHz === this.#rateHz) return [this.#believe(record)]
    this.#held = { ...record, samples: record.samples.slice() }
    this.#overtaken = 0
    return []
  }

  #overtake(held: MiniSeedRecord, record: MiniSeedRecord): readonly Believed[] {
    const news = this.#reachedAt === null || endOf(record) > this.#reachedAt + halfPeriod(record)
    const believed = this.#believe(record)
    if (!news || ++this.#overtaken < MAX_OVERTAKEN) return [believed]
    this.#held = null
    return [dropped(held, 'time out of place'), believed]
  }

  #believe(record: MiniSeedRecord): Believed {
    this.#rateHz = record.rateHz
    this.#reachedAt = Math.max(this.#reachedAt ?? 0, endOf(record)) as Instant
    return { kind: 'record', record }
  }
}

const dropped = ({ startAt }: MiniSeedRecord, why: string): Believed => ({
  kind: 'dropped',
  reason: `record at ${isoTime(startAt)}: ${why}`,
})
const halfPeriod = ({ rateHz }: MiniSeedRecord) => 500 / rateHz
const endOf = ({ startAt, sampleCount, rateHz }: MiniSeedRecord) => startAt + (sampleCount * 1000) / rateHz
