/**
 * The waveform ring: continuous miniSEED (Steim 2) of the last days, one folder for each sensor and channel, one file for
 * each slice of time. Written and synced once a minute, for the memory card's sake: a power cut costs the last minute of
 * raw waveform and nothing else. A file is never appended to after a restart, so a record torn by a power cut is the last
 * one of its file; readers pass it over.
 */
import { join } from 'node:path'
import type { WaveformBlock } from '@minewarden/hardware/contract.ts'
import { readHeader } from '@minewarden/hardware/miniseed/header.ts'
import type { Clock, ClockQuality, Instant, Millis } from '@minewarden/protocol/time.ts'
import type { Logger, WaveformStore } from '../core/ports.ts'
import { RingChannel } from './ring-channel.ts'
import { type RingDisk, ringDisk } from './ring-disk.ts'
import { RingLocations } from './ring-locations.ts'
import { cutRecords, isSound, RECORD_BYTES, type RingRecord, sampleRoom } from './ring-record.ts'
import { RingRestamper } from './ring-restamper.ts'
import { RingRoom } from './ring-room.ts'
import { SLICE_MS, type Slice, Slices, sliceOf } from './ring-slices.ts'

export { RECORD_BYTES, SLICE_MS }
/** Records wait in memory until so many bytes of a channel, or so much time, have gathered. */
export const FLUSH_BYTES = 131_072
export const FLUSH_MS: Millis = 60_000
/** A channel that is written with more sensors or channels than this is refused: a driver gone mad. */
const MAX_CHANNELS = 64

export interface RingDeps {
  readonly clock: Clock
  readonly logger: Logger
  /** The machine's own by default. */
  readonly disk?: RingDisk
}
export interface RingOptions {
  readonly dir: string
  readonly maxBytes: number
  readonly maxAgeMs: Millis
  /** SEED station code, at most 5 letters or digits. */
  readonly station: string
}

export class WaveformRing implements WaveformStore {
  readonly #deps: RingDeps
  readonly #options: RingOptions
  readonly #disk: RingDisk
  readonly #channels = new Map<string, RingChannel>()
  readonly #locations: RingLocations
  readonly #room: RingRoom
  readonly #restamper: RingRestamper
  readonly #stop = new AbortController()
  #work: Promise<void> = Promise.resolve()
  #isFlushDue = false
  #failing = false

