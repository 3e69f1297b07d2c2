import { foldName } from '@minewarden/protocol/order.ts'
import { isoTime } from '@minewarden/protocol/time.ts'
import {
  basisProblems,
  hourProblems,
  type LegalProblem,
  missingSteps,
  noticeProblems,
  stopPowerTime,
} from '../../law/problems.ts'
import { signersOf } from '../carriage.ts'
import { note } from '../order-text.ts'
import { ALWAYS, type Gate, UNTIL_ISSUE, when } from './gate.ts'

const notes = (problems: readonly LegalProblem[]) => problems.map(({ code, values }) => note(code, values))

/** Whether the law that the order was drafted under carries it, at this moment. */
export const LEGAL_GATES: readonly Gate[] = [
  {
    code: 'legal-basis',
    stages: ALWAYS,
    problems: ({ content: { basis }, legal }, { now }) => [
      ...when(legal.basis?.code !== basis, 'basis-unknown', { basis }),
      ...notes(legal.basis ? basisProblems(legal, now) : []),
    ],
  },
  { code: 'legal-steps', stages: ALWAYS, problems: ({ legal }, { now }) => notes(missingSteps(legal, now)) },
  {
    code: 'stop-notice',
    stages: UNTIL_ISSUE,
    // The notice may still run at the issue, but it must end before the order does.
    problems: ({ legal, validUntil }, { now }) => {
      const from = stopPowerTime(legal, now)
      if (from === null) return notes(noticeProblems(legal, now))
      return when(from >= validUntil, 'notice-running', { at: isoTime(from) })
    },
  },
  { code: 'stop-time', stages: ['select'], problems: ({ legal }, { now }) => notes(noticeProblems(legal, now)) },
  { code: 'lawful-hour', stages: ALWAYS, problems: ({ legal }, { now }) => notes(hourProblems(legal, now)) },
  {
    code: 'competent-head',
    // At the draft it would be red of necessity.
    stages: ['issue', 'select'],
    problems: (order, facts) => {
      const { department } = order.legal
      return when(
        !signersOf(order, facts).some(
          (one) => one.role === 'head' && foldName(one.department) === foldName(department),
        ),
        'competent-head-missing',
        { department },
      )
    },
  },
]
