import { setTimeout as sleep } from 'node:timers/promises'
import type { DeviceState, Measurement, SensorDriver, WaveformBlock } from '@minewarden/hardware/contract.ts'
import { encodeRecords } from '@minewarden/hardware/miniseed/encode.ts'
import { openSeedLinkDrivers } from '@minewarden/hardware/seedlink/open-drivers.ts'
import { SeedLinkOptions } from '@minewarden/hardware/seedlink/options.ts'
import { TIMINGS, type Timings } from '@minewarden/hardware/seedlink/timings.ts'
import type { SeedLinkServer } from '@minewarden/hardware/sim/seedlink/server.ts'
import { believe, type Clock, type ClockQuality, instant } from '@minewarden/protocol/time.ts'

/** Real time; a driver of a wire needs no other. */
const realClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
}

/** The shipped timings, so much faster that a test need not wait; their proportions stay. */
export const FAST: Timings = {
  ...TIMINGS,
  tickMs: 10,
  answerMs: 250,
  idleMs: 250,
  graceMs: 60,
  silentMs: 600,
  offerMs: 300,
  noteMs: 200,
  sameStateMs: 100,
  stallMs: 200,
  retry: { firstMs: 20, ceilingMs: 100 },
}

/** Begun a little before now, so that records are live. */
export const START = Math.floor(Date.now() / 1000) * 1000 - 30_000
export const RATE_HZ = 100

/** A sample that tells its own place. */
export const sampleAt = (seed: number, i: number): number => ((i * 2_654_435_761 + seed * 97) % 20_011) - 10_000

export interface Source {
  readonly network?: string
  readonly station: string
  readonly channel?: string
  readonly location?: string
  readonly seed: number
  readonly timingQuality?: number
  readonly recordLength?: number
}

/** Whole records of a channel's samples from `from` on, each told as the samples it holds. */
export function recordsOf(source: Source, from: number, count: number): Uint8Array[] {
  const { seed, recordLength = 512, ...id } = source
  const bytes = encodeRecords({
    network: 'AM',
    channel: 'EHZ',
    location: '00',
    ...id,
    recordLength,
    rateHz: RATE_HZ,
    startAt: instant(START + (from * 1000) / RATE_HZ),
    samples: Int32Array.from({ length: count }, (_, i) => sampleAt(seed, from + i)),
  })
  return Array.from({ length: bytes.length / recordLength }, (_, i) =>
    bytes.slice(i * recordLength, (i + 1) * recordLength),
  )
}

/** One sensor's measurements as they come. */
export class Listener {
  readonly all: Measurement[] = []
  readonly driver: SensorDriver
  /** While it is not resolved, nothing more is taken. */
  paused: PromiseWithResolvers<void> | null = null
  readonly #stop = new AbortController()
  readonly done: Promise<void>

  constructor(driver: SensorDriver) {
    this.driver = driver
    this.done = this.#run()
  }

  async #run(): Promise<void> {
    for await (const measurement of this.driver.read(this.#stop.signal)) {
      this.all.push(measurement)
      await this.paused?.promise
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.done
  }

  get blocks(): WaveformBlock[] {
    return this.all.filter((each) => each.kind === 'waveform')
  }

  get states(): DeviceState[] {
    return this.all.filter((each) => each.kind === 'device')
  }

  state(state: DeviceState['state']): DeviceState | undefined {
    return this.states.find((each) => each.state === state)
  }

  samples(channel = 'EHZ'): number[] {
    return this.blocks.filter((block) => block.channel === channel).flatMap(({ counts }) => [...counts])
  }

  get count(): number {
    return this.blocks.reduce((sum, { counts }) => sum + counts.length, 0)
  }
}

export const expected = (seed: number, from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => sampleAt(seed, from + i))

export interface OpenOptions {
  readonly dataDir: string
  readonly stations: readonly object[]
  readonly mode?: string
  readonly timings?: Timings
  readonly quality?: ClockQuality
}

export const SHAKE = { countsPerUnit: 399_650_000, unit: 'm/s' }
export const station = (code: string, id: string, channels: object = { EHZ: SHAKE }) => ({
  network: 'AM',
  station: code,
  id,
  kind: 'geophone',
  channels,
})

/** Drivers as a gateway opens them, each with a listener. */
export async function listen(server: Pick<SeedLinkServer, 'port'>, options: OpenOptions): Promise<Listener[]> {
  const { dataDir, stations, mode, timings = FAST, quality = 'ntp' } = options
  const config = SeedLinkOptions.parse({ kind: 'seedlink', host: '127.0.0.1', port: server.port, stations, mode })
  const clock = believe(realClock, quality)
  const deps = { clock, random: Math.random, dataDir, startAt: clock.now(), supply: null }
  const opened = await openSeedLinkDrivers(config, deps, timings)
  return opened.map(({ driver }) => new Listener(driver))
}
