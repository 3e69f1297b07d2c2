import { isoTime } from '@minewarden/protocol/time.ts'
import type { PictureView } from '../core/pictures.ts'
import type { KnownStatus, ProbeCounts, ProbePlace } from '../core/probes/online-rate.ts'
import type { ProbeView } from '../core/probes/probe-board.ts'

/** A camera probe as the API writes it. Times are ISO 8601. */
export interface ProbeDocument extends ProbePlace {
  readonly site: string
  readonly siteName: string
  readonly gateway: string
  readonly sensor: string
  readonly status: KnownStatus
  /** Why the status is unknown: `gateway-away` or `not-heard`; `null` beside one that is known. */
  readonly unknownBecause: 'gateway-away' | 'not-heard' | null
  /** What was last told, of whenever; `null`: nothing yet. */
  readonly told: {
    readonly status: KnownStatus
    readonly measuredAt: string
    /** When the status began; the last sign of life of one that is offline. */
    readonly since: string | null
    readonly cause: string | null
    readonly confidence: number | null
    /** The probe's clock minus its gateway's. */
    readonly clockOffsetS: number | null
  } | null
}

/** `GET /api/v1/probes` */
export interface ProbesDocument {
  readonly counts: ProbeCounts
  readonly probes: readonly ProbeDocument[]
}

/** A request for a picture and what has come of it. */
export interface PictureDocument {
  readonly request: string
  readonly site: string
  readonly gateway: string
  readonly sensor: string
  readonly by: string
  readonly reason: string
  readonly askedAt: string
  readonly takenAt: string | null
  readonly parts: number
  readonly expected: number | null
  readonly refusal: string | null
}

export function probeDocument({ told, place, ...probe }: ProbeView, siteName: string): ProbeDocument {
  return {
    ...probe,
    ...place,
    siteName,
    told: told && {
      status: told.status,
      measuredAt: isoTime(told.measuredAt),
      since: told.sinceMs === null ? null : isoTime(told.sinceMs),
      cause: told.cause,
      confidence: told.confidence,
      clockOffsetS: told.clockOffsetS,
    },
  }
}

export const pictureDocument = ({ askedAt, takenAt, ...picture }: PictureView): PictureDocument => ({
  ...picture,
  askedAt: isoTime(askedAt),
  takenAt: takenAt === null ? null : isoTime(takenAt),
})
