/** Readings of every kind for tests, each with a measured time of its own choosing. */
import type { SensorId } from '@minewarden/protocol/ids.ts'
import { READING_KINDS, type Reading, type ReadingKind } from '@minewarden/protocol/reading.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'

export const T0 = instant(Date.UTC(2026, 2, 1, 14))
export const GEO = 'geo-1' as SensorId
export const METER = 'meter-1' as SensorId
export const PROBE = 'probe-1' as SensorId

/** A reading of a kind with every field unknown but for those given. */
export function reading(kind: ReadingKind, at: Instant, fields: object = {}, sensor: SensorId | null = null): Reading {
  const blank = Object.fromEntries(Object.keys(READING_KINDS[kind].fields).map((name) => [name, null]))
  const channel = READING_KINDS[kind].perChannel ? 'HHZ' : null
  return { kind, sensor, channel, measuredAt: at, clock: 'ntp', fields: { ...blank, ...fields } } as Reading
}

export const power = (atMs: number, activePowerW = 1): Reading => {
  const fields = { activePowerW, voltageAV: 231.5, simulated: false }
  return reading('power', instant(T0 + atMs), fields, METER)
}
export const probe = (atMs: number, status = 'occluded'): Reading =>
  reading('probe', instant(T0 + atMs), { status }, PROBE)
export const waveform = (atMs: number, bytes: number): Reading => {
  const fields = {
    request: '',
    fromMs: T0 + atMs,
    toMs: T0 + atMs + 1,
    part: 0,
    parts: 1,
    data: new Uint8Array(bytes).fill(7),
  }
  return reading('waveform', instant(T0 + atMs), fields, GEO)
}
