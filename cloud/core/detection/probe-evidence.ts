/** A camera that is covered, turned, frozen or cut off shortly before or during work. */
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { decayed, ramp } from './evidence.ts'
import type { EvidenceKind } from './filter/rates.ts'

/** Plain JSON, one for each probe. */
export interface ProbeState {
  status: string
  sinceMs: number
  /** Weight of the last trouble at the time it ended. */
  left: number
  leftMs: number
  leftStatus: string
  /** The present trouble has been counted. */
  counted: boolean
}

/** Log-odds that each status adds. Lines fail and nights are dark of themselves; nobody covers a camera by chance. */
const WEIGHTS: { readonly [status: string]: number } = {
  online: 0,
  dark: 0.2,
  offline: 0.7,
  frozen: 1.2,
  moved: 1.3,
  occluded: 1.3,
  tampered: 1.6,
}
/** A line that drops for a few minutes says nothing. */
const OFFLINE_FROM_MS = 3 * 60_000
const OFFLINE_TO_MS = 6 * 60_000
const FORGET_MS = 20 * 60_000

/** What a status is evidence of; `null`: of nothing. */
export const probeEvidence = (status: string): EvidenceKind | null => EVIDENCE[status] ?? null
const EVIDENCE: { readonly [status: string]: EvidenceKind } = {
  offline: 'probeOffline',
  frozen: 'probeCovered',
  moved: 'probeCovered',
  occluded: 'probeCovered',
  tampered: 'probeTampered',
}
/** A line that drops for a few minutes says nothing. */
export const OFFLINE_COUNTS_MS = 5 * 60_000

export const createProbe = (): ProbeState => ({
  status: 'online',
  sinceMs: 0,
  left: 0,
  leftMs: 0,
  leftStatus: '',
  counted: false,
})

export function stepProbe(state: ProbeState, { fields, measuredAt }: ReadingOf<'probe'>): void {
  const status = fields.status ?? 'online'
  if (status === state.status) return
  state.left = probeWeight(state, measuredAt)
  state.leftMs = measuredAt
  state.leftStatus = state.status
  state.status = status
  state.sinceMs = measuredAt
  state.counted = false
}

/** Log-odds that the probe's present and late status add. */
export function probeWeight(state: ProbeState, nowMs: number): number {
  const weight = WEIGHTS[state.status] ?? 0
  const held = nowMs - state.sinceMs
  const present = state.status === 'offline' ? weight * ramp(held, OFFLINE_FROM_MS, OFFLINE_TO_MS) : weight
  return Math.max(present, decayed(state.left, nowMs - state.leftMs, FORGET_MS))
}