  constructor(deps: RingDeps, options: RingOptions) {
    this.#deps = deps
    this.#options = options
    this.#disk = deps.disk ?? ringDisk
    this.#locations = new RingLocations(this.#disk, options.dir)
    const parts = { disk: this.#disk, channels: this.#channels }
    this.#room = new RingRoom({ ...parts, clock: deps.clock }, options)
    this.#restamper = new RingRestamper({ ...parts, dir: options.dir, grown: (bytes) => this.#room.grow(bytes) })
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#room.bytes
  }

  /** Records lost since the start because the disk did not take them. */
  get lostRecords(): number {
    return [...this.#channels.values()].reduce((sum, { lost }) => sum + lost, 0)
  }

  /**
   * Finishes what a crash interrupted, looks through what earlier runs have left, then flushes on its own. Never rejects:
   * a disk that is full or damaged must not stop the measuring. What it hides is not given back until the next start.
   */
  async start(): Promise<void> {
    const { dir } = this.#options
    await this.#then(async () => {
      await this.#disk.folders(dir)
      await this.#locations.load()
      await this.#restamper.load()
      // What fails here is tried again each minute, now that its files are known.
      let failure = await this.#restamper.finish().catch((error: Error) => error)
      for (const sensor of await this.#disk.folders(dir)) {
        // One damaged folder does not hide the others.
        failure = (await this.#takeOverSensor(sensor).catch((error: Error) => error)) ?? failure
      }
      if (failure) throw failure
    })
    void this.#flushForEver()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    for (const channel of this.#channels.values()) channel.closeRecord()
    await this.#flush()
  }

  /** Takes a run of samples. Never throws: the ring is best effort and must not stop the measuring. */
  write(sensor: string, block: WaveformBlock): void {
    const channel = this.#channel(sensor, block.channel)
    if (!channel) return
    channel.append(block)
    // A disk that refuses is tried again each minute, not at each block.
    if (channel.waitingBytes >= FLUSH_BYTES && !this.#failing) void this.#flush()
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
    const most = Math.floor(maxBytes / RECORD_BYTES)
    const found = new Map<string, RingRecord>()
    const touches = ({ startAt, endAt }: RingRecord) => startAt < to && endAt > from
    // A flush may move these to disk while the files are read: then they are found twice.
    for (const record of channel.recent().filter(touches)) found.set(record.key, record)
    const room = sampleRoom()
    for (const slice of channel.slices.touching(from, to)) {
      if (countBefore(found, slice.startAt) >= most) break
      for (const record of cutRecords((await this.#readSlice(slice)) ?? new Uint8Array(0))) {
        if (touches(record) && isSound(record, room)) found.set(record.key, record)
      }
    }
    const ordered = [...found.values()].sort((a, b) => a.startAt - b.startAt)
    return ordered.slice(0, most).map(({ bytes }) => bytes)
  }

  /**
   * Moves what this run stamped since `sinceWallMs` before its clock was ever set, on disk and waiting, by so much; the
   * records then say that their clock was of this quality. Where the disk refuses, it is tried again each minute, and
   * after a crash at the next start.
   */
  async restamp(sinceWallMs: Millis, byMs: Millis, quality: ClockQuality = 'holdover'): Promise<void> {
    await this.#then(() => this.#restamper.restamp({ sinceMs: sinceWallMs, byMs, quality }))
  }

  async #readSlice({ path }: Slice): Promise<Uint8Array | null> {
    return await this.#disk.read(path).catch((error: Error) => {
      this.#deps.logger.warn({ path, reason: error.message }, 'waveform ring: a slice cannot be read')
      return null
    })
  }

  #channel(sensor: string, code: string): RingChannel | null {
    const key = `${sensor}/${code}`
    const known = this.#channels.get(key)
    if (known) return known
    if (this.#channels.size >= MAX_CHANNELS) return null
    const location = this.#locations.codeOf(sensor)
    if (location === null) return null
    // Network XX: not assigned. @see FDSN network codes
    const name = { network: 'XX', station: this.#options.station, location, channel: code }
    const channel = new RingChannel(name, new Slices(join(this.#options.dir, sensor, code)))
    this.#channels.set(key, channel)
    return channel
  }

  async #flushForEver(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await this.#deps.clock.sleep(FLUSH_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      for (const channel of this.#channels.values()) channel.ripen()
      await this.#flush()
    }
  }

  /** Writes what waits; asked for while one is due, it is the same one. */
  #flush(): Promise<void> {
    if (this.#isFlushDue) return this.#work
    this.#isFlushDue = true
    return this.#then(async () => {
      this.#isFlushDue = false
      await this.#restamper.finish()
      await this.#locations.save()
      await this.#room.write()
      await this.#room.shrink()
    })
  }

  /** One thing after the other; what the disk refuses is told once, until it takes again. */
  #then(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).then(
      () => this.#tell(null),
      (error: Error) => this.#tell(error),
    )
    return this.#work
  }

  #tell(error: Error | null): void {
    const { logger } = this.#deps
    if (error && !this.#failing) logger.error({ reason: error.message }, 'waveform ring: disk refuses')
    if (!error && this.#failing) logger.info({ lostRecords: this.lostRecords }, 'waveform ring: disk takes again')
    this.#failing = error !== null
  }

  async #takeOverSensor(sensor: string): Promise<void> {
    for (const code of await this.#disk.folders(join(this.#options.dir, sensor))) await this.#takeOver(sensor, code)
  }

  async #takeOver(sensor: string, code: string): Promise<void> {
    const dir = join(this.#options.dir, sensor, code)
    const files = await this.#disk.files(dir)
    // What an interrupted move has left.
    for (const { name } of files) if (name.endsWith('.part')) await this.#disk.remove(join(dir, name))
    const slices = files.map(({ name, bytes }) => sliceOf(dir, name, bytes)).filter((slice) => slice !== null)
    if (slices[0] && !this.#locations.has(sensor)) await this.#claimLocation(sensor, slices[0])
    const channel = this.#channel(sensor, code)
    if (!channel) return
    channel.slices.addAll(slices)
    this.#room.grow(slices.reduce((sum, { bytes }) => sum + bytes, 0))
  }

  async #claimLocation(sensor: string, slice: Slice): Promise<void> {
    const bytes = (await this.#readSlice(slice)) ?? new Uint8Array(0)
    const result = readHeader(bytes, 0, bytes.length)
    if (result.kind === 'header') this.#locations.claim(sensor, result.header.location)
  }
}

function countBefore(found: ReadonlyMap<string, RingRecord>, at: Instant): number {
  let count = 0
  for (const { startAt } of found.values()) if (startAt < at) count++
  return count
}
