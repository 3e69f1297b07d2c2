/**
 * The waveform ring: continuous miniSEED (Steim 2) of the last days, one folder for each sensor and channel, one file for
 * each slice of time. Written in large blocks without fsync, for the memory card's sake: a power cut costs the last
 * minute of raw waveform and nothing else. A file is never appended to after a restart, so a record torn by a power cut
 * is the last one of its file.
 */
import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { WaveformBlock } from '@minewarden/hardware/contract.ts'
import { readHeader } from '@minewarden/hardware/miniseed/header.ts'
import { createRecordWriter, type RecordWriter } from '@minewarden/hardware/miniseed/writer.ts'
import { type Clock, type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { Logger, WaveformStore } from '../core/ports.ts'

/** Large records carry little header: 1.5 % at 4096 bytes. */
export const RECORD_BYTES = 4096
/** One file covers this much time. */
export const SLICE_MS: Millis = 600_000
/** Records wait in memory until so many bytes of a channel, or so much time, have gathered. */
export const FLUSH_BYTES = 65_536
export const FLUSH_MS: Millis = 60_000
/** A channel whose records the disk does not take loses the oldest beyond this. */
const MAX_WAITING_BYTES = 1_048_576
/** A channel that is written with more sensors or channels than this is refused: a driver gone mad. */
const MAX_CHANNELS = 64

export interface RingDeps {
  readonly clock: Clock
  readonly logger: Logger
}
export interface RingOptions {
  readonly dir: string
  readonly maxBytes: number
  readonly maxAgeMs: Millis
  /** SEED station code, at most 5 letters or digits. */
  readonly station: string
}

interface Slice {
  readonly path: string
  readonly startAt: Instant
  bytes: number
}
interface Records {
  readonly startAt: Instant
  readonly endAt: Instant
  readonly bytes: Uint8Array
}
interface Channel {
  readonly dir: string
  readonly location: string
  readonly slices: Slice[]
  writer: RecordWriter | null
  rateHz: number
  /** Whole records that the disk does not have yet. */
  waiting: Records[]
  waitingBytes: number
  /** The slice that this process writes to; none before its first record. */
  current: Slice | null
  newestAt: Instant | null
}

export class WaveformRing implements WaveformStore {
  readonly #deps: RingDeps
  readonly #options: RingOptions
  readonly #channels = new Map<string, Channel>()
  readonly #locations = new Map<string, string>()
  readonly #stop = new AbortController()
  #work: Promise<void> = Promise.resolve()
  #bytes = 0
  #failing = false

  constructor(deps: RingDeps, options: RingOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#bytes
  }

  /** Looks through what earlier runs have left, then flushes on its own. */
  async start(): Promise<void> {
    await mkdir(this.#options.dir, { recursive: true })
    for (const sensor of await folders(this.#options.dir)) {
      for (const channel of await folders(join(this.#options.dir, sensor))) await this.#takeOver(sensor, channel)
    }
    void this.#flushForEver()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    for (const channel of this.#channels.values()) this.#closeRecord(channel)
    await this.#flush()
  }

  /** Takes a run of samples. Never throws: the ring is best effort and must not stop the measuring. */
  write(sensor: string, block: WaveformBlock): void {
    const channel = this.#channel(sensor, block.channel)
    if (!channel) return
    if (channel.writer === null || channel.rateHz !== block.rateHz) {
      this.#closeRecord(channel)
      channel.writer = this.#createWriter(channel, block)
      channel.rateHz = block.rateHz
    }
    this.#keep(channel, channel.writer.append(block.startAt, block.counts))
    channel.newestAt = instant(block.startAt + (block.counts.length * 1000) / block.rateHz)
    if (channel.waitingBytes >= FLUSH_BYTES) void this.#flush()
  }

  /** Time just after the newest sample; `null`: none since the start. */
  newestAt(sensor: string, channel: string): Instant | null {
    return this.#channels.get(`${sensor}/${channel}`)?.newestAt ?? null
  }

  async read(
    sensor: string,
    channelCode: string,
    from: Instant,
    to: Instant,
    maxBytes: number,
  ): Promise<readonly Uint8Array[]> {
    const channel = this.#channels.get(`${sensor}/${channelCode}`)
    if (!channel) return []
    this.#closeRecord(channel)
    await this.#work
    // A flush may move these to disk while the files are read: then they are found twice.
    const waiting = [...channel.waiting]
    const found: Records[] = []
    for (const [i, slice] of channel.slices.entries()) {
      const next = channel.slices[i + 1]
      if (slice.startAt > to || (next !== undefined && next.startAt < from)) continue
      found.push(...cut(await readFile(slice.path).catch(() => new Uint8Array(0))))
    }
    const all = new Map<number, Records>()
    for (const record of [...found, ...waiting]) {
      if (record.startAt < to && record.endAt > from) all.set(record.startAt, record)
    }
    const ordered = [...all.values()].sort((a, b) => a.startAt - b.startAt).map(({ bytes }) => bytes)
    return ordered.slice(0, Math.floor(maxBytes / RECORD_BYTES))
  }

  #channel(sensor: string, code: string): Channel | null {
    const key = `${sensor}/${code}`
    const known = this.#channels.get(key)
    if (known) return known
    if (this.#channels.size >= MAX_CHANNELS) return null
    const location = this.#locations.get(sensor) ?? String(this.#locations.size % 100).padStart(2, '0')
    this.#locations.set(sensor, location)
    const channel: Channel = {
      dir: join(this.#options.dir, sensor, code),
      location,
      slices: [],
      writer: null,
      rateHz: 0,
      waiting: [],
      waitingBytes: 0,
      current: null,
      newestAt: null,
    }
    this.#channels.set(key, channel)
    return channel
  }

  /** Network XX: not assigned. @see FDSN network codes */
  #createWriter({ location }: Channel, { channel, rateHz }: WaveformBlock): RecordWriter {
    const { station } = this.#options
    return createRecordWriter({ network: 'XX', station, location, channel, rateHz, recordLength: RECORD_BYTES })
  }

  #closeRecord(channel: Channel): void {
    if (channel.writer) this.#keep(channel, channel.writer.flush())
  }

  #keep(channel: Channel, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    for (const record of cut(bytes)) {
      channel.waiting.push(record)
      channel.waitingBytes += record.bytes.length
    }
    while (channel.waitingBytes > MAX_WAITING_BYTES) {
      channel.waitingBytes -= channel.waiting.shift()?.bytes.length ?? 0
    }
  }

  async #flushForEver(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await this.#deps.clock.sleep(FLUSH_MS, signal).catch(() => undefined)
      if (!signal.aborted) await this.#flush()
    }
  }

  /** Writes what waits, one channel after the other; a second call waits for the first. */
  #flush(): Promise<void> {
    this.#work = this.#work.then(async () => {
      try {
        for (const channel of this.#channels.values()) await this.#flushChannel(channel)
        await this.#shrink()
        this.#failing = false
      } catch (error) {
        if (!this.#failing) this.#deps.logger.error({ reason: (error as Error).message }, 'waveform ring: disk refuses')
        this.#failing = true
      }
    })
    return this.#work
  }

  async #flushChannel(channel: Channel): Promise<void> {
    const records = [...channel.waiting]
    const written = new Set(records)
    const first = records[0]
    if (!first) return
    let { current } = channel
    if (!current || first.startAt < current.startAt || first.startAt - current.startAt >= SLICE_MS) {
      await mkdir(channel.dir, { recursive: true })
      const startAt = instant(Math.floor(first.startAt))
      current = { path: freeName(channel, startAt), startAt, bytes: 0 }
      channel.slices.push(current)
      channel.slices.sort((a, b) => a.startAt - b.startAt)
      channel.current = current
    }
    const bytes = Buffer.concat(records.map((record) => record.bytes))
    await appendFile(current.path, bytes)
    current.bytes += bytes.length
    this.#bytes += bytes.length
    // New records may have come while the disk worked.
    channel.waiting = channel.waiting.filter((record) => !written.has(record))
    channel.waitingBytes = channel.waiting.reduce((sum, record) => sum + record.bytes.length, 0)
  }

  /** Deletes the oldest slices, of whatever channel, until age and size are within bounds. */
  async #shrink(): Promise<void> {
    const horizon = this.#deps.clock.now() - this.#options.maxAgeMs
    for (;;) {
      const oldest = [...this.#channels.values()]
        .filter((channel) => channel.slices[0] && channel.slices[0] !== channel.current)
        .reduce<Channel | null>((low, c) => (low && startOf(low) <= startOf(c) ? low : c), null)
      const slice = oldest?.slices[0]
      if (!oldest || !slice) return
      if (this.#bytes <= this.#options.maxBytes && slice.startAt + SLICE_MS >= horizon) return
      await rm(slice.path, { force: true })
      oldest.slices.shift()
      this.#bytes -= slice.bytes
    }
  }

  async #takeOver(sensor: string, code: string): Promise<void> {
    const channel = this.#channel(sensor, code)
    if (!channel) return
    for (const name of await readdir(channel.dir)) {
      const startAt = Number(/^(\d+)(-\d+)?\.mseed$/.exec(name)?.[1] ?? Number.NaN)
      if (Number.isNaN(startAt)) continue
      const path = join(channel.dir, name)
      const bytes = (await stat(path)).size
      channel.slices.push({ path, startAt: instant(startAt), bytes })
      this.#bytes += bytes
    }
    channel.slices.sort((a, b) => a.startAt - b.startAt)
  }
}

const startOf = (channel: Channel): number => channel.slices[0]?.startAt ?? Number.POSITIVE_INFINITY

/** A clock that was set back may ask for a name that is taken. */
function freeName({ dir, slices }: Channel, startAt: Instant): string {
  const taken = new Set(slices.map(({ path }) => path))
  for (let i = 0; ; i++) {
    const path = join(dir, i === 0 ? `${startAt}.mseed` : `${startAt}-${i}.mseed`)
    if (!taken.has(path)) return path
  }
}

const folders = async (dir: string): Promise<string[]> =>
  (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)

/** Whole records of a file, by their headers; what is torn or damaged is passed over. */
function cut(bytes: Uint8Array): Records[] {
  const records: Records[] = []
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const result = readHeader(bytes, at, bytes.length)
    if (result.kind !== 'header') continue
    const { startAt, sampleCount, rateHz } = result.header
    const endAt = instant(startAt + (rateHz > 0 ? (sampleCount * 1000) / rateHz : 0))
    records.push({ startAt, endAt, bytes: bytes.subarray(at, at + RECORD_BYTES) })
  }
  return records
}
