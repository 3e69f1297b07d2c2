/** What is known of a digitiser as measurements of the contract. */
import { type ClockQuality, type Instant, type Millis, UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'
import type { InstrumentHealth } from '../contract.ts'
import type { Addressed } from '../line/shared-device.ts'
import type { Calibration } from '../response/calibration.ts'
import type { SampleBlock } from './block-builder.ts'
import type { Health } from './messages.ts'
import type { SampleClock } from './sample-clock.ts'
import type { SampleCount } from './sample-count.ts'

/** One channel of the ADC that is read. */
export interface ReadChannel {
  readonly sensor: Addressed['sensor']
  /** SEED channel code. */
  readonly code: string
  readonly calibration: Calibration
}

/** What the machine's own clock may be off by, which the drift of the digitiser's is measured against. */
const CLOCK_PPM = { unsynchronised: 100, holdover: 20, ntp: 0.5, gnss: 0.1 } as const

/** A moment with what is known of its clock; `errorMs` as in `Stamp`. */
export interface Moment {
  readonly at: Instant
  readonly quality: ClockQuality
  readonly errorMs: Millis | null
}

/** A moment as the contract has it. */
export const timed = ({ at, quality, errorMs }: Moment) => ({
  at,
  clock: quality,
  ...(errorMs === null ? {} : { clockErrorMs: errorMs }),
})

/** One waveform for each channel that is read. */
export function waveformsOf(
  block: SampleBlock,
  { at: startAt, ...clock }: ReturnType<typeof timed>,
  { rateHz, channels }: { readonly rateHz: number; readonly channels: readonly (ReadChannel | null)[] },
): Addressed[] {
  return channels.flatMap((channel, index) => {
    const counts = block.counts[index]
    if (!channel || !counts) return []
    const { countsPerUnit, unit, response } = channel.calibration
    const form = { kind: 'waveform', channel: channel.code, startAt, rateHz, counts } as const
    return [{ sensor: channel.sensor, measurement: { ...form, countsPerUnit, unit, response, ...clock } }]
  })
}

const isBounded = (moment: Moment): moment is Moment & { errorMs: Millis } =>
  moment.errorMs !== null && moment.errorMs < UNKNOWN_ERROR_MS

/** How the instrument is; what it did not tell yet is `null`. */
export function instrumentHealth(
  moment: Moment,
  known: {
    readonly health: Health | null
    readonly count: SampleCount
    readonly samples: SampleClock | null
    readonly badFrames: number
  },
): InstrumentHealth {
  const { health, count, samples, badFrames } = known
  const drift = samples?.drift ?? null
  return {
    kind: 'instrument',
    ...timed(moment),
    supplyVoltageV: health?.supplyV ?? null,
    temperatureC: health?.temperatureC ?? null,
    missedSamples: health?.missedSamples ?? count.missed,
    badFrames,
    lostSamples: count.lost,
    driftPpm: drift?.ppm ?? null,
    driftErrorPpm: drift ? drift.errorPpm + CLOCK_PPM[moment.quality] : null,
    stampErrorMs: isBounded(moment) && samples ? moment.errorMs + samples.errorMs : null,
  }
}
