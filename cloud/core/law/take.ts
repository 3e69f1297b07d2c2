import type { Instant } from '@minewarden/protocol/time.ts'
import { type LegalProblem, sightingProblems, stepProblems, waiverProblems } from './problems.ts'
import type { LegalRecord, LegalStep, LegalWaiver, Recorder, Sighting, StepEntry } from './record.ts'

/** What became of something that a person wanted to record. */
export type Recorded =
  | { readonly ok: true; readonly record: LegalRecord }
  | { readonly ok: false; readonly problems: readonly LegalProblem[] }

/**
 * Records a step, in place of what was recorded of it before. Refused is what the basis does not ask for, what lacks
 * something, lies ahead or too far back, or comes before what it rests on.
 */
export function takeStep(record: LegalRecord, entry: StepEntry, by: Recorder, now: Instant): Recorded {
  const demand = record.basis?.demands.find(({ step }) => step === entry.step)
  if (!demand) return { ok: false, problems: [{ code: 'no-record', values: { step: entry.step } }] }
  const problems = stepProblems(entry, demand, record, now)
  if (problems.length > 0) return { ok: false, problems }
  const step: LegalStep = { ...entry, by, recordedAt: now, from: null }
  const others = record.steps.filter((other) => other.step !== entry.step)
  return { ok: true, record: { ...record, steps: [...others, step] } }
}

/** Records what a person saw on site. */
export function takeSighting(record: LegalRecord, sighting: Sighting, now: Instant): Recorded {
  const problems = sightingProblems(sighting, now)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, record: { ...record, sighting } }
}

/** Records the emergency; only a head's, and only where the basis knows one. */
export function takeWaiver(record: LegalRecord, waiver: LegalWaiver, now: Instant): Recorded {
  const problems = waiverProblems(waiver, record, now)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, record: { ...record, waiver } }
}

/**
 * Takes over what was done before, for an order or for the site: facts of the world do not lapse with a draft that ran out. Only under
 * the same basis, for the same operator and by the same authority; the waiver never, for an emergency is declared anew.
 */
export function takeOver(record: LegalRecord, before: LegalRecord, order: string): LegalRecord {
  const same =
    record.basis !== null &&
    before.basis?.code === record.basis.code &&
    before.issuerKind === record.issuerKind &&
    before.department === record.department &&
    before.operator === record.operator
  if (!same) return record
  const demanded = new Set(record.basis?.demands.map(({ step }) => step))
  const taken = before.steps
    .filter(({ step }) => demanded.has(step))
    .map((step) => ({ ...step, from: step.from ?? order }))
  // Of one step the newer record counts.
  const isNewest = (one: LegalStep) =>
    !taken.some(({ step, recordedAt }) => step === one.step && recordedAt > one.recordedAt)
  const own = record.steps.filter(isNewest)
  return { ...record, steps: [...taken.filter(({ step }) => !own.some((one) => one.step === step)), ...own] }
}

/**
 * What of a site's own record still serves after an order went out at `issuedAt`: its decision was carried out, so that
 * the decision and all that followed from it must be new.
 */
export function unspent(record: LegalRecord, issuedAt: Instant): LegalRecord {
  const fromDecision = new Set<string>(
    (record.basis?.demands ?? [])
      .filter(({ step, after }) => step === 'decision' || after.includes('decision'))
      .map(({ step }) => step),
  )
  return {
    ...record,
    steps: record.steps.filter(({ step, recordedAt }) => !fromDecision.has(step) || recordedAt > issuedAt),
  }
}
