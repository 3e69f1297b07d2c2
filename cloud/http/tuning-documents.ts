import { instant, isoTime } from '@minewarden/protocol/time.ts'
import type { FindingCounts, MarkTally } from '../core/tuning/replay.ts'
import type { ReplayView } from '../core/tuning/replays-port.ts'
import type { ParameterName, SiteParameters } from '../core/tuning/site-parameters.ts'
import type { ParameterVersion } from '../core/tuning/tuning.ts'
import type { Documents, FindingDocument } from './documents.ts'

export interface ParameterVersionDocument {
  readonly version: number
  /** Those that differ from the county's. */
  readonly parameters: SiteParameters
  readonly effectiveAt: string
  readonly reason: string
  readonly name: string
  readonly at: string
}

/** What a site is judged by, and may be. */
export interface ParametersDocument {
  readonly inForce: { readonly [P in ParameterName]: number }
  readonly county: { readonly [P in ParameterName]: number }
  /** Least and most of each. */
  readonly bounds: { readonly [P in ParameterName]: readonly [number, number] }
  /** Newest first; those to come are among them. */
  readonly versions: readonly ParameterVersionDocument[]
}

export const versionDocument = (version: ParameterVersion): ParameterVersionDocument => ({
  version: version.version,
  parameters: version.parameters,
  effectiveAt: isoTime(version.effectiveAt),
  reason: version.reason,
  name: version.name,
  at: isoTime(version.at),
})

export interface ReplayDocument {
  readonly id: string
  readonly site: string
  readonly from: string
  readonly to: string
  readonly state: ReplayView['state']
  readonly share: number
  readonly failure: string | null
  readonly result: {
    readonly readings: number
    /** Whether the kept readings reach over the whole span, to an hour; if not, which hours have any. */
    readonly coversSpan: boolean
    readonly coveredFrom: string | null
    readonly coveredTo: string | null
    readonly hoursCovered: number
    readonly hours: number
    readonly before: FindingCounts
    readonly after: FindingCounts
    readonly lostCount: number
    readonly gainedCount: number
    readonly lost: readonly FindingDocument[]
    readonly gained: readonly FindingDocument[]
    readonly marks: { readonly true: MarkTally; readonly false: MarkTally }
  } | null
}

export function replayDocument(view: ReplayView, documents: Documents): ReplayDocument {
  const { id, site, state, share, failure, result } = view
  const iso = (ms: number | null) => (ms === null ? null : isoTime(instant(ms)))
  return {
    ...{ id, site, state, share, failure },
    from: isoTime(instant(view.from)),
    to: isoTime(instant(view.to)),
    result: result && {
      ...result,
      coversSpan: result.hoursCovered >= result.hours,
      coveredFrom: iso(result.coveredFrom),
      coveredTo: iso(result.coveredTo),
      lost: result.lost.map(documents.finding),
      gained: result.gained.map(documents.finding),
    },
  }
}
