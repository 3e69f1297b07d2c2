import { isoTime } from '@minewarden/protocol/time.ts'
import type { Mark } from '../core/feedback/mark.ts'
import type { User } from '../core/ports.ts'
import type { FindingDocument } from './documents.ts'

/** What was said of a finding; who said it and in which words is for people who are signed in. */
export type MarkDocument = NonNullable<FindingDocument['mark']>

export const markDocument = (mark: Mark, reader: User | null): MarkDocument => ({
  verdict: mark.verdict,
  cause: mark.cause,
  at: isoTime(mark.at),
  note: reader ? mark.note : '',
  name: reader ? mark.name : '',
})
