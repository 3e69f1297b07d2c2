import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { InstrumentResponse, WaveformBlock } from '../contract.ts'
import { HardwareError } from '../errors.ts'
import { decodeRecord } from '../miniseed/decode.ts'
import type { MiniSeedRecord } from '../miniseed/record.ts'
import { type Arrival, ChannelFeed, type FeedItem } from './channel-feed.ts'
import { type InstrumentClock, timingOf } from './clock-quality.ts'
import { isAfter, SEQUENCES } from './sequence.ts'

/** Where a station's reader stands: what survives a reconnect and a restart. */
export interface ResumePoint {
  /** Every packet up to this one is done with; `null`: none came yet. */
  readonly sequence: number | null
  /** After the last sample sent out, by channel. */
  readonly reachedAt: Readonly<Record<string, Instant>>
}

export const NOWHERE: ResumePoint = { sequence: null, reachedAt: {} }

/** One channel of a station, and what its counts mean. */
export interface WantedChannel {
  readonly code: string
  /** `null`: whichever comes first. */
  readonly location: string | null
  readonly countsPerUnit: number
  readonly unit: 'm/s' | 'Pa'
  readonly response: InstrumentResponse
}

export interface StationFeedOptions {
  readonly network: string
  readonly station: string
  readonly channels: readonly WantedChannel[]
  readonly clock: InstrumentClock
  readonly resume: ResumePoint
}

/** What one packet came to. */
export interface Taken {
  readonly blocks: readonly WaveformBlock[]
  /** In words for a person; empty: nothing to say. */
  readonly notes: readonly string[]
  /** Why the packet could not be used; `null`: it could. */
  readonly bad: string | null
}

interface Channel {
  readonly wanted: WantedChannel
  readonly feed: ChannelFeed
  location: string | null
}

/** Counts since the beginning. */
export interface FeedCounts {
  badPackets: number
  lostSamples: number
  duplicateSamples: number
  lateSamples: number
}

const NO_COUNTS: FeedCounts = { badPackets: 0, lostSamples: 0, duplicateSamples: 0, lateSamples: 0 }

/** All packets of one station in, blocks of its channels out. Pure: the time is an argument. */
export class StationFeed {
  readonly #options: StationFeedOptions
  readonly #channels: readonly Channel[]
  readonly counts: FeedCounts
  #sequence: number | null
  #resumedFrom: number | null
  #doubtful: number | null = null
  /** Longest record that came, which is how long this station may be quiet at the least. */
  longestRecordMs: Millis = 0

