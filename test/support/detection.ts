import { createSiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import type { Finding } from '@minewarden/protocol/finding.ts'
import { GatewayId, type ProbeStatus, SensorId } from '@minewarden/protocol/ids.ts'
import {
  type FieldsOf,
  READING_KINDS,
  type Reading,
  type ReadingKind,
  type ReadingOf,
} from '@minewarden/protocol/reading.ts'
import { Site } from '@minewarden/protocol/site.ts'
import { instant } from '@minewarden/protocol/time.ts'

/** Readings and sites for tests of the detector. */

export const gateway = GatewayId.parse('gw-1')
/** 23:00 in China. */
export const NIGHT = Date.parse('2026-05-01T15:00:00Z')
/** 11:00 in China. */
export const DAY = Date.parse('2026-05-01T03:00:00Z')

export const siteOf = (changes: Partial<Record<keyof Site, unknown>> = {}): Site =>
  Site.parse({
    id: '450324-0001',
    name: 'Adit 1',
    county: '450324',
    latitude: 26,
    longitude: 111,
    closedOn: null,
    area: 'key',
    expectedLoads: [{ name: 'drainage pump', ratedW: 5500 }],
    permits: [],
    sensors: [],
    supplyPoints: [],
    ...changes,
  })

const reading = <K extends ReadingKind>(kind: K, sensor: string, atMs: number, values: object): ReadingOf<K> =>
  ({
    kind,
    sensor: SensorId.parse(sensor),
    channel: READING_KINDS[kind].perChannel ? 'HHZ' : null,
    measuredAt: instant(atMs),
    clock: 'ntp',
    fields: { ...Object.fromEntries(Object.keys(READING_KINDS[kind].fields).map((f) => [f, null])), ...values },
  }) as ReadingOf<K>

/** A meter's answer; `tan` is reactive over active power (0.62 a motor, 0 a heater). */
export const power = (
  atMs: number,
  watts: number | null,
  { tan = 0.62, volts = 230, baseW = 150 } = {},
): ReadingOf<'power'> =>
  reading('power', 'meter-1', atMs, {
    activePowerW: watts,
    reactivePowerVar: watts === null ? null : tan * Math.max(0, watts - baseW) + 0.1 * baseW,
    voltageAV: volts,
    voltageBV: volts,
    voltageCV: volts,
  } satisfies Partial<FieldsOf<'power'>>)

export const probe = (atMs: number, status: ProbeStatus): ReadingOf<'probe'> =>
  reading('probe', 'probe-1', atMs, { status })

/** A five-second window; `excessDb` above a quiet 0.1 um/s in the band of 30 to 45 Hz. */
export const windowAt = (
  atMs: number,
  { excessDb = 0, kurtosis = 3, toneDb = 9, toneHz = 24.6, sensor = 'geo-1' } = {},
): ReadingOf<'vibration'> =>
  reading('vibration', sensor, atMs, {
    windowS: 5,
    coverage: 1,
    rmsMPerS: 2e-7,
    peakMPerS: 1e-6,
    rmsTo4HzMPerS: 1e-7,
    rmsTo9HzMPerS: 1e-7,
    rmsTo18HzMPerS: 1e-7,
    rmsTo30HzMPerS: 1e-7 * 10 ** (excessDb / 40),
    rmsTo45HzMPerS: 1e-7 * 10 ** (excessDb / 20),
    kurtosis,
    toneHz,
    toneDb,
    percussionHz: 2,
    percussionDb: 7,
  } satisfies Partial<FieldsOf<'vibration'>>)

const BLAST: Partial<FieldsOf<'event'>> = {
  durationS: 4,
  cut: false,
  peakVelocityMPerS: 2e-5,
  snrDb: 34,
  snrTo4HzDb: 18,
  snrTo9HzDb: 24,
  snrTo18HzDb: 33,
  snrTo30HzDb: 34,
  snrTo45HzDb: 31,
  dominantHz: 16,
  centroidHz: 19,
  lowShare: 0.15,
  highShare: 0.45,
  mainS: 0,
  attackS: 0.1,
  riseS: 0.2,
  firstRatio: 1,
  energyHalfS: 0.3,
  energySpanS: 0.8,
  decayS: 0.5,
  impulses: 2,
  impulseIntervalS: 0.3,
  impulseIntervalSpread: 0.2,
  impulseEvenness: 0.9,
  kurtosis: 20,
}

/** A transient; without changes, a blast near by. It is measured three seconds after its end. */
export const event = (
  onsetMs: number,
  changes: Partial<FieldsOf<'event'>> = {},
  sensor = 'geo-1',
): ReadingOf<'event'> => {
  const fields = { ...BLAST, ...changes }
  return reading('event', sensor, onsetMs + 1000 * (fields.durationS ?? 0) + 3000, { onsetMs, ...fields })
}

export const airEvent = (onsetMs: number, changes: Partial<FieldsOf<'airEvent'>>): ReadingOf<'airEvent'> =>
  reading('airEvent', 'air-1', onsetMs + 1000 * (changes.durationS ?? 0) + 3000, { onsetMs, ...changes })

/** Feeds readings in order of measurement and lets two minutes pass. */
export function judgeAll(site: Site, readings: readonly Reading[]): Finding[] {
  const detector = createSiteDetector(site)
  const sorted = [...readings].sort((a, b) => a.measuredAt - b.measuredAt)
  const findings = sorted.flatMap((r) => detector.observe(gateway, r, { historical: false }))
  const last = sorted.at(-1)?.measuredAt ?? 0
  return [...findings, ...detector.advanceTo(instant(last + 120_000))]
}

/** Windows over a stretch of minutes; `excessDb` of each by its minute; the line of a motor on the grid, or another. */
export function windows(
  fromMs: number,
  minutes: number,
  excessDb: (minute: number) => number,
  tonal = true,
  // Of a compressor that a belt drives: no motor on the grid turns so fast.
  toneHz = 21.4,
): Reading[] {
  return Array.from({ length: 12 * minutes }, (_, i) => {
    const wobble = 0.4 * Math.sin(i * 1.7)
    const excess = excessDb(i / 12)
    return windowAt(fromMs + 5000 * (i + 1) - 10, {
      excessDb: excess + wobble,
      toneDb: tonal && excess > 3 ? 20 : 9,
      toneHz,
    })
  })
}

/** A meter read each second over a stretch of minutes. */
export const meter = (
  fromMs: number,
  minutes: number,
  watts: (minute: number) => number,
  options: { tan?: number; everyS?: number } = {},
): Reading[] => {
  const everyS = options.everyS ?? 1
  return Array.from({ length: Math.floor((60 * minutes) / everyS) }, (_, i) =>
    power(
      fromMs + 1000 * everyS * (i + 1),
      watts((everyS * i) / 60),
      options.tan === undefined ? {} : { tan: options.tan },
    ),
  )
}
