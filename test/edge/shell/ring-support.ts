import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as yieldTurn } from 'node:timers/promises'
import type { Logger } from '@minewarden/edge/core/ports.ts'
import { FLUSH_MS, WaveformRing } from '@minewarden/edge/shell/ring.ts'
import { type RingDisk, ringDisk } from '@minewarden/edge/shell/ring-disk.ts'
import type { WaveformBlock } from '@minewarden/hardware/contract.ts'
import { decodeAll } from '@minewarden/hardware/miniseed/stream.ts'
import { type ClockQuality, instant } from '@minewarden/protocol/time.ts'
import { afterEach, expect } from 'vitest'
import { ManualClock, silentLogger } from '../support/manual-clock.ts'
import { T0 } from '../support/readings.ts'

export const RATE_HZ = 100
const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-ring-'))
  dirs.push(dir)
  return dir
}

interface SetUp {
  readonly maxBytes?: number
  readonly maxAgeMs?: number
  readonly dir?: string
  readonly disk?: RingDisk
  readonly logger?: Logger
}

export function setUpRing({ dir = temporaryDir(), disk = ringDisk, logger = silentLogger, ...more }: SetUp = {}) {
  const watched = watchDisk(disk)
  const clock = new FlushingClock(T0, watched.rests)
  const { maxBytes = 50_000_000, maxAgeMs = 86_400_000 } = more
  const ring = new WaveformRing({ clock, logger, disk: watched.disk }, { dir, maxBytes, maxAgeMs, station: 'GW1' })
  return { dir, clock, ring }
}

/** Goes on from flush to flush, and only when the disk has done what the one before asked of it, however slow it is. */
class FlushingClock extends ManualClock {
  readonly #rests: () => Promise<void>

  constructor(start: typeof T0, rests: () => Promise<void>) {
    super(start)
    this.#rests = rests
  }

  override async advance(ms: number): Promise<void> {
    await this.#rests()
    for (let left = ms; left > 0; left -= FLUSH_MS) {
      await super.advance(Math.min(left, FLUSH_MS))
      await this.#rests()
    }
  }
}

/** Turns of the loop without work of the disk after which none is to come. */
const QUIET_TURNS = 5

function watchDisk(disk: RingDisk): { disk: RingDisk; rests: () => Promise<void> } {
  let underWay = 0
  const watch =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      underWay += 1
      return await call(...args).finally(() => {
        underWay -= 1
      })
    }
  return {
    disk: {
      write: watch((writes) => disk.write(writes)),
      replace: watch((path, bytes) => disk.replace(path, bytes)),
      read: watch((path) => disk.read(path)),
      remove: watch((path) => disk.remove(path)),
      folders: watch((dir) => disk.folders(dir)),
      files: watch((dir) => disk.files(dir)),
    },
    async rests() {
      for (let quiet = 0; quiet < QUIET_TURNS; quiet = underWay > 0 ? 0 : quiet + 1) await yieldTurn()
    },
  }
}

/** Noise of which every sample can be told from its time. */
export const sampleAt = (index: number): number => ((index * 7919) % 4001) - 2000

interface BlockOptions {
  readonly rateHz?: number
  readonly clock?: ClockQuality
  /** How wrong the clock is that stamps it. */
  readonly wrongByMs?: number
  readonly channel?: string
}

/** Samples of true time `fromS` on, in seconds after T0. */
export function block(fromS: number, seconds: number, options: BlockOptions = {}): WaveformBlock {
  const { rateHz = RATE_HZ, clock = 'ntp', wrongByMs = 0, channel = 'HHZ' } = options
  const counts = Int32Array.from({ length: seconds * rateHz }, (_, i) => sampleAt(fromS * rateHz + i))
  const startAt = instant(T0 + fromS * 1000 + wrongByMs)
  return { kind: 'waveform', channel, startAt, rateHz, counts, countsPerUnit: 4e8, unit: 'm/s', clock }
}

export const at = (seconds: number) => instant(T0 + seconds * 1000)

/** Samples by index from T0. */
export function samplesOf(records: readonly Uint8Array[], rateHz = RATE_HZ): Map<number, number> {
  const found = new Map<number, number>()
  for (const item of decodeAll(Buffer.concat(records))) {
    if (item.kind !== 'record') throw new Error(item.reason)
    if (item.record.rateHz !== rateHz) continue
    const first = Math.round(((item.record.startAt - T0) / 1000) * rateHz)
    item.record.samples.forEach((sample, i) => void found.set(first + i, sample))
  }
  return found
}

export function expectSamples(records: readonly Uint8Array[], fromS: number, toS: number, rateHz = RATE_HZ): void {
  const found = samplesOf(records, rateHz)
  for (let i = fromS * rateHz; i < toS * rateHz; i++) expect(found.get(i), `sample ${i}`).toBe(sampleAt(i))
}

/** Paths of a channel's slices, in order of their names. */
export function slicesOf(dir: string, channel = 'HHZ', sensor = 'geo-1'): string[] {
  const folder = join(dir, sensor, channel)
  const names = readdirSync(folder).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  return names.map((name) => join(folder, name))
}