  /** @param counts go on where those of a feed before it ended */
  constructor(options: StationFeedOptions, counts: FeedCounts = { ...NO_COUNTS }) {
    this.#options = options
    this.counts = counts
    this.#sequence = options.resume.sequence
    this.#resumedFrom = options.resume.sequence
    this.#channels = options.channels.map((wanted) => ({
      wanted,
      feed: new ChannelFeed(options.resume.reachedAt[wanted.code] ?? null),
      location: wanted.location,
    }))
  }

  /** Up to where everything was sent out. A packet that is held is not: it must come again. */
  position(): ResumePoint {
    const reachedAt: Record<string, Instant> = {}
    for (const { wanted, feed } of this.#channels) {
      if (feed.reachedAt !== null) reachedAt[wanted.code] = feed.reachedAt
    }
    return { sequence: this.#doneWith(), reachedAt }
  }

  /** To be called before a new connection asks for what follows {@link position}. */
  resume(): ResumePoint {
    this.#sequence = this.#doneWith()
    this.#resumedFrom = this.#sequence
    for (const { feed } of this.#channels) feed.forgetHeld()
    return this.position()
  }

  /** The server did not take the sequence: what comes now is numbered as it likes. */
  forgetSequence(): void {
    this.#sequence = null
    this.#resumedFrom = null
  }

  take(sequence: number, bytes: Uint8Array, arrival: Omit<Arrival, 'sequence' | 'repeated'>): Taken {
    const record = decode(bytes)
    if (typeof record === 'string') {
      this.counts.badPackets += 1
      return { blocks: [], notes: [], bad: record }
    }
    const channel = this.#channelOf(record)
    const repeated = this.#resumedFrom !== null && !isAfter(sequence, this.#resumedFrom)
    this.#count(sequence)
    if (!channel || record.sampleCount === 0) return NOTHING
    this.longestRecordMs = Math.max(this.longestRecordMs, (record.sampleCount * 1000) / record.rateHz)
    return this.#account(channel, channel.feed.accept(record, { ...arrival, sequence, repeated }))
  }

  /** A number far from the last one is believed once a second one bears it out: the header has no check sum. */
  #count(sequence: number): void {
    const isNear = (reference: number | null) =>
      reference === null || Math.min(distance(reference, sequence), distance(sequence, reference)) <= NEAR
    if (isNear(this.#sequence) || (this.#doubtful !== null && isNear(this.#doubtful))) {
      this.#sequence = sequence
      this.#doubtful = null
    } else this.#doubtful = sequence
  }

  #doneWith(): number | null {
    const held = this.#channels.flatMap(({ feed }) => (feed.heldSequence === null ? [] : [feed.heldSequence]))
    return held.reduce((sequence: number | null, each) => {
      const before = (each + SEQUENCES - 1) % SEQUENCES
      return sequence === null || isAfter(sequence, before) ? before : sequence
    }, this.#sequence)
  }

  #channelOf(record: MiniSeedRecord): Channel | null {
    const { network, station } = this.#options
    if (record.network !== network || record.station !== station) return null
    const channel = this.#channels.find(({ wanted }) => wanted.code === record.channel)
    if (!channel) return null
    channel.location ??= record.location
    return channel.location === record.location ? channel : null
  }

  #account(channel: Channel, items: readonly FeedItem[]): Taken {
    const blocks: WaveformBlock[] = []
    const notes: string[] = []
    for (const item of items) {
      if (item.kind === 'samples') blocks.push(this.#block(channel, item))
      else if (item.kind === 'gap') {
        this.counts.lostSamples += item.samples
        notes.push(`${channel.wanted.code}: ${describeSpan(item.ms)} missing`)
      } else if (item.kind === 'set-back') {
        notes.push(`${channel.wanted.code}: the instrument's clock went back by ${describeSpan(item.ms)}`)
      } else if (item.why === 'duplicate') this.counts.duplicateSamples += item.samples
      else if (item.why === 'late') this.counts.lateSamples += item.samples
      else {
        this.counts.badPackets += 1
        notes.push(`${channel.wanted.code}: a record with a time that is not borne out was dropped`)
      }
    }
    return { blocks, notes, bad: null }
  }

  #block({ wanted }: Channel, item: Extract<FeedItem, { kind: 'samples' }>): WaveformBlock {
    return {
      kind: 'waveform',
      channel: wanted.code,
      startAt: item.startAt,
      rateHz: item.record.rateHz,
      counts: item.samples,
      countsPerUnit: wanted.countsPerUnit,
      unit: wanted.unit,
      response: wanted.response,
      ...timingOf(item.record, this.#options.clock),
    }
  }
}

const NOTHING: Taken = { blocks: [], notes: [], bad: null }
const MAX_RATE_HZ = 20_000
/** A day of ten channels in records of five seconds. */
const NEAR = 0x40000
const distance = (from: number, to: number) => (to - from + SEQUENCES) % SEQUENCES

/** The record, or why it cannot be used. */
function decode(bytes: Uint8Array): MiniSeedRecord | string {
  try {
    const record = decodeRecord(bytes)
    if (!(record.samples instanceof Int32Array)) return `${record.encoding} samples: counts are whole numbers`
    if (record.sampleCount > 0 && (record.rateHz <= 0 || record.rateHz > MAX_RATE_HZ)) return `rate ${record.rateHz} Hz`
    return record
  } catch (error) {
    if (error instanceof HardwareError) return error.message
    throw error
  }
}

const describeSpan = (ms: Millis): string => (ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)
