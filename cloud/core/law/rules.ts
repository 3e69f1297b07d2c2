import { z } from 'zod'

/**
 * Law as data: on what an order may rest, who may give one, which steps must have been taken, and when power may not
 * be stopped. A version of it is a whole; an order keeps the part that it was judged by. Nothing here is legal advice:
 * what carries `lawyer` has to be checked by the county's legal office before an order rests on it.
 */

const Words = z.strictObject({ zh: z.string().min(1).max(500), en: z.string().min(1).max(500) })
const Code = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words with hyphens')

/** Steps that a basis may demand, as the documents of counties name them. */
export const STEP_CODES = [
  /** 责令停产停业（停止施工、停止违法行为）决定书, served. */
  'stop-decision',
  /** 当事人拒不执行的现场检查记录. */
  'refusal',
  /** 有发生生产安全事故的现实危险, written down. */
  'danger',
  /** 予以关闭的决定 of the county's government. */
  'closure-decision',
  /** 难以查明违法主体: what was done to find one, and the public notice (公告). */
  'no-operator',
  /** 查封决定书 on what is used for the illegal mining. */
  'seizure',
  /** 用电检查结果: the supplier's or the power administration's own finding of 违章用电、转供电、窃电. */
  'supply-finding',
  /** 催告书. */
  'urging',
  /** 陈述和申辩, heard and answered. */
  'statement-heard',
  /** 法制审核. */
  'legal-review',
  /** Two officers, each with 执法证号. */
  'officers',
  /** 停止供电决定书 (TZGDJDS). */
  'decision',
  /** 复议机关 and 法院 named in the decision. */
  'rights',
  /** 停止供电通知书 to the supplier (TZGDTZS). */
  'notice',
  /** 送达回证 of the decision. */
  'service',
  /** The operator told ahead of the stop; its time begins the notice period. */
  'operator-notice',
] as const
export const StepCode = z.enum(STEP_CODES)
export type StepCode = z.infer<typeof StepCode>

/** What no county's file may leave out: without these there is no written, reviewed and served decision. */
export const CORE_STEPS = [
  'officers',
  'legal-review',
  'decision',
  'rights',
  'notice',
  'service',
] as const satisfies readonly StepCode[]

/** Kinds of authority that issue. */
export const ISSUER_KINDS = [
  'emergency-management',
  'coal-mine-safety',
  'natural-resources',
  'power-administration',
  'county-government',
] as const
export const IssuerKind = z.enum(ISSUER_KINDS)
export type IssuerKind = z.infer<typeof IssuerKind>

/** One step that a basis demands, and what its record must hold. */
export const Demand = z.strictObject({
  step: StepCode,
  /** Its document has a number. */
  number: z.boolean().default(false),
  /** So many different people are named in it. */
  people: z.number().int().min(0).max(4).default(0),
  /** Each of them with the number of the enforcement certificate (执法证号). */
  certificates: z.boolean().default(false),
  /** Further words that it must hold, such as `court`. */
  details: z.array(Code).max(8).default([]),
  /** Done only after these, where they are demanded too. */
  after: z.array(StepCode).max(STEP_CODES.length).default([]),
  /** May be left out while an urgent waiver stands. */
  waivable: z.boolean().default(false),
  source: z.string().min(1).max(300),
  /** The text, or that it applies here, must still be checked by a lawyer. */
  lawyer: z.boolean().default(true),
})
export type Demand = z.infer<typeof Demand>

export const Basis = z
  .strictObject({
    code: Code.max(64),
    name: Words,
    /** Local dates; `inForceUntil` is the first day on which it is law no more. */
    inForceFrom: z.iso.date(),
    inForceUntil: z.iso.date().nullable().default(null),
    /** Minerals that it is for; `null`: any. A site whose mineral is not registered fits only `null`. */
    minerals: z.array(z.string().min(1).max(32)).min(1).nullable().default(null),
    /** Rests on duties of an operator who is known. */
    operatorKnown: z.boolean(),
    issuers: z.array(IssuerKind).min(1),
    demands: z.array(Demand).min(1).max(STEP_CODES.length),
    /** Between the operator's notice and the stop. */
    noticeHours: z
      .number()
      .min(0)
      .max(30 * 24),
    /** Whether an emergency may waive the notice and, with it, what `waivable` names. */
    noticeWaivable: z.boolean(),
    /** Power is not stopped at night or on a statutory holiday unless an urgent waiver stands. */
    sparesNightAndHolidays: z.boolean().default(true),
    /** Open questions for the county's legal office. */
    lawyer: z.array(z.string().min(1).max(500)).max(16).default([]),
  })
  .superRefine(({ demands }, context) => {
    const steps = demands.map(({ step }) => step)
    for (const step of CORE_STEPS)
      if (!steps.includes(step)) context.addIssue({ code: 'custom', path: ['demands'], message: `${step} is missing` })
    if (new Set(steps).size < steps.length)
      context.addIssue({ code: 'custom', path: ['demands'], message: 'a step is demanded twice' })
  })
export type Basis = z.infer<typeof Basis>

/** Local hours; the night runs over midnight. */
export const NightRule = z.strictObject({
  fromHour: z.number().min(12).max(24),
  toHour: z.number().min(0).max(12),
  source: z.string().min(1).max(300),
})
export type NightRule = z.infer<typeof NightRule>

/** Holidays of one year. A year that is not listed is not known: every day of it is taken for a holiday. */
export const HolidayYear = z
  .strictObject({
    year: z.number().int().min(2020).max(2100),
    /** Announced by the State Council; otherwise only the days that the regulation itself fixes. */
    announced: z.boolean(),
    days: z.array(z.iso.date()).max(60),
    source: z.string().min(1).max(300),
  })
  .superRefine(({ year, days }, context) => {
    for (const [i, day] of days.entries())
      if (!day.startsWith(`${year}-`))
        context.addIssue({ code: 'custom', path: ['days', i], message: `${day} is not of ${year}` })
  })
export type HolidayYear = z.infer<typeof HolidayYear>

/** A whole version of the law as a county applies it. */
export const LawRules = z.strictObject({
  version: z.string().min(1).max(64),
  utcOffsetHours: z.number().min(-12).max(14),
  night: NightRule,
  holidays: z.array(HolidayYear).max(30),
  bases: z.array(Basis).min(1).max(64),
  /** A step that was done longer ago carries no order any more. */
  stepMaxAgeDays: z.number().int().min(1).max(3650),
  /** An emergency that was declared longer ago is none any more. */
  waiverHours: z.number().min(1).max(72),
})
export type LawRules = z.infer<typeof LawRules>
