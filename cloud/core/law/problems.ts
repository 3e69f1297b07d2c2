import { foldName } from '@minewarden/protocol/order.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { holidayAt, isNight, localDate } from './calendar.ts'
import type { LegalRecord, LegalStep, LegalWaiver, Sighting, StepEntry } from './record.ts'
import type { Demand } from './rules.ts'

/**
 * What the law still lacks, from the record alone and a moment. The record is believed in nothing: what was checked
 * when a step was recorded is checked again here, for a record may have been taken over or edited.
 */
export const LEGAL_PROBLEMS = [
  'no-record',
  'basis-not-yet',
  'basis-repealed',
  'basis-mineral',
  'basis-operator',
  'issuer-incompetent',
  'step-missing',
  'step-ahead',
  'step-old',
  'step-number',
  'step-number-twice',
  'step-people',
  'step-people-twice',
  'step-certificates',
  'step-detail',
  'step-before',
  'step-reviewer',
  'step-stop-time',
  'sighting-words',
  'sighting-old',
  'sighting-ahead',
  'waiver-words',
  'waiver-not-head',
  'waiver-ahead',
  'waiver-lapsed',
  'waiver-unlawful',
  'notice-missing',
  'notice-running',
  'night',
  'holiday',
  'holidays-unknown',
] as const
export type LegalProblemCode = (typeof LEGAL_PROBLEMS)[number]

