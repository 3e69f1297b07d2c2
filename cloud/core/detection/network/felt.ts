/** A transient at one site, as the network of its county sees it. Plain JSON. */
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import type { ClassScores } from '../event-class.ts'
import type { EventFields } from '../event-shape.ts'

export interface Felt {
  readonly site: SiteId
  /** `gateway/sensor`. */
  readonly key: string
  readonly onsetMs: number
  /** What the onset may be wrong by: the gateway's clock and the trigger. */
  readonly errorMs: number
  readonly durationS: number
  readonly peakMPerS: number
  readonly snrDb: number
  /** Amplitude above 18 Hz, which distance takes first. */
  readonly highMPerS: number
  readonly codaDbPerS: number | null
  /** Lag of a second wave, which gives a distance. */
  readonly lagS: number | null
  readonly blast: number
  readonly earthquake: number
  /** The microphone heard thunder, or the push of a shot near by, with it. */
  readonly air: 'thunder' | 'shot' | null
}

/** Triggers stand so much behind weak onsets. */
const PICK_MS = 1500
/** A clock of which nothing is known; one that lost its source. */
const UNKNOWN_CLOCK_MS = 2000

/** @param trainS lag between two trains of waves, where the judge found two */
export function feltOf(
  site: SiteId,
  key: string,
  reading: ReadingOf<'event'>,
  { scores, air, trainS }: { scores: ClassScores; air: Felt['air']; trainS: number | null },
): Felt {
  const { fields, measuredAt } = reading
  const clockMs = reading.clockErrorMs ?? (reading.clock === 'unsynchronised' ? UNKNOWN_CLOCK_MS : 0)
  return {
    site,
    key,
    onsetMs: fields.onsetMs ?? measuredAt,
    errorMs: PICK_MS + clockMs,
    durationS: fields.durationS ?? 0,
    peakMPerS: fields.peakVelocityMPerS ?? 0,
    snrDb: fields.snrDb ?? 0,
    highMPerS: highOf(fields),
    codaDbPerS: fields.codaDbPerS ?? null,
    lagS: trainS ?? fields.phaseLagS ?? null,
    blast: scores.blast,
    earthquake: scores.earthquake,
    air,
  }
}

const highOf = ({ peakVelocityMPerS, highShare }: EventFields): number =>
  (peakVelocityMPerS ?? 0) * Math.sqrt(highShare ?? 0)
