/** From log-odds to a state with hysteresis, and the reasons for it. */
import type { Reason, SiteState } from '@minewarden/protocol/finding.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import type { Parameters } from './parameters.ts'
import { reason } from './reasons.ts'
import type { Contributions } from './site-belief.ts'
import type { SiteEvidence } from './site-evidence.ts'

/** What the filter says, in log-odds: of mining, and of mining or opening. */
export interface Opinion {
  readonly mining: number
  readonly unlawful: number
}

/** The state that follows, given the present one. */
export function nextState(present: SiteState, { mining, unlawful }: Opinion, parameters: Parameters): SiteState {
  const { watchAt, suspectedAt, reopenedAt, hysteresis } = parameters
  const keeps = (state: SiteState, at: number): number => (RANK[present] >= RANK[state] ? at - hysteresis : at)
  // A pause in the work does not close a mine: what was reopened stays so until it is not even suspected.
  if (mining >= (present === 'reopened' ? suspectedAt : reopenedAt)) return 'reopened'
  if (unlawful >= keeps('suspected', suspectedAt)) return 'suspected'
  return unlawful >= keeps('watch', watchAt) ? 'watch' : 'sealed'
}

const RANK: { readonly [S in SiteState]: number } = { sealed: 0, watch: 1, suspected: 2, reopened: 3 }

/**
 * One round of shots, however plain, may be a neighbour's: without anything else the site is suspected, unless the air
 * wave shows that it was near.
 */
export function blastAlone(c: Contributions, state: SiteEvidence): boolean {
  const others = c.machinery + c.drilling + c.generator + c.digging + c.motor + c.together + c.probes
  return c.blasts > INDEPENDENT && others < INDEPENDENT && state.blasts.length < 2 && !state.blasts.some((b) => b.air)
}

/** Statuses that wind, fog, spiders and lines bring about by themselves; nobody opens a camera by chance. */
const BY_ITSELF: readonly string[] = ['online', 'dark', 'offline', 'frozen', 'moved', 'occluded']

/** A camera's trouble, however likely with people about, is nobody's deed by itself: the site is watched, not suspected. */
export function cameraAlone(c: Contributions, state: SiteEvidence, statuses: readonly string[]): boolean {
  const others = c.machinery + c.drilling + c.generator + c.digging + c.motor + c.heating + c.together + c.blasts
  return (
    c.probes > others &&
    others < INDEPENDENT &&
    state.blasts.length === 0 &&
    statuses.every((status) => BY_ITSELF.includes(status))
  )
}

/** A cause this strong is evidence of its own. */
const INDEPENDENT = 1

/** Sensor kinds with evidence of their own. */
export function independentKinds(c: Contributions, state: SiteEvidence): string[] {
  const kinds: string[] = []
  // Machines that run with the load are heard by the geophone as well.
  if (c.blasts + c.machinery + c.drilling + c.generator + c.digging + c.together / 2 >= INDEPENDENT)
    kinds.push('geophone')
  if (c.motor + c.heating >= INDEPENDENT) kinds.push('power-meter')
  if (c.probes >= INDEPENDENT) kinds.push('camera-probe')
  if (state.blasts.some((blast) => blast.air) && c.blasts >= INDEPENDENT) kinds.push('air-pressure')
  return kinds
}

export interface ProbeTrouble {
  readonly sensor: string
  readonly status: string
  readonly sinceMs: number
}

/** A motor that came on and stayed on. */
export interface MotorStart {
  readonly atMs: number
  readonly kw: number
}

const MOST_REASONS = 8
const LEAST_SAID = 0.4
const time = (ms: number | null): string => isoTime(instant(ms ?? 0))

/** Why, strongest first. */
export function reasonsFor(
  c: Contributions,
  state: SiteEvidence,
  { probes, starts }: { probes: readonly ProbeTrouble[]; starts: readonly MotorStart[] },
): Reason[] {
  const said: { weight: number; reason: Reason }[] = []
  const say = (weight: number, ...reasons: Reason[]) => {
    if (weight >= LEAST_SAID) said.push(...reasons.map((r, i) => ({ weight: weight - i / 100, reason: r })))
  }
  const blasts = [...state.blasts].sort((a, b) => b.probability - a.probability).slice(0, 3)
  for (const b of blasts) {
    const values = { at: time(b.atMs), probability: b.probability, snrDb: b.snrDb }
    say(c.blasts, reason(b.night ? 'blast-at-night' : 'blast', values))
  }
  const { machinery, digging, motor, heating, together } = state
  say(
    c.machinery,
    reason('machinery', { minutes: total(machinery), bouts: state.bouts, since: time(machinery.sinceMs) }),
  )
  say(c.drilling, reason('drilling', { hz: state.drillHz, bouts: state.drills, since: time(state.drillMs) }))
  say(c.generator, reason('generator', { hz: state.generatorHz, since: time(state.generatorMs) }))
  say(c.digging, reason('digging', { minutes: total(digging), since: time(digging.sinceMs) }))
  say(c.motor, reason('motor-load', { kw: state.motorKw, minutes: total(motor), since: time(motor.sinceMs) }))
  const first = starts[0]
  if (first && starts.length > 1) {
    const sizes = starts.map((start) => start.kw)
    const values = { fromKw: Math.min(...sizes), toKw: Math.max(...sizes), since: time(first.atMs) }
    say(c.motor - 0.005, reason('motor-starts', { count: starts.length, ...values }))
  }
  say(c.heating, reason('heating-load', { kw: state.heatingKw, minutes: total(heating) }))
  say(c.together, reason('machinery-with-load', { minutes: total(together) }))
  for (const p of probes) {
    say(c.probes, reason('probe-status', { sensor: p.sensor, status: p.status, since: time(p.sinceMs) }))
  }
  if (state.voidReason !== '' && said.length > 0) {
    say(0.5, reason('permit-void', { permit: state.voidReason, at: time(state.blasts.at(-1)?.atMs ?? null) }))
  }
  said.sort((a, b) => b.weight - a.weight)
  if (said.length === 0) return [reason('calm', { since: time(state.updatedMs) })]
  return said.slice(0, MOST_REASONS).map((s) => s.reason)
}

const total = (minutes: { open: number; covered: number }): number => minutes.open + minutes.covered
