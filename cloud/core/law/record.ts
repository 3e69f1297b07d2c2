import type { Approval } from '@minewarden/protocol/order.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { Calendar } from './calendar.ts'
import type { Basis, IssuerKind, LawRules, StepCode } from './rules.ts'

/** A person who records: always a signed-in one. */
export interface Recorder {
  readonly user: string
  readonly name: string
  readonly department: string
  readonly role: Approval['role'] | 'legal-reviewer'
}

/** Somebody named in a document. */
export interface NamedPerson {
  readonly name: string
  /** 执法证号, where the step asks for it. */
  readonly certificate: string | null
}

/** What a person records of a legal step. */
export interface StepEntry {
  readonly step: StepCode
  readonly number: string | null
  /** When it was done: served, heard, decided. */
  readonly at: Instant
  readonly people: readonly NamedPerson[]
  readonly details: Readonly<Record<string, string>>
  /** The time of the stop that the decision names (停止供电时间); only there. */
  readonly stopAt: Instant | null
  readonly note: string
  /** SHA-256 of the scanned document. */
  readonly attachmentSha256: string | null
}

export interface LegalStep extends StepEntry {
  readonly by: Recorder
  readonly recordedAt: Instant
  /** The order that it was recorded for, when it was taken over from one before. */
  readonly from: string | null
}

/** 危及生产安全的紧急情形, decided by a head: waives the notice, the night and the holiday. */
export interface LegalWaiver {
  readonly number: string
  readonly at: Instant
  /** Which emergency. */
  readonly danger: string
  /** Why it cannot wait. */
  readonly reason: string
  readonly by: Recorder
}

/** 现场核查: what a named person saw on site, which stands beside what sensors say. */
export interface Sighting {
  readonly at: Instant
  readonly person: string
  readonly unit: string
  /** What was seen. */
  readonly saw: string
  readonly by: Recorder
}

/**
 * The legal side of an order: the law that it is judged by, as it was at the draft, and what was done. Plain data; its
 * hash is part of what an approver signs.
 */
export interface LegalRecord {
  readonly rulesVersion: string
  /** `null`: no law of this name was known at the draft. */
  readonly basis: Basis | null
  readonly calendar: Calendar
  readonly stepMaxAgeDays: number
  readonly waiverHours: number
  readonly issuerKind: IssuerKind
  /** The competent department, whose head must be among the approvers. */
  readonly department: string
  /** 当事人; `null`: not known. */
  readonly operator: string | null
  readonly mineral: string | null
  readonly steps: readonly LegalStep[]
  readonly waiver: LegalWaiver | null
  readonly sighting: Sighting | null
}

/** Of an order from before there was law as data: nothing stands behind it, and no gate of the law is green. */
export const NO_LAW: LegalRecord = {
  rulesVersion: 'none',
  basis: null,
  calendar: { utcOffsetHours: 8, night: { fromHour: 22, toHour: 6, source: 'none' }, holidays: [] },
  stepMaxAgeDays: 1,
  waiverHours: 1,
  issuerKind: 'county-government',
  department: '',
  operator: null,
  mineral: null,
  steps: [],
  waiver: null,
  sighting: null,
}

export interface LegalFacts {
  readonly law: LawRules
  readonly basis: string
  readonly issuerKind: IssuerKind
  readonly department: string
  readonly operator: string | null
  readonly mineral: string | null
}

/** The record of a new draft: the law of this day, nothing done. */
export const emptyRecord = ({ law, basis, ...facts }: LegalFacts): LegalRecord => ({
  rulesVersion: law.version,
  basis: law.bases.find(({ code }) => code === basis) ?? null,
  calendar: { utcOffsetHours: law.utcOffsetHours, night: law.night, holidays: law.holidays },
  stepMaxAgeDays: law.stepMaxAgeDays,
  waiverHours: law.waiverHours,
  ...facts,
  steps: [],
  waiver: null,
  sighting: null,
})
