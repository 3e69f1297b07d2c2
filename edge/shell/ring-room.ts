/** Room of the ring: puts what waits into its files, and keeps them within bounds of age and size. */
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { RingChannel } from './ring-channel.ts'
import type { RingDisk } from './ring-disk.ts'
import { RECORD_BYTES } from './ring-record.ts'
import { type Group, SLICE_MS, type Slice, type Slices } from './ring-slices.ts'

/** Slices deleted for their age at one flush: a clock that is hours ahead for a minute must not empty the ring. */
const MAX_AGED_AT_ONCE = 16
/** Slices given up for room at one flush, when the disk is full. */
const MAX_YIELDED_AT_ONCE = 4

export interface RingRoomDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly disk: RingDisk
  /** Those of the ring, as they come. */
  readonly channels: ReadonlyMap<string, RingChannel>
}

export interface RingBounds {
  readonly maxBytes: number
  readonly maxAgeMs: Millis
}

/** A slice and where it stands. */
interface Place {
  readonly slices: Slices
  readonly slice: Slice
}

export class RingRoom {
  readonly #deps: RingRoomDeps
  readonly #bounds: RingBounds
  #bytes = 0

  constructor(deps: RingRoomDeps, bounds: RingBounds) {
    this.#deps = deps
    this.#bounds = bounds
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#bytes
  }

  /** Files were found, or changed their length, by so much. */
  grow(bytes: number): void {
    this.#bytes += bytes
  }

  /** Writes what waits in all channels. @throws the first error, after all has been tried */
  async write(): Promise<void> {
    let error = await this.#tryWriting()
    // What is new is worth more than what is old: the ring makes its own room.
    for (let i = 0; isFull(error) && i < MAX_YIELDED_AT_ONCE && (await this.#deleteOldest()); i++) {
      error = await this.#tryWriting()
    }
    if (error) throw error
  }

  /** Deletes the oldest slices, of whatever channel, until age and size are within bounds. */
  async shrink(): Promise<void> {
    const { maxBytes, maxAgeMs } = this.#bounds
    while (this.#bytes > maxBytes) if (!(await this.#deleteOldest())) break
    const horizon = this.#deps.clock.now() - maxAgeMs
    for (let i = 0; i < MAX_AGED_AT_ONCE; i++) {
      // How old a slice of a wrong clock is nobody knows.
      const oldest = this.#oldest(({ questionable }) => !questionable)
      if (!oldest || oldest.slice.startAt + SLICE_MS >= horizon) return
      await this.#delete(oldest)
    }
  }

  /** The first error, after all has been tried. */
  async #tryWriting(): Promise<Error | null> {
    const { disk, channels } = this.#deps
    const jobs: { channel: RingChannel; group: Group }[] = [...channels.values()].flatMap((channel) =>
      channel.slices.deal(channel.waiting()).map((group) => ({ channel, group })),
    )
    const results = await disk.write(
      jobs.map(({ group: { slice, records } }) => ({
        path: slice.path,
        position: slice.bytes,
        bytes: Buffer.concat(records.map(({ bytes }) => bytes)),
      })),
    )
    for (const [i, { channel, group }] of jobs.entries()) {
      if (results[i] !== null) continue
      const bytes = group.records.length * RECORD_BYTES
      channel.written(group.records)
      group.slice.bytes += bytes
      this.#bytes += bytes
    }
    return results.find((result) => result !== null) ?? null
  }

  async #deleteOldest(): Promise<boolean> {
    const oldest = this.#oldest(() => true)
    if (oldest) await this.#delete(oldest)
    return oldest !== null
  }

  async #delete({ slices, slice }: Place): Promise<void> {
    await this.#deps.disk.remove(slice.path)
    slices.drop(slice)
    this.#bytes -= slice.bytes
  }

  #oldest(wanted: (slice: Slice) => boolean): Place | null {
    let found: Place | null = null
    for (const { slices } of this.#deps.channels.values()) {
      const slice = slices.oldest(wanted)
      if (slice && (!found || slice.startAt < found.slice.startAt)) found = { slices, slice }
    }
    return found
  }
}

const isFull = (error: Error | null): boolean => (error as NodeJS.ErrnoException | null)?.code === 'ENOSPC'
