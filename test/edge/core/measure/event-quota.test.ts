import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import {
  createEventQuota,
  MOST_EVENTS_PER_HOUR,
  MOST_STRONG_PER_HOUR,
  STRONG_DB,
} from '@minewarden/edge/core/measure/event-quota.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { addTone, block, noise, START } from '../../../support/ground.ts'

const sensor = SensorId.parse('geo-1')
const HOUR_MS = 3_600_000
const hour = (n: number) => instant(START + n * HOUR_MS)
const said = (reading: Reading | null) => (reading?.kind === 'sensor' ? reading.fields : null)

const times = (n: number, take: () => boolean) => Array.from({ length: n }, take).filter(Boolean).length

describe('the quota of events', () => {
  it('admits so many an hour, then a few strong ones, then none', () => {
    const quota = createEventQuota({ sensor })
    quota.reached(hour(0), { clock: 'ntp' })
    expect(times(1000, () => quota.admits(12))).toBe(MOST_EVENTS_PER_HOUR)
    expect(times(1000, () => quota.admits(STRONG_DB))).toBe(MOST_STRONG_PER_HOUR)
    expect(times(1000, () => quota.admits(60))).toBe(0)
  })

  it('says once, when the hour is over, how many were left out, and once that it is well again', () => {
    const quota = createEventQuota({ sensor })
    quota.reached(hour(0), { clock: 'ntp' })
    times(MOST_EVENTS_PER_HOUR + 17, () => quota.admits(12))
    expect(quota.reached(hour(0.9), { clock: 'ntp' })).toBeNull()
    const reading = quota.reached(hour(1), { clock: 'gnss' })
    expect(said(reading)).toEqual({ state: 'flooded', reason: '17 events left out beyond 360 in one hour' })
    expect(reading).toMatchObject({ sensor, measuredAt: hour(1), clock: 'gnss' })
    times(20, () => quota.admits(12))
    expect(said(quota.reached(hour(2), { clock: 'ntp' }))?.state).toBe('ok')
    expect(quota.reached(hour(3), { clock: 'ntp' })).toBeNull()
    expect(quota.end()).toBeNull()
  })

  it('says at the end what is left to say', () => {
    const quota = createEventQuota({ sensor })
    quota.reached(hour(0.5), { clock: 'ntp' })
    times(MOST_EVENTS_PER_HOUR + 3, () => quota.admits(12))
    expect(said(quota.end())?.state).toBe('flooded')
    expect(quota.end()).toBeNull()
  })
})

describe('a sensor with a loose plug', () => {
  const RATE = 100
  /** A crackle each five seconds, 720 an hour, for an hour and a half; a blast among them. */
  const wave = noise(5400, RATE, 5e-8)
  for (let at = 30; at < 5390; at += 5) addTone(wave, RATE, { fromS: at, toS: at + 0.2, hz: 20, amplitude: 6e-7 })
  addTone(wave, RATE, { fromS: 3303, toS: 3303.6, hz: 20, amplitude: 1e-4 })

  const readingsOf = (blockLength: number) => {
    const measure = createMeasure({ sensor, kind: 'geophone', channels: ['HHZ'] })
    const readings: Reading[] = []
    for (let from = 0; from < wave.length; from += blockLength) {
      readings.push(...measure.push(block(wave, RATE, { from, to: Math.min(wave.length, from + blockLength) })))
    }
    return { readings: [...readings, ...measure.end()], discarded: measure.discarded }
  }
  const { readings, discarded } = readingsOf(500)
  const events = readings.filter((r) => r.kind === 'event')
  const states = readings.filter((r) => r.kind === 'sensor')

  it('reports at most the ceiling of each hour, and the blast all the same', () => {
    const first = events.filter((e) => e.measuredAt < START + HOUR_MS)
    expect(first.length).toBeGreaterThan(MOST_EVENTS_PER_HOUR)
    expect(first.length).toBeLessThanOrEqual(MOST_EVENTS_PER_HOUR + MOST_STRONG_PER_HOUR)
    expect(events.some((e) => Math.abs(e.fields.onsetMs! - (START + 3_303_000)) < 500)).toBe(true)
  })

  it('counts what was left out, and says so in one reading an hour', () => {
    expect(states).toHaveLength(1)
    expect(states[0]!.fields.state).toBe('flooded')
    expect(states[0]!.fields.reason).toContain(String(discarded.floodedEvents))
    expect(discarded.floodedEvents).toBeGreaterThan(200)
  })

  it('does so the same, however the stream is cut into blocks', () => {
    expect(readingsOf(1237).readings).toEqual(readings)
  })
})
