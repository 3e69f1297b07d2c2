/** Findings as points: each at the time of what it is of, so that a revised one takes the place of the former. */
import { type Reason, SITE_STATES } from '@minewarden/protocol/finding.ts'
import type { RecordedFinding } from '../findings-port.ts'
import type { HistoryPoint } from './measurement.ts'
import type { PlaceTags } from './places.ts'
import { fleetPoint } from './schema.ts'

/** Puts a reason into words. */
export type ReasonWords = (reason: Reason, language: 'zh' | 'en') => string

/** Reasons put into words at most; the page of the finding has them all. */
const MAX_REASONS = 8

export function findingPoint(
  { offset, finding }: RecordedFinding,
  place: PlaceTags,
  wordsOf: ReasonWords,
): HistoryPoint {
  const words = (language: 'zh' | 'en') =>
    finding.because
      .slice(0, MAX_REASONS)
      .map((reason) => wordsOf(reason, language))
      .join(language === 'zh' ? '；' : '; ')
  const shared = { number: offset, late: finding.late, reasonsZh: words('zh'), reasonsEn: words('en') }
  if (finding.kind === 'event') {
    const { class: eventClass, probability, durationS, peakVelocityMmPerS, dominantFrequencyHz } = finding
    return fleetPoint(
      'judgedEvent',
      finding.onset,
      { ...place, sensor: finding.sensor },
      {
        ...shared,
        ...{ class: eventClass, probability, durationS, peakVelocityMmPerS, dominantFrequencyHz },
        attributed: finding.attributed !== undefined,
        revised: finding.revised === true,
      },
    )
  }
  if (finding.kind === 'state') {
    return fleetPoint('stateChange', finding.at, place, {
      ...shared,
      state: finding.state,
      level: SITE_STATES.indexOf(finding.state),
      probability: finding.probability,
      independentKinds: finding.independentKinds.length,
      orderGrade: finding.orderGrade?.met ?? null,
    })
  }
  const { fact, probability, since, afterCut } = finding
  return fleetPoint('afterCut', finding.at, place, { ...shared, fact, probability, sinceMs: since, afterCut })
}
