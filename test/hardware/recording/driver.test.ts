import { rm } from 'node:fs/promises'
import { type Clock, type Instant, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import type { Measurement, PowerReading } from '../../../hardware/contract.ts'
import { createRecordingDriver, type RecordingDriverOptions } from '../../../hardware/recording/driver.ts'
import { completedAt } from '../../../hardware/recording/merge.ts'
import { openRecording } from '../../../hardware/recording/recording.ts'
import { blocksOf, START, sensorOf, withFolder } from './temporary-recording.ts'

/** A clock that a sleep sets forward. */
function sleepingClock(from: number): Clock & { slept: number } {
  let now = from
  const clock = {
    slept: 0,
    now: () => instant(now),
    monotonic: () => now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      now += ms
      clock.slept += ms
    },
  }
  return clock
}

type Options = Partial<Omit<RecordingDriverOptions, 'sensor'>>

/** Reads a sensor of the usual recording to its end, or until `until` says that it is enough. */
const read = (sensorId: string, options: Options, each: (m: Measurement, stop: () => void) => void = () => undefined) =>
  withFolder({}, async (dir) => {
    const sensor = sensorOf(await openRecording(dir), sensorId)
    const driver = createRecordingDriver({ sensor, pace: null, shiftTo: null, ...options })
    const abort = new AbortController()
    const measurements: Measurement[] = []
    for await (const measurement of driver.read(abort.signal)) {
      measurements.push(measurement)
      each(measurement, () => abort.abort())
    }
    return { driver, measurements }
  })

describe('createRecordingDriver', () => {
  it('declares the sensor and its channels before it is read', async () => {
    expect((await read('geo-1', {})).driver).toMatchObject({ sensor: 'geo-1', kind: 'geophone', channels: ['HHZ'] })
    expect((await read('meter-1', {})).driver).toMatchObject({ kind: 'power-meter', channels: [] })
  })

  it('delivers each measurement when it would have been complete, at the speed asked for', async () => {
    const clock = sleepingClock(5_000_000)
    const lag: number[] = []
    const pace = { clock, speed: 10 }
    const { measurements } = await read('geo-1', { pace }, (measurement) => {
      lag.push(clock.now() - 5_000_000 - (completedAt(measurement) - START) / 10)
    })
    expect(measurements).toHaveLength(60)
    expect(Math.max(...lag.map(Math.abs))).toBeLessThan(0.001)
    expect(clock.slept).toBeCloseTo(5999, 3)
  })

  it('begins at the moment asked for, and catches up when that has passed', async () => {
    const clock = sleepingClock(5_000_000)
    await read('geo-1', { pace: { clock, speed: 1, startAt: instant(4_970_000) } })
    expect(clock.slept).toBeCloseTo(29_990, 3)
  })

  it('moves all times so that the recording happens now', async () => {
    const now: Instant = instant(Date.UTC(2030, 0, 1))
    expect(blocksOf((await read('geo-1', { shiftTo: now })).measurements)[1]?.startAt).toBe(now + 1000)
    expect((await read('probe-1', { shiftTo: now })).measurements[1]).toMatchObject({ at: now + 19_187 })
  })

  it('lets a feeder change what a meter reads, after times are moved', async () => {
    const seen: number[] = []
    const gate = (reading: PowerReading): PowerReading => {
      seen.push(reading.at)
      return { ...reading, activePowerW: 0, simulated: true }
    }
    const { measurements } = await read('meter-1', { gate, shiftTo: instant(0) })
    expect(measurements).toMatchObject([{ at: 1000, activePowerW: 0, simulated: true }])
    expect(seen).toEqual([1000])
    expect((await read('probe-1', { gate })).measurements).toHaveLength(2)
  })

  it('ends at once when it is aborted, asleep or not', async () => {
    expect((await read('geo-1', {}, (_, stop) => stop())).measurements).toHaveLength(1)
    const clock = sleepingClock(0)
    const sleepy = {
      ...clock,
      sleep: () => new Promise<void>((_, reject) => setTimeout(reject, 5, new Error('aborted'))),
    }
    await withFolder({}, async (dir) => {
      const sensor = sensorOf(await openRecording(dir), 'geo-1')
      const driver = createRecordingDriver({ sensor, pace: { clock: sleepy, speed: 1 }, shiftTo: null })
      const abort = new AbortController()
      const first = driver.read(abort.signal)[Symbol.asyncIterator]().next()
      abort.abort()
      expect(await first).toMatchObject({ done: true })
    })
  })

  it('reports a file that has gone as a failed device', async () => {
    await withFolder({}, async (dir) => {
      const sensor = sensorOf(await openRecording(dir), 'geo-1')
      await rm(sensor.path)
      const driver = createRecordingDriver({ sensor, pace: null, shiftTo: null })
      const measurements: Measurement[] = []
      for await (const measurement of driver.read(new AbortController().signal)) measurements.push(measurement)
      expect(measurements).toMatchObject([
        { kind: 'device', state: 'failed', reason: expect.stringContaining('ENOENT') },
      ])
    })
  })
})
