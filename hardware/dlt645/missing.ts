import type { Outcome } from '../meter-bus/question.ts'

/** Whether the meter said that it does not have what was asked for. */
export const isMissing = (outcome: Outcome<unknown>): boolean =>
  outcome.kind === 'failed' && outcome.failure.kind === 'refused' && outcome.failure.isMissing
/** Whether the meter gave the beginning of the value, and has more of it. */
export const isPart = (outcome: Outcome<unknown>): boolean =>
  outcome.kind === 'failed' && outcome.failure.kind === 'nonsense' && outcome.failure.isPart === true
/** What a meter says that does not have this. */
export const missing = (question: string): Outcome<never> => ({
  kind: 'failed',
  question,
  failure: { kind: 'refused', reason: `${question}: no such data`, isMissing: true },
})
