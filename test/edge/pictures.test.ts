import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import type { Measure } from '@minewarden/edge/core/measure/measure.ts'
import type { Look } from '@minewarden/edge/picture-desk.ts'
import { SensorPump } from '@minewarden/edge/sensor-pump.ts'
import { MAX_SCENE_BYTES, openSceneMemory } from '@minewarden/edge/shell/scene-memory.ts'
import type { Measurement, SensorDriver } from '@minewarden/hardware/contract.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from './support/manual-clock.ts'
import { PROBE, T0 } from './support/readings.ts'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})
const newDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-scenes-'))
  dirs.push(dir)
  return dir
}

const word = (atMs: number, status: 'online' | 'offline' = 'online'): Measurement => ({
  kind: 'probe',
  at: instant(T0 + atMs),
  status,
  clock: 'ntp',
})
const snapshot = (atMs: number): Measurement => ({
  kind: 'snapshot',
  at: instant(T0 + atMs),
  clock: 'ntp',
  jpeg: Uint8Array.of(atMs % 256),
})
const hang = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
const grey = { width: 1, height: 1, luma: Uint8Array.of(9) }

/** A pump whose measure only notes what it is given. */
function setUp(read: SensorDriver['read'], look: Look, createOne?: () => Measure) {
  const clock = new ManualClock(T0)
  const given: { kind: string; at: number }[] = []
  const readings: Reading[] = []
  const kept: unknown[] = []
  const noting: Measure = {
    push(measured) {
      given.push({ kind: measured.kind, at: (measured.kind === 'waveform' ? measured.startAt : measured.at) - T0 })
      return []
    },
    end: () => [],
    learnt: () => ({ seen: given.length }),
    discarded: { gaps: 0, overlapSamples: 0, badBlocks: 0, floodedEvents: 0 },
  }
  const pump = new SensorPump({
    clock,
    logger: silentLogger,
    random: () => 0,
    driver: { sensor: PROBE, kind: 'camera-probe', channels: [], read },
    speed: 1,
    createMeasure: createOne ?? (() => noting),
    readings: (more) => void readings.push(...more),
    waveform() {},
    up() {},
    down() {},
    look,
    keep: (learnt) => void kept.push(learnt),
  })
  return { clock, pump, given, readings, kept, stop: new AbortController() }
}

describe('a picture', () => {
  it('that takes long to look at holds up nothing; of those that come meanwhile the newest is looked at', async () => {
    const slow = Promise.withResolvers<void>()
    const looked: number[] = []
    const bench = setUp(
      async function* (signal) {
        for (const at of [1, 2, 3]) yield snapshot(at)
        yield word(4)
        await hang(signal)
      },
      async (jpeg) => {
        looked.push(jpeg[0] as number)
        if (looked.length === 1) await slow.promise
        return grey
      },
    )
    const running = bench.pump.run(bench.stop.signal)
    await bench.clock.advance(10)
    expect(bench.given.filter(({ kind }) => kind !== 'device')).toEqual([{ kind: 'probe', at: 4 }])
    slow.resolve()
    await bench.clock.advance(10)
    expect(looked).toEqual([1, 3])
    expect(bench.given.filter(({ kind }) => kind === 'frame').map(({ at }) => at)).toEqual([1, 3])
    bench.stop.abort()
    await running
    expect(bench.kept).toEqual([{ seen: bench.given.length }])
  })

  it('that cannot be read costs only itself', async () => {
    let looked = 0
    const bench = setUp(
      async function* (signal) {
        yield snapshot(1)
        await new Promise((done) => setImmediate(done))
        yield snapshot(2)
        await hang(signal)
      },
      async () => {
        looked += 1
        if (looked === 1) throw new Error('no JPEG')
        return grey
      },
    )
    const running = bench.pump.run(bench.stop.signal)
    await bench.clock.advance(10)
    expect(bench.given.filter(({ kind }) => kind === 'frame').map(({ at }) => at)).toEqual([2])
    bench.stop.abort()
    await running
  })

  it('that was on its way when the time became known is of the right time', async () => {
    const slow = Promise.withResolvers<void>()
    const bench = setUp(
      async function* (signal) {
        yield { ...snapshot(1), clock: 'unsynchronised' } as Measurement
        await hang(signal)
      },
      async () => {
        await slow.promise
        return grey
      },
    )
    const running = bench.pump.run(bench.stop.signal)
    await bench.clock.advance(10)
    const shift = { sinceMs: instant(T0), untilMs: instant(T0 + 10), byMs: 5_000, errorMs: 10, driftPpm: 1 }
    bench.pump.restamp({ ...shift, quality: 'ntp' })
    slow.resolve()
    await bench.clock.advance(1)
    expect(bench.given.filter(({ kind }) => kind === 'frame').map(({ at }) => at)).toEqual([5_001])
    bench.stop.abort()
    await running
  })
})

