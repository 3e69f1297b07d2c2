/**
 * All that speaks for a reopening of one site, as amounts that decay, and what they add up to in log-odds. Causes are
 * kept apart, each with a ceiling, so that no single sensor, however loud, decides alone: a blast without anything
 * else makes a site suspected; blasts with machines at night, or load with machines, make it reopened.
 *
 * A permit covers machines, load and a dark camera while it runs: what is measured then is kept apart and counts
 * nothing, unless a blast shows that the permit is abused.
 */
import type { Permit, Site } from '@minewarden/protocol/site.ts'
import { decayed, pushBounded, ramp, saturated } from './evidence.ts'
import { isNight, type Parameters } from './parameters.ts'

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
}

/** Plain JSON, one for each site. */
export interface SiteEvidence {
  updatedMs: number
  blasts: BlastEvidence[]
  machinery: Minutes
  bouts: number
  digging: Minutes
  motor: Minutes
  motorKw: number
  heating: Minutes
  heatingKw: number
  together: Minutes
  /** Machines that started with a motor; and whether the meter is too slow to show it. */
  startsTogether: number
  slowMeter: boolean
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
const BLASTS_KEPT = 12
const BLAST_FORGET_MS = 90 * 60_000
/** Smoke must clear before the next round: two blasts within this are one round, its echo, or no rounds at all. */
const SAME_ROUND_MS = 15 * 60_000
/** Crews come early and leave late. */
const PERMIT_MARGIN_MS = 10 * 60_000

const none = (): Minutes => ({ open: 0, covered: 0, night: 0, sinceMs: null })

export const createSiteEvidence = (): SiteEvidence => ({
  updatedMs: 0,
  blasts: [],
  machinery: none(),
  bouts: 0,
  digging: none(),
  motor: none(),
  motorKw: 0,
  heating: none(),
  heatingKw: 0,
  together: none(),
  startsTogether: 0,
  slowMeter: false,
  machineryMs: 0,
  motorMs: 0,
  voidUntilMs: 0,
  voidReason: '',
})

/** Lets everything decay to a moment. */
export function ageEvidence(state: SiteEvidence, nowMs: number): void {
  const elapsed = nowMs - state.updatedMs
  if (elapsed <= 0) return
  state.updatedMs = nowMs
  for (const minutes of [state.machinery, state.digging, state.motor, state.heating, state.together]) {
    minutes.open = decayed(minutes.open, elapsed, FORGET_MS)
    minutes.covered = decayed(minutes.covered, elapsed, FORGET_MS)
    minutes.night = decayed(minutes.night, elapsed, FORGET_MS)
    if (minutes.open + minutes.covered < 0.05) minutes.sinceMs = null
  }
  state.startsTogether = decayed(state.startsTogether, elapsed, FORGET_MS)
  state.motorKw = decayed(state.motorKw, elapsed, FORGET_KW_MS)
  state.heatingKw = decayed(state.heatingKw, elapsed, FORGET_KW_MS)
  if (state.machinery.sinceMs === null) state.bouts = 0
  state.blasts = state.blasts.filter((blast) => nowMs - blast.atMs < 3 * BLAST_FORGET_MS)
}

/** The permit that runs at a moment, with the margins of a crew's coming and going. */
export const permitAt = (site: Site, atMs: number): Permit | null =>
  site.permits.find((permit) => atMs >= permit.from - PERMIT_MARGIN_MS && atMs <= permit.to + PERMIT_MARGIN_MS) ?? null

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

export function addBlast(state: SiteEvidence, blast: BlastEvidence, site: Site): void {
  const last = state.blasts.at(-1)
  if (last && Math.abs(blast.atMs - last.atMs) < SAME_ROUND_MS) {
    if (blast.probability > last.probability) state.blasts[state.blasts.length - 1] = blast
  } else pushBounded(state.blasts, blast, BLASTS_KEPT)
  voidPermit(state, blast, site)
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

/** What each cause adds in log-odds. */
export interface Contributions {
  readonly blasts: number
  readonly machinery: number
  readonly aroundBlast: number
  readonly digging: number
  readonly motor: number
  readonly heating: number
  readonly together: number
  readonly probes: number
}

export function weigh(
  state: SiteEvidence,
  { nowMs, probes, ratedKw }: { nowMs: number; probes: number; ratedKw: number },
  parameters: Parameters,
): Contributions {
  const voided = nowMs < state.voidUntilMs + FORGET_MS && state.voidUntilMs > 0
  const amount = (m: Minutes) => m.open + (voided ? m.covered : 0)
  const nightShare = (m: Minutes) => (m.open + m.covered > 0.1 ? Math.min(1, m.night / (m.open + m.covered)) : 0)
  const between = (day: number, night: number, share: number) => day + (night - day) * share
  const machinery = amount(state.machinery)
  const machineNight = nightShare(state.machinery)
  const blasts = weighBlasts(state, nowMs)
  const motor = amount(state.motor)
  const motorCeiling = motorWeight(state.motorKw, ratedKw)
  return {
    blasts,
    machinery: between(1.2, 2.5, machineNight) * ramp(machinery, 0.5, 5),
    // Machines before a blast and after it: a working cycle. By day, with a calm site, it is the quarry's.
    aroundBlast: between(0, 1.6, machineNight) * ramp(machinery, 3, 8) * ramp(blasts, 3.5, 5.5),
    digging: between(0.3, 0.8, nightShare(state.digging)) * saturated(amount(state.digging), 2),
    motor: between(0.85, 1, nightShare(state.motor)) * motorCeiling * saturated(motor, 1),
    heating: between(0.4, 1, nightShare(state.heating)) * saturated(amount(state.heating), 5),
    together: togetherCeiling(state) * saturated(amount(state.together), 1.3),
    probes: isNight(nowMs, parameters) || voided ? probes : 0.7 * probes,
  }
}

/**
 * Machines and load at the same time may be chance (a neighbour's machine, a forgotten pump); machines that start when
 * a motor starts are that motor.
 */
const togetherCeiling = ({ slowMeter, startsTogether }: SiteEvidence): number =>
  slowMeter ? 4 : 1.5 + 3.5 * Math.min(1, startsTogether)

/**
 * What unexplained motors can say at most: a kilowatt or two may be a forgotten tool, tens of kilowatts and many times
 * what is registered are a compressor and a winch.
 */
const motorWeight = (kw: number, ratedKw: number): number =>
  3.5 +
  (ratedKw === 0 ? 0.5 : 0) +
  3.5 * ramp(Math.log2(Math.max(kw, 0.5)), 0, 3) +
  1.5 * ramp(kw, 10, 25) * ramp(kw / Math.max(ratedKw, 1), 2, 5)

/** The first blast says most; by day a lawful quarry is a likely other cause. */
function weighBlasts(state: SiteEvidence, nowMs: number): number {
  const weights = state.blasts
    .map((b) => decayed(blastWeight(b), nowMs - b.atMs, BLAST_FORGET_MS))
    .sort((a, b) => b - a)
  return Math.min(
    10,
    weights.reduce((sum, weight, i) => sum + weight * (i === 0 ? 6.5 : 3), 0),
  )
}

/** Surer if it is strong: a weak one may have come from anywhere. */
const blastWeight = (b: BlastEvidence): number =>
  ramp(b.probability, 0.4, 0.95) * (b.night ? 1 : 0.6) * (b.air ? 1.1 : 1) * (0.5 + 0.5 * ramp(b.snrDb, 16, 24))
