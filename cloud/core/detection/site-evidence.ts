/**
 * What was seen at one site of late, as amounts that decay: what the reasons of a finding are told from. What it means
 * is for the filter (`site-belief.ts`).
 */
import type { Site } from '@minewarden/protocol/site.ts'
import { createFading, pushBounded } from './evidence.ts'
import { createWorkSpell, type WorkSpell } from './machine/work-spell.ts'
import { PERMIT_MARGIN_MS, permitAt } from './permits.ts'

/** An amount of minutes, split by whether a permit covered it. Plain JSON. */
export interface Minutes {
  open: number
  covered: number
  /** Minutes by night among them. */
  night: number
  sinceMs: number | null
}

export interface BlastEvidence {
  readonly atMs: number
  readonly probability: number
  readonly snrDb: number
  readonly night: boolean
  readonly air: boolean
  /** The surest other blast of the same round: it counts when this one proves to have been elsewhere. */
  other?: BlastEvidence
}

/** Plain JSON, one for each site. */
export interface SiteEvidence {
  updatedMs: number
  blasts: BlastEvidence[]
  machinery: Minutes
  bouts: number
  /** Machines near by, and how much of them the filter has been told. */
  work: WorkSpell
  digging: Minutes
  /** How much of the present digging the filter has been told. */
  diggingCredited: number
  digOnCredited: number
  motor: Minutes
  motorKw: number
  heating: Minutes
  heatingKw: number
  together: Minutes
  /** Bouts of drilling, the first of them and the line of the last. */
  drills: number
  drillMs: number | null
  drillHz: number
  /** Last heard. */
  drilledMs: number
  /**
   * The newest line of a generator that was counted, its frequency, when the first of the present ones began, when one
   * was last heard, and how many stretches of its going on were counted.
   */
  generatorLine: number
  generatorHz: number
  generatorMs: number | null
  generatorHeardMs: number
  generatorStretches: number
  /** When each last went on, to see that they go together. */
  machineryMs: number
  motorMs: number
  /** Until when the running permit is void, and which. */
  voidUntilMs: number
  voidReason: string
}

const FORGET_MS = 50 * 60_000
/** Winches and compressors come and go: their size is remembered longer than a pause. */
const FORGET_KW_MS = 30 * 60_000
const leftOf = createFading(FORGET_MS)
const leftOfKwAfter = createFading(FORGET_KW_MS)
const DRILLS_FORGET_MS = 2 * 3_600_000
/** An engine that has been off for so long and comes on again has begun anew. */
const GENERATOR_FORGET_MS = 2 * 3_600_000
const BLASTS_KEPT = 12
const BLAST_FORGET_MS = 90 * 60_000
/** Smoke must clear before the next round: two blasts within this are one round, its echo, or no rounds at all. */
const SAME_ROUND_MS = 15 * 60_000

const none = (): Minutes => ({ open: 0, covered: 0, night: 0, sinceMs: null })

export const createSiteEvidence = (): SiteEvidence => ({
  updatedMs: 0,
  blasts: [],
  machinery: none(),
  bouts: 0,
  work: createWorkSpell(),
  digging: none(),
  diggingCredited: 0,
  digOnCredited: 0,
  motor: none(),
  motorKw: 0,
  heating: none(),
  heatingKw: 0,
  together: none(),
  drills: 0,
  drillMs: null,
  drillHz: 0,
  drilledMs: 0,
  generatorLine: 0,
  generatorHz: 0,
  generatorMs: null,
  generatorHeardMs: 0,
  generatorStretches: 0,
  machineryMs: 0,
  motorMs: 0,
  voidUntilMs: 0,
  voidReason: '',
})

function fade(minutes: Minutes, left: number): void {
  minutes.open *= left
  minutes.covered *= left
  minutes.night *= left
  if (minutes.open + minutes.covered < 0.05) minutes.sinceMs = null
}

/** Lets everything decay to a moment. */
export function ageEvidence(state: SiteEvidence, nowMs: number): void {
  const elapsed = nowMs - state.updatedMs
  if (elapsed <= 0) return
  state.updatedMs = nowMs
  const left = leftOf(elapsed)
  fade(state.machinery, left)
  fade(state.digging, left)
  fade(state.motor, left)
  fade(state.heating, left)
  fade(state.together, left)
  if (nowMs - state.drilledMs > DRILLS_FORGET_MS) {
    state.drills = 0
    state.drillMs = null
  }
  if (nowMs - state.generatorHeardMs > GENERATOR_FORGET_MS) {
    state.generatorMs = null
    state.generatorStretches = 0
  }
  const leftOfKw = leftOfKwAfter(elapsed)
  state.motorKw *= leftOfKw
  state.heatingKw *= leftOfKw
  if (state.machinery.sinceMs === null) state.bouts = 0
  if (state.digging.sinceMs === null) {
    state.diggingCredited = 0
    state.digOnCredited = 0
  }
  state.blasts = state.blasts.filter((blast) => nowMs - blast.atMs < 3 * BLAST_FORGET_MS)
}

export interface MinutesOf {
  readonly atMs: number
  readonly minutes: number
  readonly covered: boolean
  readonly night: boolean
}

export function addMinutes(to: Minutes, { atMs, minutes, covered, night }: MinutesOf): void {
  if (covered) to.covered += minutes
  else to.open += minutes
  if (night) to.night += minutes
  to.sinceMs ??= atMs - 60_000 * minutes
}

/** @returns what it was taken for before, if it is of the round before; `null` for the first of a round */
export function addBlast(state: SiteEvidence, blast: BlastEvidence, site: Site): BlastEvidence | null {
  const last = state.blasts.at(-1) ?? null
  const again = last !== null && Math.abs(blast.atMs - last.atMs) < SAME_ROUND_MS
  if (!again) pushBounded(state.blasts, blast, BLASTS_KEPT)
  else if (blast.probability > last.probability)
    state.blasts[state.blasts.length - 1] = { ...blast, other: alone(last) }
  else if (blast.probability > (last.other?.probability ?? 0)) last.other = blast
  voidPermit(state, blast, site)
  return again ? last : null
}

const alone = ({ other: _, ...blast }: BlastEvidence): BlastEvidence => blast

/**
 * A blast that was not near after all.
 * @returns it, with what is left of its round in its place; `null`: it did not count
 */
export function removeBlast(state: SiteEvidence, atMs: number, site: Site): BlastEvidence | null {
  const holder = state.blasts.find((blast) => blast.other?.atMs === atMs)
  if (holder) delete holder.other
  const index = state.blasts.findIndex((blast) => blast.atMs === atMs)
  const removed = state.blasts[index]
  if (!removed) return null
  state.blasts.splice(index, 1, ...(removed.other ? [removed.other] : []))
  state.voidUntilMs = 0
  state.voidReason = ''
  for (const blast of state.blasts) voidPermit(state, blast, site)
  return removed
}

/** Maintenance does not blast: by night one sure blast, by day two, void the permit in which they fall. */
function voidPermit(state: SiteEvidence, blast: BlastEvidence, site: Site): void {
  const permit = permitAt(site, blast.atMs)
  if (!permit || blast.probability < 0.8) return
  const inside = state.blasts.filter((b) => b.probability >= 0.8 && permitAt(site, b.atMs) === permit)
  if (!blast.night && inside.length < 2) return
  state.voidUntilMs = permit.to + PERMIT_MARGIN_MS
  state.voidReason = permit.reason
}
