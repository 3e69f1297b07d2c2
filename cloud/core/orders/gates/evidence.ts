import { isoTime } from '@minewarden/protocol/time.ts'
import { KINDS_NEEDED, sensorKindsOf } from '../draft.ts'
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
    code: 'evidence-frozen',
    stages: UNTIL_ISSUE,
    problems: ({ content }) => when(content.evidence.length === 0, 'no-evidence'),
  },
]
