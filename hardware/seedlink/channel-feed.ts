import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { MiniSeedRecord } from '../miniseed/record.ts'

/**
 * One channel's records in, its samples out: each once, in order. A record that continues goes through; one that is
 * there already is dropped, one that overlaps loses what is there; one that jumps ahead to anywhere but now is held until
 * the next one bears it out, for a header has no check sum, and a single wrong time that is believed would make all the
 * sound ones after it look old. What it cannot see: a wrong time within a minute of now.
 */

/** What comes out of a record. `samples` belong to the caller. */
export type FeedItem =
  | {
      readonly kind: 'samples'
      readonly record: MiniSeedRecord
      readonly startAt: Instant
      readonly samples: Int32Array
    }
  /** So many milliseconds are missing before the samples that follow. */
  | { readonly kind: 'gap'; readonly ms: Millis; readonly samples: number }
  | { readonly kind: 'dropped'; readonly why: 'duplicate' | 'late' | 'out of place'; readonly samples: number }
  /** The instrument's clock went back: the samples that follow are before the ones that were sent. */
  | { readonly kind: 'set-back'; readonly ms: Millis }

/** When a record came. */
export interface Arrival {
  readonly sequence: number
  /** Its sequence is not after the one from which this connection resumed: it can only be a repetition. */
  readonly repeated: boolean
  /** The gateway's wall clock, and whether it is held by a reference. */
  readonly now: Instant
  readonly nowIsKnown: boolean
  readonly monotonic: Millis
}

/** A live record ends within this of now. */
const LIVE_MS: Millis = 60_000
/** How many records may come after one that is later than they are before its time counts as wrong. */
const MAX_OVERTAKEN = 2
/** Records that are old by their time but new by their number, for so long: then the instrument's clock was set back. */
const SET_BACK_AFTER_MS: Millis = 60_000
/** A server that numbers anew sends its whole store within moments; such a flood is not a clock. */
const SET_BACK_LEAST = 4

interface Held {
  readonly record: MiniSeedRecord
  readonly sequence: number
  overtaken: number
}

export class ChannelFeed {
  #reachedAt: Instant | null
  #rateHz: number | null = null
  #held: Held | null = null
  #late: { readonly since: Millis; records: number } | null = null

  constructor(reachedAt: Instant | null) {
    this.#reachedAt = reachedAt
  }

  /** After the last sample that was sent out. */
  get reachedAt(): Instant | null {
    return this.#reachedAt
  }

  /** Number of the packet that waits to be borne out; `null`: none does. */
  get heldSequence(): number | null {
    return this.#held?.sequence ?? null
  }

  /** The connection ended: what is held will come again with the next one. */
  forgetHeld(): void {
    this.#held = null
  }

  accept(record: MiniSeedRecord, arrival: Arrival): FeedItem[] {
    const held = this.#held
    if (!held) return this.#judge(record, arrival)
    if (held.record.rateHz !== this.#rateHz && held.record.rateHz !== record.rateHz) {
      this.#held = null
      return [outOfPlace(held.record), ...this.#judge(record, arrival)]
    }
    if (record.startAt < held.record.startAt) return this.#overtake(held, record, arrival)
    this.#held = null
    return [...this.#send(held.record), ...this.#judge(record, arrival)]
  }

  #judge(record: MiniSeedRecord, arrival: Arrival): FeedItem[] {
    const reached = this.#reachedAt
    const sameRate = this.#rateHz === null || record.rateHz === this.#rateHz
    if (reached !== null && endOf(record) <= reached + halfPeriod(record)) return this.#old(record, arrival)
    this.#late = null
    const goesOn = reached !== null && record.startAt <= reached + halfPeriod(record)
    const isLive = arrival.nowIsKnown && Math.abs(endOf(record) - arrival.now) <= LIVE_MS
    if (sameRate && (goesOn || isLive)) return this.#send(record)
    this.#held = { record, sequence: arrival.sequence, overtaken: 0 }
    return []
  }

  #overtake(held: Held, record: MiniSeedRecord, arrival: Arrival): FeedItem[] {
    const isNews = this.#reachedAt === null || endOf(record) > this.#reachedAt + halfPeriod(record)
    if (!isNews) return this.#old(record, arrival)
    held.overtaken += 1
    if (held.overtaken < MAX_OVERTAKEN) return this.#send(record)
    this.#held = null
    return [outOfPlace(held.record), ...this.#send(record)]
  }

  /** All of it is before what was sent. */
  #old(record: MiniSeedRecord, arrival: Arrival): FeedItem[] {
    const { length } = record.samples
    if (arrival.repeated) return [{ kind: 'dropped', why: 'duplicate', samples: length }]
    this.#late ??= { since: arrival.monotonic, records: 0 }
    this.#late.records += 1
    const reached = this.#reachedAt!
    const wasAhead = arrival.nowIsKnown && reached > arrival.now + LIVE_MS && endOf(record) <= arrival.now + LIVE_MS
    const persists =
      this.#late.records >= SET_BACK_LEAST &&
      arrival.monotonic - this.#late.since >= SET_BACK_AFTER_MS &&
      this.#late.records * (endOf(record) - record.startAt) <= 2 * (arrival.monotonic - this.#late.since)
    if (!wasAhead && !persists) return [{ kind: 'dropped', why: 'late', samples: length }]
    this.#late = null
    this.#reachedAt = null
    return [{ kind: 'set-back', ms: reached - record.startAt }, ...this.#send(record)]
  }

  #send(record: MiniSeedRecord): FeedItem[] {
    const reached = this.#reachedAt
    const items: FeedItem[] = []
    const periodMs = 1000 / record.rateHz
    let known = 0
    if (reached !== null && record.startAt > reached + halfPeriod(record)) {
      const ms = record.startAt - reached
      items.push({ kind: 'gap', ms, samples: Math.round(ms / periodMs) })
    } else if (reached !== null && record.startAt < reached - halfPeriod(record)) {
      known = Math.round((reached - record.startAt) / periodMs)
      items.push({ kind: 'dropped', why: 'duplicate', samples: known })
    }
    const samples = (record.samples as Int32Array).subarray(known)
    items.push({ kind: 'samples', record, startAt: instant(record.startAt + known * periodMs), samples })
    this.#reachedAt = endOf(record)
    this.#rateHz = record.rateHz
    return items
  }
}

const outOfPlace = (record: MiniSeedRecord): FeedItem => ({
  kind: 'dropped',
  why: 'out of place',
  samples: record.samples.length,
})
const halfPeriod = ({ rateHz }: MiniSeedRecord): Millis => 500 / rateHz
const endOf = ({ startAt, sampleCount, rateHz }: MiniSeedRecord): Instant =>
  instant(startAt + (sampleCount * 1000) / rateHz)
