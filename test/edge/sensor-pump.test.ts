import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { READINGS_BURST, SensorPump } from '@minewarden/edge/sensor-pump.ts'
import type { DeviceState, Measurement, SensorDriver } from '@minewarden/hardware/contract.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from './support/manual-clock.ts'
import { METER, PROBE, T0 } from './support/readings.ts'

const meterAt = (atMs: number): Measurement => ({
  kind: 'power',
  at: instant(T0 + atMs),
  activePowerW: 100,
  reactivePowerVar: null,
  voltageV: [231, null, null],
  currentA: [1, null, null],
  activeEnergyWh: null,
  simulated: false,
  clock: 'ntp',
})

function setUp(read: SensorDriver['read'], kind: SensorDriver['kind'] = 'power-meter') {
  const clock = new ManualClock(T0)
  const sensor = kind === 'power-meter' ? METER : PROBE
  const driver: SensorDriver = { sensor, kind, channels: [], read }
  const readings: Reading[] = []
  const told: string[] = []
  const pump = new SensorPump({
    clock,
    logger: silentLogger,
    random: () => 0,
    driver,
    speed: 1,
    createMeasure: () => createMeasure({ sensor, kind, channels: [] }),
    readings: (more) => void readings.push(...more),
    waveform() {},
    up: () => void told.push('up'),
    down: () => void told.push('down'),
  })
  return { clock, pump, readings, told, stop: new AbortController() }
}
const states = (readings: readonly Reading[]) =>
  readings.flatMap(({ kind, fields }) => (kind === 'sensor' ? [(fields as { state: string }).state] : []))
const hang = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('a sensor pump', () => {
  it('begins a source again that throws, with growing pauses, and tells both', async () => {
    let begun = 0
    const bench = setUp(async function* (signal) {
      begun += 1
      if (begun < 3) throw new Error('wire pulled')
      yield meterAt(0)
      await hang(signal)
    })
    const running = bench.pump.run(bench.stop.signal)
    await bench.clock.advance(0)
    await bench.clock.advance(400)
    expect(begun).toBe(1)
    await bench.clock.advance(200)
    expect(begun).toBe(2)
    await bench.clock.advance(1_100)
    expect(begun).toBe(3)
    expect(states(bench.readings)).toEqual(['failed', 'ok'])
    expect(bench.told).toEqual(['down', 'up'])
    bench.stop.abort()
    await running
  })

  it('ends at once when it is stopped, even if the source hangs for ever', async () => {
    const bench = setUp(async function* () {
      yield meterAt(0)
      await new Promise(() => undefined)
    })
    const running = bench.pump.run(bench.stop.signal)
    await bench.clock.advance(10)
    bench.stop.abort()
    await running
  })

  it('calls silence by its name, and the end of it', async () => {
    const gate = Promise.withResolvers<void>()
    const bench = setUp(async function* (signal) {
      yield meterAt(0)
      await gate.promise
      yield meterAt(1)
      await hang(signal)
    })
    const running = bench.pump.run(bench.stop.signal)
    await bench.clock.advance(0)
    await bench.clock.advance(1_999_000)
    bench.pump.check()
    expect(states(bench.readings)).toEqual(['ok'])
    await bench.clock.advance(2_000)
    bench.pump.check()
    expect(states(bench.readings)).toEqual(['ok', 'silent'])
    gate.resolve()
    await bench.clock.advance(10)
    expect(states(bench.readings)).toEqual(['ok', 'silent', 'ok'])
    expect(bench.told).toEqual(['down', 'up'])
    bench.stop.abort()
    await running
  })

  it('lets a probe be quiet for any time', async () => {
    const bench = setUp(async function* (signal) {
      yield { kind: 'probe', at: T0, status: 'online', clock: 'ntp' }
      await hang(signal)
    }, 'camera-probe')
    const running = bench.pump.run(bench.stop.signal)
    await bench.clock.advance(10_000_000)
    bench.pump.check()
    expect(states(bench.readings)).toEqual(['ok'])
    bench.stop.abort()
    await running
  })

  it('cuts a flood off, counts it exactly, and lets others have their turn meanwhile', async () => {
    const count = 20_000
    const flooded = Promise.withResolvers<void>()
    const bench = setUp(async function* (signal) {
      for (let i = 0; i < count; i++) yield meterAt(i)
      flooded.resolve()
      await hang(signal)
    })
    let turns = 0
    const ticking = setInterval(() => turns++, 1)
    const running = bench.pump.run(bench.stop.signal)
    await flooded.promise
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(2)
    await bench.clock.advance(61_000)
    bench.pump.check()
    const gap = bench.readings.find(({ kind }) => kind === 'gap')
    const passed = bench.readings.filter(({ kind }) => kind === 'power').length
    // One of the burst was the sensor's word that it works.
    expect(passed).toBe(READINGS_BURST - 1)
    expect(gap?.fields).toMatchObject({ rows: count - passed, reason: 'flood of meter-1', firstSequence: null })
    bench.stop.abort()
    await running
  })

  it('says that a source is exhausted, and does not begin it again', async () => {
    let begun = 0
    const bench = setUp(async function* () {
      begun += 1
      yield meterAt(0)
    })
    await bench.pump.run(bench.stop.signal)
    expect(begun).toBe(1)
    expect(states(bench.readings)).toEqual(['ok', 'disconnected'])
  })

  it('passes on what the driver says of its device', async () => {
    const device = (state: DeviceState['state']): Measurement => ({
      kind: 'device',
      at: T0,
      state,
      reason: 'x',
      clock: 'ntp',
    })
    const bench = setUp(async function* (signal) {
      yield device('disconnected')
      yield device('bad-data')
      yield device('ok')
      await hang(signal)
    })
    const running = bench.pump.run(bench.stop.signal)
    await bench.clock.advance(10)
    expect(states(bench.readings)).toEqual(['disconnected', 'bad-data', 'ok'])
    expect(bench.told).toEqual(['down', 'up'])
    bench.stop.abort()
    await running
  })

  it('calls a driver that hangs after bad data silent too, though later, and bad again when it goes on', async () => {
    const gate = Promise.withResolvers<void>()
    const bench = setUp(async function* (signal) {
      yield { kind: 'device', at: T0, state: 'bad-data', reason: 'noise', clock: 'ntp' }
      yield meterAt(0)
      await gate.promise
      yield meterAt(1)
      await hang(signal)
    })
    const running = bench.pump.run(bench.stop.signal)
    await bench.clock.advance(10)
    await bench.clock.advance(19_900_000)
    bench.pump.check()
    expect(states(bench.readings)).toEqual(['bad-data'])
    await bench.clock.advance(200_000)
    bench.pump.check()
    expect(states(bench.readings)).toEqual(['bad-data', 'silent'])
    const told = bench.readings.filter(({ kind }) => kind === 'sensor').at(-1)
    expect(told?.fields).toMatchObject({ reason: expect.stringMatching(/nothing measured for \d+ s; before: noise/) })
    expect(bench.told).toEqual(['down'])
    gate.resolve()
    await bench.clock.advance(10)
    expect(states(bench.readings)).toEqual(['bad-data', 'silent', 'bad-data'])
    expect(bench.told).toEqual(['down', 'up'])
    bench.stop.abort()
    await running
  })
})
