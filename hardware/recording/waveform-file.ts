import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import type { DeviceState, WaveformBlock } from '../contract.ts'
import type { MiniSeedRecord } from '../miniseed/record.ts'
import { createMiniSeedDecoder, type StreamItem } from '../miniseed/stream.ts'
import { type Believed, createHeaderSense } from './believed.ts'
import { type BlockCutter, createBlockCutter } from './block-cutter.ts'
import { createDamage, type Damage } from './damage.ts'
import { fileChunks } from './file-chunks.ts'
import type { RecordedChannel, RecordedSensor } from './recorded-sensor.ts'

/** Sample rates that can be believed; the format says 50 to 2000 samples a second. */
const MIN_RATE_HZ = 1
const MAX_RATE_HZ = 100_000

/**
 * The blocks of one channel of a recorded waveform file, in order of time; damage as `bad-data` states.
 * Each channel reads the file for itself and passes over the others' records: a file may hold its channels one after
 * the other, and a single pass would then keep all of the first ones in memory. What is no record at all is told by
 * the sensor's first channel only.
 */
export function* channelBlocks(
  sensor: RecordedSensor,
  channel: RecordedChannel,
  blockMs: number,
): Generator<WaveformBlock | DeviceState> {
  const reader = new ChannelReader(sensor, channel, blockMs)
  const decoder = createMiniSeedDecoder({ reuseSamples: true, wants: (header) => header.channel === channel.code })
  for (const chunk of fileChunks(sensor.path)) {
    decoder.push(chunk)
    for (let item = decoder.next(); item; item = decoder.next()) yield* reader.take(item)
  }
  decoder.end()
  for (let item = decoder.next(); item; item = decoder.next()) yield* reader.take(item)
  yield* reader.end()
}

class ChannelReader {
  readonly #cutter: BlockCutter
  readonly #damage: Damage
  readonly #headerSense = createHeaderSense()
  readonly #tellsAll: boolean
  readonly #window: { readonly startAt: Instant; readonly endAt: Instant }
  #reachedAt: Instant

  constructor(sensor: RecordedSensor, channel: RecordedChannel, blockMs: number) {
    const { startAt, endAt, file } = sensor
    this.#cutter = createBlockCutter({ channel, startAt, endAt, blockMs })
    this.#damage = createDamage(`${file} ${channel.code}`)
    this.#tellsAll = sensor.channels[0] === channel
    this.#window = { startAt, endAt }
    this.#reachedAt = startAt
  }

  *take(item: StreamItem): Generator<WaveformBlock | DeviceState> {
    if (item.kind === 'discarded') {
      if (item.of || this.#tellsAll) yield* this.#bad(`${item.bytes} bytes discarded: ${item.reason}`)
      return
    }
    const problem = this.#problemOf(item.record)
    if (problem) yield* this.#bad(problem)
    else if (item.record.sampleCount > 0) yield* this.#all(this.#headerSense.accept(item.record))
  }

  *end(): Generator<WaveformBlock | DeviceState> {
    yield* this.#all(this.#headerSense.end())
    yield* this.#cutter.end()
    const rest = this.#damage.rest(this.#reachedAt)
    if (rest) yield rest
  }

  *#all(items: readonly Believed[]): Generator<WaveformBlock | DeviceState> {
    for (const item of items) {
      if (item.kind === 'dropped') yield* this.#bad(item.reason)
      else yield* this.#record(item.record)
    }
  }

  *#record(record: MiniSeedRecord): Generator<WaveformBlock | DeviceState> {
    const ok = this.#damage.good(this.#reachedAt)
    if (ok) yield ok
    for (const block of this.#cutter.accept(record, record.samples as Int32Array)) {
      this.#reachedAt = instant(block.startAt + ((block.counts.length - 1) * 1000) / block.rateHz)
      yield block
    }
  }

  /** What makes a sound record useless here. */
  #problemOf({ encoding, rateHz, startAt, sampleCount, samples }: MiniSeedRecord): string | null {
    if (!(samples instanceof Int32Array)) return `encoding ${encoding} does not hold counts`
    if (rateHz < MIN_RATE_HZ || rateHz > MAX_RATE_HZ) return `${rateHz} samples a second`
    const endAt = startAt + (sampleCount * 1000) / rateHz
    const outside = endAt < this.#window.startAt || startAt > this.#window.endAt
    return outside ? `record at ${isoTime(startAt)} is outside of the recording` : null
  }

  *#bad(reason: string): Generator<DeviceState> {
    const state = this.#damage.bad(this.#reachedAt, reason)
    if (state) yield state
  }
}
