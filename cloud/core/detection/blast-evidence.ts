/** What a blast says of the site: once for each round, by how sure and how strong it was. */
import { isNight } from './calendar.ts'
import { isAirWave } from './event-class.ts'
import type { JudgedEvent, SettledEvent } from './event-judge.ts'
import { ramp } from './evidence.ts'
import type { EvidenceKind } from './filter/rates.ts'
import { onsetOf } from './findings.ts'
import type { SiteContext } from './site-context.ts'
import { addBlast, type BlastEvidence, removeBlast } from './site-evidence.ts'

const LEAST_PROBABILITY = 0.3

export function takeBlast({ site, parameters, state, believer }: SiteContext, event: JudgedEvent): void {
  if (event.class !== 'blast' || event.scores.blast < LEAST_PROBABILITY) return
  const { evidence } = state
  const atMs = onsetOf(event)
  const blast: BlastEvidence = {
    atMs,
    probability: event.scores.blast,
    snrDb: event.fields.snrDb ?? 0,
    night: isNight(atMs, parameters),
    air: isAirWave(event.context.air),
  }
  const { voidUntilMs } = evidence
  const before = addBlast(evidence, blast, site)
  if (evidence.voidUntilMs > voidUntilMs) {
    // What the permit covered counts, then: the present load as if it had just come on.
    believer.forgetSeen()
    state.loads = {}
  }
  if (before && blast.probability <= before.probability) return
  if (before) believer.observe(kindOf(before), -amountOf(before), 'blasts')
  believer.observe(kindOf(blast), amountOf(blast), 'blasts')
}

/** A blast that counted has proved to have been elsewhere: what it said is taken back, what its round else had stays. */
export function retractBlast({ site, state, believer }: SiteContext, event: SettledEvent): void {
  if (event.class !== 'blast') return
  const removed = removeBlast(state.evidence, onsetOf(event), site)
  if (!removed) return
  believer.observe(kindOf(removed), -amountOf(removed), 'blasts')
  if (removed.other) believer.observe(kindOf(removed.other), amountOf(removed.other), 'blasts')
}

const kindOf = ({ air, probability, snrDb }: BlastEvidence): EvidenceKind => {
  if (air && probability >= 0.75) return 'blastNear'
  if (probability >= 0.85 && snrDb >= 24) return 'blastStrong'
  return probability >= 0.7 && snrDb >= 18 ? 'blastMedium' : 'blastWeak'
}

const amountOf = ({ probability }: BlastEvidence): number => ramp(probability, LEAST_PROBABILITY, 0.85)
