import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { MiniSeedRecord } from '../miniseed/record.ts'

/** A record whose time can be believed, or why one was dropped. */
export type Believed =
  | { readonly kind: 'record'; readonly record: MiniSeedRecord }
  | { readonly kind: 'dropped'; readonly reason: string }

/**
 * Holds a record that jumps ahead in time until the next one bears it out. A header has no check sum: were a single
 * wrong time believed, every sound record after it would count as an overlap and be lost. Drops the record that
 * jumped when the next one goes on from before it. The samples of what it returns are valid until the next call.
 */
export interface TimeSense {
  /** What can be believed now, in order. */
  accept(record: MiniSeedRecord): readonly Believed[]
  /** The record still held, at the end of the file. */
  end(): readonly Believed[]
}

export function createTimeSense(): TimeSense {
  let held: MiniSeedRecord | null = null
  let reachedAt: Instant | null = null
  const pass = (record: MiniSeedRecord): Believed => {
    reachedAt = Math.max(reachedAt ?? 0, endOf(record)) as Instant
    return { kind: 'record', record }
  }
  const judge = (record: MiniSeedRecord): Believed[] => {
    if (reachedAt !== null && record.startAt <= reachedAt + halfPeriod(record)) return [pass(record)]
    held = { ...record, samples: record.samples.slice() }
    return []
  }
  return {
    accept: (record) => {
      if (!held) return judge(record)
      const candidate = held
      if (goesBefore(record, candidate, reachedAt)) {
        held = null
        return [
          { kind: 'dropped', reason: `record at ${isoTime(candidate.startAt)}: time out of place` },
          ...judge(record),
        ]
      }
      if (record.startAt < candidate.startAt) return []
      held = null
      return [pass(candidate), ...judge(record)]
    },
    end: () => (held ? [pass(held)] : []),
  }
}

/** The record that follows goes on from where the channel stood before the jump. */
const goesBefore = (next: MiniSeedRecord, held: MiniSeedRecord, reachedAt: Instant | null) =>
  next.startAt < held.startAt - halfPeriod(next) && (reachedAt === null || endOf(next) > reachedAt + halfPeriod(next))

const halfPeriod = ({ rateHz }: MiniSeedRecord) => 500 / rateHz
const endOf = ({ startAt, sampleCount, rateHz }: MiniSeedRecord) => startAt + (sampleCount * 1000) / rateHz