export interface LegalProblem {
  readonly code: LegalProblemCode
  readonly values: Readonly<Record<string, string | number>>
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A stamp may lie this far ahead of our clock. */
export const MAX_AHEAD_MS = 60_000
/** Fewer letters than this say nothing. */
const MIN_WORDS = 6

const problem = (code: LegalProblemCode, values: LegalProblem['values'] = {}): LegalProblem => ({ code, values })
const when = (wrong: boolean, code: LegalProblemCode, values: LegalProblem['values'] = {}): LegalProblem[] =>
  wrong ? [problem(code, values)] : []

const stepOf = ({ steps }: LegalRecord, code: string): LegalStep | null =>
  steps.findLast(({ step }) => step === code) ?? null

/** Whether the basis is law on this day, and for this mine and this authority. */
export function basisProblems(
  { basis, calendar, mineral, operator, issuerKind }: LegalRecord,
  at: Instant,
): LegalProblem[] {
  if (!basis) return [problem('no-record')]
  const today = localDate(at, calendar)
  return [
    ...when(today < basis.inForceFrom, 'basis-not-yet', { basis: basis.code, from: basis.inForceFrom }),
    ...when(basis.inForceUntil !== null && today >= basis.inForceUntil, 'basis-repealed', {
      basis: basis.code,
      until: basis.inForceUntil ?? '',
    }),
    ...when(basis.minerals !== null && (mineral === null || !basis.minerals.includes(mineral)), 'basis-mineral', {
      basis: basis.code,
      mineral: mineral ?? '?',
    }),
    ...when(basis.operatorKnown && isBlank(operator), 'basis-operator', { basis: basis.code }),
    ...when(!basis.issuers.includes(issuerKind), 'issuer-incompetent', { basis: basis.code, issuer: issuerKind }),
  ]
}

const isBlank = (text: string | null): boolean => text === null || foldName(text) === ''

/** What is wrong with one step as it is, or would be, recorded. */
export function stepProblems(entry: StepEntry, demand: Demand, record: LegalRecord, at: Instant): LegalProblem[] {
  const { step } = entry
  return [
    ...when(!(entry.at <= at + MAX_AHEAD_MS), 'step-ahead', { step }),
    ...when(!(at - entry.at <= record.stepMaxAgeDays * DAY_MS), 'step-old', { step, days: record.stepMaxAgeDays }),
    ...when(demand.number && isBlank(entry.number), 'step-number', { step }),
    ...numberTwice(entry, record),
    ...peopleProblems(entry, demand),
    ...demand.details
      .filter((detail) => isBlank((Object.hasOwn(entry.details, detail) ? entry.details[detail] : null) ?? null))
      .map((detail) => problem('step-detail', { step, detail })),
    ...orderProblems(entry, demand, record),
    ...reviewerProblems(entry, record),
    ...when(entry.stopAt !== null && (step !== 'decision' || !(entry.stopAt >= entry.at)), 'step-stop-time', { step }),
  ]
}

/** One number names one document; but a decision and what stands in it (the rights) may share it. */
function numberTwice({ step, number }: StepEntry, { steps, waiver }: LegalRecord): LegalProblem[] {
  if (number === null || isBlank(number)) return []
  const others = [...steps.filter((other) => other.step !== step).map((other) => other.number), waiver?.number ?? null]
  return when(
    others.some((other) => other !== null && foldName(other) === foldName(number)),
    'step-number-twice',
    { step, number },
  )
}

function peopleProblems({ step, people }: StepEntry, demand: Demand): LegalProblem[] {
  const names = people.map(({ name }) => foldName(name))
  const certificates = people.map(({ certificate }) => foldName(certificate ?? ''))
  const named = new Set(names.filter((name) => name !== ''))
  return [
    ...when(named.size < demand.people, 'step-people', { step, needed: demand.people }),
    ...when(new Set(names).size < names.length, 'step-people-twice', { step }),
    ...when(
      demand.certificates &&
        (certificates.some((one) => one === '') || new Set(certificates).size < certificates.length),
      'step-certificates',
      { step },
    ),
  ]
}

/** A step is done after those that it rests on. */
function orderProblems({ step, at }: StepEntry, { after }: Demand, record: LegalRecord): LegalProblem[] {
  return after
    .filter((before) => record.basis?.demands.some((demand) => demand.step === before))
    .flatMap((before) => {
      const done = stepOf(record, before)
      return when(done !== null && at < done.at, 'step-before', { step, before })
    })
}

/** Who reviews is none of the officers. */
function reviewerProblems({ step, people }: StepEntry, record: LegalRecord): LegalProblem[] {
  if (step !== 'legal-review' && step !== 'officers') return []
  const others = stepOf(record, step === 'officers' ? 'legal-review' : 'officers')?.people ?? []
  const names = new Set(others.map(({ name }) => foldName(name)))
  return when(
    people.some(({ name }) => names.has(foldName(name))),
    'step-reviewer',
    { step },
  )
}

/** The steps that the law still lacks at a moment, and what is wrong with those recorded; empty when it is done. */
export function missingSteps(record: LegalRecord, at: Instant): LegalProblem[] {
  if (!record.basis) return [problem('no-record')]
  const urgent = isUrgent(record, at)
  return record.basis.demands.flatMap((demand) => {
    const done = stepOf(record, demand.step)
    if (done) return stepProblems(done, demand, record, at)
    return demand.waivable && urgent ? [] : [problem('step-missing', { step: demand.step })]
  })
}

/** What somebody saw longer ago than this says nothing of today. */
const SIGHTING_HOURS = 24

/** What is wrong with a person's word of what goes on at the site. */
export const sightingProblems = ({ at: seen, person, unit, saw }: Sighting, at: Instant): LegalProblem[] => [
  ...when(isBlank(person) || isBlank(unit) || foldName(saw).length < MIN_WORDS, 'sighting-words'),
  ...when(!(seen <= at + MAX_AHEAD_MS), 'sighting-ahead'),
  ...when(!(at - seen <= SIGHTING_HOURS * HOUR_MS), 'sighting-old', { hours: SIGHTING_HOURS }),
]

/** What is wrong with a waiver as it is, or would be, recorded. */
export function waiverProblems(waiver: LegalWaiver, record: LegalRecord, at: Instant): LegalProblem[] {
  const says = (text: string) => foldName(text).length >= MIN_WORDS
  return [
    ...when(record.basis === null || !record.basis.noticeWaivable, 'waiver-unlawful', {
      basis: record.basis?.code ?? '?',
    }),
    ...when(isBlank(waiver.number) || !says(waiver.danger) || !says(waiver.reason), 'waiver-words'),
    ...when(waiver.by.role !== 'head', 'waiver-not-head'),
    ...when(!(waiver.at <= at + MAX_AHEAD_MS), 'waiver-ahead'),
    ...when(!(at - waiver.at <= record.waiverHours * HOUR_MS), 'waiver-lapsed', { hours: record.waiverHours }),
    ...record.steps.flatMap(({ step, number }) =>
      when(number !== null && foldName(number) === foldName(waiver.number), 'step-number-twice', {
        step,
        number: waiver.number,
      }),
    ),
  ]
}

/** Whether an emergency is declared, completely and not too long ago. */
export const isUrgent = (record: LegalRecord, at: Instant): boolean =>
  record.waiver !== null && waiverProblems(record.waiver, record, at).length === 0

/**
 * From when power may be stopped: the time that the decision names, and never before the notice period has run out
 * unless it is waived at `at`. `null`: the operator was not told, and nothing waives it.
 */
export function stopPowerTime(record: LegalRecord, at: Instant): Instant | null {
  if (!record.basis) return null
  const named = stepOf(record, 'decision')?.stopAt ?? null
  const told = stepOf(record, 'operator-notice')?.at ?? null
  const demanded = record.basis.demands.some(({ step }) => step === 'operator-notice')
  const from = (ms: number) => instant(Math.max(ms, named ?? ms))
  if (isUrgent(record, at) && record.waiver) return from(record.waiver.at)
  if (told !== null) return from(told + record.basis.noticeHours * HOUR_MS)
  return demanded ? null : from(stepOf(record, 'decision')?.at ?? at)
}

/** Why power may not be stopped at this very moment, for the notice that runs; empty when it may. */
export function noticeProblems(record: LegalRecord, at: Instant): LegalProblem[] {
  const from = stopPowerTime(record, at)
  if (from === null) return [problem('notice-missing', { hours: record.basis?.noticeHours ?? 24 })]
  return when(!(at >= from), 'notice-running', { at: isoTime(from) })
}

/** Why power may not be stopped at this hour; empty when it may, or when an emergency is declared. */
export function hourProblems(record: LegalRecord, at: Instant): LegalProblem[] {
  if (!record.basis) return [problem('no-record')]
  if (!record.basis.sparesNightAndHolidays || isUrgent(record, at)) return []
  const day = holidayAt(at, record.calendar)
  return [
    ...when(isNight(at, record.calendar), 'night', {
      from: record.calendar.night.fromHour,
      to: record.calendar.night.toHour,
    }),
    ...when(day === 'holiday', 'holiday', { date: localDate(at, record.calendar) }),
    ...when(day === 'year-unknown', 'holidays-unknown', { date: localDate(at, record.calendar) }),
  ]
}
