import { isoTime } from '@minewarden/protocol/time.ts'
import { sightingProblems } from '../../law/problems.ts'
import { KINDS_NEEDED, sensorKindsOf } from '../draft.ts'
import { note } from '../order-text.ts'
import { type Gate, UNTIL_ISSUE, when } from './gate.ts'

/** A finding may lie this far ahead of our clock. */
const MAX_AHEAD_MS = 60_000

/** Whether what was measured still grounds an order. Once issued it stands on what it was approved on. */
export const EVIDENCE_GATES: readonly Gate[] = [
  {
    code: 'evidence-in-time',
    stages: UNTIL_ISSUE,
    problems: ({ evidence }, { now, rules }) => [
      ...when(evidence.late, 'finding-late'),
      ...when(evidence.findingAt > now + MAX_AHEAD_MS, 'finding-ahead'),
      ...when(evidence.siteState !== 'reopened' && now - evidence.reopenedAt > rules.evidenceMaxAgeMs, 'not-reopened', {
        state: evidence.siteState,
        at: isoTime(evidence.reopenedAt),
      }),
    ],
  },
  {
    code: 'evidence-kinds',
    stages: UNTIL_ISSUE,
    problems: ({ evidence }) => {
      const kinds = sensorKindsOf(evidence.independentKinds)
      return when(kinds.size < KINDS_NEEDED, 'few-kinds', { kinds: [...kinds].join() || 'none' })
    },
  },
  {
    code: 'evidence-grade',
    stages: UNTIL_ISSUE,
    // A finding of before grades were given is held to its kinds of sensor alone.
    problems: ({ finding: { orderGrade }, legal: { sighting } }, { now }) => {
      const seen = sighting !== null && sightingProblems(sighting, now).length === 0
      return orderGrade === undefined || orderGrade.met || seen ? [] : [note('grade-unmet'), ...orderGrade.because]
    },
  },
  {
    code: 'evidence-frozen',
    stages: UNTIL_ISSUE,
    problems: ({ content }) => when(content.evidence.length === 0, 'no-evidence'),
  },
]
