import { setTimeout as sleep, setImmediate as yieldTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { SensorPump } from '@minewarden/edge/sensor-pump.ts'
import { systemClock } from '@minewarden/edge/shell/system-clock.ts'
import type { Measurement, SensorDriver, WaveformBlock } from '@minewarden/hardware/contract.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { believe, instant } from '@minewarden/protocol/time.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from './support/manual-clock.ts'

/** Blocks as a digitiser gives them: 10 samples at 250 a second. */
const BLOCK_SAMPLES = 10
const BLOCK_MS = 40
const RUN_MS = 1_200

const clock = believe(systemClock, 'ntp')

const blockAt = (at: number): WaveformBlock => ({
  kind: 'waveform',
  channel: 'HHZ',
  startAt: instant(at),
  rateHz: 1000 / (BLOCK_MS / BLOCK_SAMPLES),
  counts: new Int32Array(BLOCK_SAMPLES),
  countsPerUnit: 1e9,
  unit: 'm/s',
  clock: 'ntp',
})

/** A sensor that measures all the time: each block is there when its last sample was taken. */
async function* steady(signal: AbortSignal): AsyncGenerator<Measurement> {
  for (let next = Date.now(); !signal.aborted; next += BLOCK_MS) {
    await sleep(next + BLOCK_MS - Date.now())
    yield blockAt(next)
  }
}

function pumpOf(id: string, read: SensorDriver['read'], waveform: (block: WaveformBlock) => void): SensorPump {
  const sensor = SensorId.parse(id)
  const driver: SensorDriver = { sensor, kind: 'geophone', channels: ['HHZ'], read }
  const createOne = () => createMeasure({ sensor, kind: 'geophone', channels: ['HHZ'] })
  const nothing = () => undefined
  const deps = { clock, logger: silentLogger, random: Math.random, driver, speed: 1, createMeasure: createOne }
  return new SensorPump({ ...deps, readings: nothing, waveform, up: nothing, down: nothing })
}

interface Run {
  readonly blocks: number
  readonly missing: number
  /** From a block's first sample to its delivery. */
  readonly p99Ms: number
}

/** Reads a healthy sensor beside another one for a while. */
async function beside(read: SensorDriver['read'] | null): Promise<Run> {
  const stop = new AbortController()
  const starts: number[] = []
  const latencies: number[] = []
  const healthy = pumpOf('healthy', steady, ({ startAt }) => {
    starts.push(startAt)
    latencies.push(Date.now() - startAt)
  })
  const running = [healthy.run(stop.signal)]
  if (read) running.push(pumpOf('other', read, () => undefined).run(stop.signal))
  await sleep(RUN_MS)
  stop.abort()
  await Promise.all(running)
  const expected = Math.round(((starts.at(-1) ?? 0) - (starts[0] ?? 0)) / BLOCK_MS) + 1
  latencies.sort((a, b) => a - b)
  return {
    blocks: starts.length,
    missing: expected - new Set(starts).size,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
  }
}

const NEIGHBOURS: readonly { readonly does: string; readonly read: SensorDriver['read'] }[] = [
  {
    does: 'throws at once, each time',
    read: () => {
      throw new Error('no such wire')
    },
  },
  {
    does: 'throws in the midst of it',
    async *read() {
      yield blockAt(Date.now())
      await yieldTurn()
      throw new Error('wire pulled')
    },
  },
  {
    does: 'never gives anything and hears no signal',
    async *read() {
      await new Promise(() => undefined)
      yield blockAt(0)
    },
  },
  {
    does: 'gives ten times its rate',
    async *read(signal) {
      for (let at = Date.now(); !signal.aborted; at += BLOCK_MS) {
        await sleep(BLOCK_MS / 10)
        yield blockAt(at)
      }
    },
  },
  {
    does: 'gives without end and without a pause',
    async *read(signal) {
      for (let at = Date.now(); !signal.aborted; at += BLOCK_MS) yield blockAt(at)
    },
  },
  {
    does: 'holds the whole process for 30 ms again and again',
    async *read(signal) {
      while (!signal.aborted) {
        const endsAt = performance.now() + 30
        while (performance.now() < endsAt);
        yield blockAt(Date.now())
        await sleep(50)
      }
    },
  },
  {
    does: 'leaves a listener and a timer behind with each item',
    async *read(signal) {
      while (!signal.aborted) {
        signal.addEventListener('abort', () => undefined, { once: true })
        setTimeout(() => undefined, 5_000).unref()
        yield blockAt(Date.now())
        await yieldTurn()
      }
    },
  },
]

describe('beside a sensor whose driver misbehaves', () => {
  let alone: Run
  beforeAll(async () => {
    alone = await beside(null)
  })

  it('is measured what a sensor gives alone', () => {
    expect(alone.missing).toBe(0)
    expect(alone.blocks).toBeGreaterThan(20)
  })

  // Another program on the same cores may hold one run up, but hardly three.
  const thrice = { retry: 2 }
  it.each(NEIGHBOURS)(
    'another loses no sample and waits less than twice as long: it $does',
    thrice,
    async ({ does, read }) => {
      const run = await beside(read)
      console.log(
        `${does}: ${run.blocks} blocks, ${run.missing} missing, p99 ${run.p99Ms} ms (alone ${alone.p99Ms} ms)`,
      )
      expect(run.missing).toBe(0)
      expect(run.blocks).toBeGreaterThan(20)
      expect(run.p99Ms).toBeLessThan(2 * alone.p99Ms)
    },
  )

  it('nothing is kept of each measurement', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const heap = async () => {
      collect()
      await sleep(20)
      collect()
      return process.memoryUsage().heapUsed
    }
    const grownBy = async (count: number) => {
      let grown = 0
      async function* read(): AsyncGenerator<Measurement> {
        const before = await heap()
        for (let i = 0; i < count; i++) yield { kind: 'probe', at: instant(i), status: 'online', clock: 'ntp' }
        grown = (await heap()) - before
      }
      const sensor = SensorId.parse('probe')
      const nothing = () => undefined
      const driver: SensorDriver = { sensor, kind: 'camera-probe', channels: [], read }
      const createOne = () => createMeasure({ sensor, kind: 'camera-probe', channels: [] })
      const deps = { clock, logger: silentLogger, random: Math.random, driver, speed: Number.POSITIVE_INFINITY }
      await new SensorPump({
        ...deps,
        createMeasure: createOne,
        readings: nothing,
        waveform: nothing,
        up: nothing,
        down: nothing,
      }).run(new AbortController().signal)
      return grown
    }
    await grownBy(1_000)
    // A trace of 400 bytes of each would be 80 MB.
    expect(await grownBy(200_000)).toBeLessThan(20e6)
  })
})
