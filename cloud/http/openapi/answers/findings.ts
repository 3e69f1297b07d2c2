import { Attribution } from '@minewarden/protocol/attribution.ts'
import { ProtectedObject } from '@minewarden/protocol/blast-limits.ts'
import { BlastPeaks } from '@minewarden/protocol/blast-peaks.ts'
import { EventClass, SiteState, SUPPLY_FACTS } from '@minewarden/protocol/finding.ts'
import { z } from 'zod'
import { MARK_CAUSES, VERDICTS } from '../../../core/feedback/mark.ts'
import type { AfterCutDocument, EventDocument, FindingDocument, StateDocument } from '../../documents.ts'
import type { FalseAlarmsDocument } from '../../feedback-routes.ts'
import type { MarkDocument } from '../../mark-document.ts'
import { Count, Iso, Reasons } from './fields.ts'

const Probability = z.number().min(0).max(1)

/** What a person said of a finding. */
export const MarkAnswer: z.ZodType<MarkDocument> = z
  .strictObject({
    verdict: z.enum(VERDICTS),
    cause: z.enum(MARK_CAUSES).nullable(),
    note: z.string(),
    name: z.string(),
    at: Iso,
  })
  .meta({ id: 'Mark' })
const numbered = { number: Count.exactOptional(), mark: MarkAnswer.nullable().exactOptional() }

const Verdict = z.enum(['below', 'above', 'undecidable'])
const AxisJudgement = z.strictObject({ limitMmPerS: z.number(), share: z.number(), verdict: Verdict }).nullable()
const BlastAnswer = z
  .strictObject({
    limits: z.string(),
    object: ProtectedObject,
    axes: z.strictObject({ vertical: AxisJudgement, north: AxisJudgement, east: AxisJudgement }),
    air: z.strictObject({ limitPa: z.number(), share: z.number(), verdict: Verdict }).nullable(),
    share: z.number().nullable(),
    verdict: Verdict.nullable(),
  })
  .meta({ id: 'BlastJudgement' })

export const EventAnswer: z.ZodType<EventDocument> = z
  .strictObject({
    ...numbered,
    kind: z.literal('event'),
    site: z.string(),
    sensor: z.string(),
    onset: Iso,
    at: Iso,
    class: EventClass,
    probability: Probability,
    durationS: z.number(),
    peakVelocityMmPerS: z.number().nullable(),
    dominantFrequencyHz: z.number().nullable(),
    peaks: BlastPeaks.optional(),
    blast: BlastAnswer.exactOptional(),
    because: Reasons,
    attributed: Attribution.optional(),
    revised: z.literal(true).optional(),
    late: z.boolean(),
  })
  .meta({ id: 'EventFinding' })

const StateAnswer: z.ZodType<StateDocument> = z
  .strictObject({
    ...numbered,
    kind: z.literal('state'),
    site: z.string(),
    at: Iso,
    state: SiteState,
    probability: Probability,
    because: Reasons,
    independentKinds: z.array(z.string()),
    orderGrade: z
      .strictObject({ met: z.boolean(), kinds: z.array(z.string()), causes: z.array(z.string()), because: Reasons })
      .exactOptional(),
    late: z.boolean(),
  })
  .meta({ id: 'StateFinding' })

const AfterCutAnswer: z.ZodType<AfterCutDocument> = z
  .strictObject({
    ...numbered,
    kind: z.literal('after-cut'),
    site: z.string(),
    at: Iso,
    fact: z.enum(SUPPLY_FACTS),
    since: Iso,
    probability: Probability,
    afterCut: z.boolean(),
    because: Reasons,
    late: z.boolean(),
  })
  .meta({ id: 'AfterCutFinding' })

export const FindingAnswer: z.ZodType<FindingDocument> = z
  .union([EventAnswer, StateAnswer, AfterCutAnswer])
  .meta({ id: 'Finding' })

const alarmRow = {
  name: z.string(),
  found: Count,
  markedTrue: Count,
  markedFalse: Count,
  falseShare: z.number().nullable(),
  falsePerDay: z.number(),
}
export const FalseAlarmsAnswer: z.ZodType<FalseAlarmsDocument> = z
  .strictObject({
    from: Iso,
    to: Iso,
    complete: z.boolean(),
    all: z.strictObject(alarmRow),
    classes: z.array(z.strictObject({ ...alarmRow, kind: z.enum(['event', 'state', 'after-cut']) })),
    reasons: z.array(z.strictObject(alarmRow)),
  })
  .meta({ id: 'FalseAlarms' })
