/** Several looks must agree before a camera's verdict changes: one insect, truck or headlight changes nothing. */
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { ImageVerdict } from './frame.ts'

/** What one look suggests. */
export interface Suggestion {
  readonly status: ImageVerdict['status']
  readonly cause: string | null
  /** How clearly this look shows it, 0 to 1. */
  readonly clarity: number
  /** Looks that must agree, at least, before it is believed. */
  readonly looks: number
  /** Time of the first picture that showed it, where it began before this look. */
  readonly since?: Instant
}

export interface AgreementState {
  verdict: ImageVerdict
  candidate: { status: ImageVerdict['status']; since: Instant; looks: number; clarity: number } | null
}

/** No verdict that is not plain is younger than this, however quickly pictures come. */
const MIN_AGE_MS: Millis = 45_000
/** A look weighs so much in the mean clarity. */
const CLARITY_SHARE = 0.35

/**
 * Takes one look into account. `null`: the look says neither this nor that, and nothing changes.
 * @returns the state after it; its verdict's `cause` and `confidence` follow the latest look that agrees
 */
export function agree(state: AgreementState, suggestion: Suggestion | null, at: Instant): AgreementState {
  if (suggestion === null) return state
  if (suggestion.status === state.verdict.status)
    return { verdict: confirm(state.verdict, suggestion, state.verdict.since), candidate: null }
  const candidate = follow(state.candidate, suggestion, at)
  const believed = candidate.looks >= suggestion.looks && at - candidate.since >= ageNeeded(suggestion)
  if (!believed) return { verdict: state.verdict, candidate }
  const first = { ...state.verdict, status: suggestion.status, confidence: candidate.clarity }
  return { verdict: confirm(first, suggestion, candidate.since), candidate: null }
}

const ageNeeded = (suggestion: Suggestion): Millis => (suggestion.status === 'online' ? 0 : MIN_AGE_MS)

function follow(before: AgreementState['candidate'], suggestion: Suggestion, at: Instant) {
  const { status, clarity } = suggestion
  if (before?.status !== status) return { status, since: suggestion.since ?? at, looks: 1, clarity: clarity * 0.6 }
  return {
    status,
    since: before.since,
    looks: before.looks + 1,
    clarity: before.clarity + (clarity - before.clarity) * CLARITY_SHARE,
  }
}

function confirm(verdict: ImageVerdict, { status, cause, clarity }: Suggestion, since: Instant): ImageVerdict {
  const confidence = verdict.confidence + (clarity - verdict.confidence) * CLARITY_SHARE
  return { status, cause, confidence: Math.min(0.99, Math.max(0, confidence)), since }
}
