/** The site's state at a moment, as a finding where it changed. */
import type { Finding, OrderGrade, Reason, StateFinding } from '@minewarden/protocol/finding.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { logistic } from './evidence.ts'
import { isNewlyRaised, raisedReason } from './learning/raised-background.ts'
import { orderGradeOf } from './order-grade.ts'
import { permitAt } from './permits.ts'
import { OFFLINE_COUNTS_MS, probeEvidence, probeWeight } from './probe-evidence.ts'
import { reason } from './reasons.ts'
import { isBlind, lastHeardMs, silentKinds } from './sensor-silence.ts'
import { type SiteContext, startsSince } from './site-context.ts'
import { blastAlone, cameraAlone, independentKinds, nextState, reasonsFor } from './site-opinion.ts'

/** Motor starts are counted over an hour. */
const STARTS_MS = 3_600_000
/** A single round of shots keeps so far below what reopens a site. */
const BLAST_ALONE_BELOW = 0.5
const LEAST_PROBE_WEIGHT = 0.1
/** Both are asked at each reading, and hardly ever say anything. */
const NOTHING: readonly Finding[] = []
const STANDS = { takenBack: false }

/**
 * What changed at a moment: at most one finding.
 * @param nowMs time of the newest measurement
 * @param options.takenBack evidence was taken back: the state is not held up by having been higher
 */
export function opinionOf(context: SiteContext, nowMs: number, { takenBack } = STANDS): readonly Finding[] {
  const { state, believer, parameters } = context
  countProbes(context, nowMs)
  // What proved to be from elsewhere leaves nothing behind; a reopened site stays so by its own rule.
  const present = takenBack && state.state !== 'reopened' ? 'sealed' : state.state
  // Far below what any state asks for, as at nearly all readings, the odds say so without their logarithm.
  const calm = present === 'sealed' && believer.unlawfulOdds() < context.calmBelow
  const judged = calm
    ? 'sealed'
    : nextState(present, { mining: miningOf(context), unlawful: unlawfulOf(context) }, parameters)
  // A level that crept up hides what it was raised for: somebody should look.
  const raised = raisedReason(context)
  const next = raised && judged === 'sealed' ? 'watch' : judged
  // Nobody watched: calm is not to be concluded, and there is nothing to be alarmed by.
  if (state.blind) return NOTHING
  const changed = next !== state.state
  state.state = next
  if (next !== 'reopened') state.graded = false
  // Evidence that has become good enough for an order since the site was reopened is told, too.
  const graded = next === 'reopened' && !state.graded && gradeOf(context, nowMs).met
  if (!isNewlyRaised(context, raised) && !changed && !graded) return NOTHING
  state.graded ||= graded
  const silent = silentKinds(context, nowMs)
  const because = reasonsFor(believer.contributions, state.evidence, {
    probes: probeTroubles(context, nowMs),
    starts: startsSince(context, nowMs - STARTS_MS),
  })
  const known = raised ? [...because.filter(({ code }) => code !== 'calm'), raised] : because
  return [
    stateFinding(context, nowMs, miningOf(context), silent.length > 0 ? [...known, silence(context, silent)] : known),
  ]
}

/** A camera turned by the wind keeps just below what makes a site suspected. */
const CAMERA_ALONE_BELOW = 0.01

function miningOf({ state, believer, parameters }: SiteContext): number {
  const mining = believer.miningLogOdds()
  const alone = blastAlone(believer.contributions, state.evidence)
  return alone ? Math.min(mining, parameters.reopenedAt - BLAST_ALONE_BELOW) : mining
}

function unlawfulOf({ state, believer, parameters }: SiteContext): number {
  const unlawful = believer.unlawfulLogOdds()
  if (unlawful < parameters.suspectedAt) return unlawful
  const statuses = Object.values(state.probes).map(({ status }) => status)
  const alone = cameraAlone(believer.contributions, state.evidence, statuses)
  return alone ? parameters.suspectedAt - CAMERA_ALONE_BELOW : unlawful
}

/** Says once that nobody watches, and once that somebody does again. @param nowMs the clock, not a measurement */
export function silenceOf(context: SiteContext, nowMs: number): readonly Finding[] {
  const { state, believer } = context
  const blind = isBlind(context, nowMs)
  if (blind === state.blind) return NOTHING
  state.blind = blind
  if (!blind || state.state !== 'sealed') return NOTHING
  state.state = 'watch'
  return [stateFinding(context, nowMs, believer.miningLogOdds(), [silence(context, silentKinds(context, nowMs))])]
}

const silence = (context: SiteContext, kinds: readonly string[]): Reason =>
  reason('sensors-silent', { kinds: kinds.join(' '), since: isoTime(instant(lastHeardMs(context))) })

function stateFinding(context: SiteContext, nowMs: number, logOdds: number, because: Reason[]): StateFinding {
  const { site, state, believer } = context
  const { evidence } = state
  const { contributions } = believer
  return {
    kind: 'state',
    site: site.id,
    at: nowMs,
    state: state.state,
    probability: logistic(logOdds),
    because,
    independentKinds: independentKinds(contributions, evidence),
    orderGrade: gradeOf(context, nowMs),
    late: false,
  }
}

function gradeOf({ site, state, believer }: SiteContext, nowMs: number): OrderGrade {
  const { evidence, lateUntil } = state
  return orderGradeOf({
    contributions: believer.contributions,
    air: evidence.blasts.some((blast) => blast.air),
    motorKw: evidence.motorKw,
    ratedKw: Math.max(0, ...site.expectedLoads.map((load) => load.ratedW / 1000)),
    covered: permitAt(site, nowMs) !== null && nowMs > evidence.voidUntilMs,
    lateKinds: Object.entries(lateUntil).flatMap(([kind, untilMs]) => (nowMs < untilMs ? [kind] : [])),
  })
}

/** A probe's trouble counts once, an offline one when it has lasted. */
function countProbes({ state, believer }: SiteContext, nowMs: number): void {
  for (const key in state.probes) {
    const probe = state.probes[key]!
    const kind = probe.counted ? null : probeEvidence(probe.status)
    if (kind === null) continue
    if (kind === 'probeOffline' && nowMs - probe.sinceMs < OFFLINE_COUNTS_MS) continue
    probe.counted = true
    believer.observe(kind, believer.share(kind), 'probes')
  }
}

const probeTroubles = ({ state }: SiteContext, nowMs: number) =>
  Object.entries(state.probes)
    .map(([key, probe]) => {
      const now = probe.status !== 'online'
      const status = now ? probe.status : probe.leftStatus
      const sensor = key.slice(key.indexOf('/') + 1)
      return { sensor, status, sinceMs: now ? probe.sinceMs : probe.leftMs, weight: probeWeight(probe, nowMs) }
    })
    .filter((probe) => probe.weight > LEAST_PROBE_WEIGHT)