it('a probe that is well again is told after its time though its driver says nothing more', async () => {
  const bench = setUp(
    async function* (signal) {
      yield word(0)
      yield word(1, 'offline')
      yield word(2)
      await hang(signal)
    },
    async () => grey,
    () => createMeasure({ sensor: PROBE, kind: 'camera-probe', channels: [], settleMs: 60_000 }),
  )
  const running = bench.pump.run(bench.stop.signal)
  await bench.clock.advance(10)
  const told = () => bench.readings.flatMap(({ kind, fields }) => (kind === 'probe' ? [fields.status] : []))
  expect(told()).toEqual(['online', 'offline'])
  await bench.clock.advance(59_000)
  bench.pump.check()
  expect(told()).toEqual(['online', 'offline'])
  await bench.clock.advance(1_100)
  bench.pump.check()
  expect(told()).toEqual(['online', 'offline', 'online'])
  expect(bench.readings.at(-1)).toMatchObject({ fields: { sinceMs: T0 + 2 } })
  bench.stop.abort()
  await running
})

it('a picture that is looked at until after the end gives no reading any more', async () => {
  const slow = Promise.withResolvers<void>()
  const bench = setUp(
    async function* (signal) {
      yield snapshot(1)
      await hang(signal)
    },
    async () => {
      await slow.promise
      return grey
    },
  )
  const running = bench.pump.run(bench.stop.signal)
  await bench.clock.advance(10)
  bench.stop.abort()
  await running
  slow.resolve()
  await bench.clock.advance(10)
  expect(bench.given.filter(({ kind }) => kind === 'frame')).toEqual([])
})

it('a sensor that is learnt anew says so, with the reason', async () => {
  const bench = setUp(
    async function* (signal) {
      yield word(1)
      await hang(signal)
    },
    async () => grey,
    () => createMeasure({ sensor: PROBE, kind: 'camera-probe', channels: [] }),
  )
  const running = bench.pump.run(bench.stop.signal)
  await bench.clock.advance(10)
  bench.pump.relearn('scene learnt anew by request 7')
  expect(bench.readings.at(-1)).toMatchObject({
    kind: 'sensor',
    fields: { state: 'ok', reason: 'scene learnt anew by request 7' },
  })
  bench.stop.abort()
  await running
})

describe('what was learnt of a scene', () => {
  const memory = (dir: string) => openSceneMemory(dir, silentLogger)

  it('is there after a restart, for its owner alone', () => {
    const dir = join(newDir(), 'scenes')
    memory(dir).save(PROBE, { scene: [1, 2] })
    memory(dir).save(PROBE, { scene: [3] })
    expect(memory(dir).load(PROBE)).toEqual({ scene: [3] })
    expect(readdirSync(dir)).toEqual([`${PROBE}.json`])
    expect(statSync(join(dir, `${PROBE}.json`)).mode & 0o777).toBe(0o600)
  })

  it('is forgotten when it is damaged or too large, and nothing else fails', () => {
    const dir = newDir()
    writeFileSync(join(dir, `${PROBE}.json`), '{"scene": [')
    expect(memory(dir).load(PROBE)).toBeUndefined()
    memory(dir).save(PROBE, 'x'.repeat(MAX_SCENE_BYTES))
    expect(memory(dir).load(PROBE)).toBeUndefined()
    writeFileSync(join(dir, `${PROBE}.json`), JSON.stringify('x'.repeat(MAX_SCENE_BYTES)))
    expect(memory(dir).load(PROBE)).toBeUndefined()
    const underAFile = join(dir, `${PROBE}.json`, 'scenes')
    expect(() => memory(underAFile).save(PROBE, {})).not.toThrow()
  })
})
