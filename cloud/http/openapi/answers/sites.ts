import { ProtectedObject } from '@minewarden/protocol/blast-limits.ts'
import { SiteState } from '@minewarden/protocol/finding.ts'
import { READING_KINDS, type ReadingKind } from '@minewarden/protocol/reading.ts'
import { ExpectedLoad, SupplyPoint } from '@minewarden/protocol/site.ts'
import { z } from 'zod'
import { PARAMETER_NAMES, SiteParameters } from '../../../core/tuning/site-parameters.ts'
import type { SiteDocument, TraceDocument } from '../../documents.ts'
import type { ParametersDocument, ParameterVersionDocument, ReplayDocument } from '../../tuning-documents.ts'
import { Count, Iso, IsoOrNull, Reasons } from './fields.ts'
import { EventAnswer, FindingAnswer } from './findings.ts'

const GatewayAnswer = z
  .strictObject({
    id: z.string(),
    online: z.boolean(),
    since: IsoOrNull,
    lastReadingAt: IsoOrNull,
    sensors: z.array(
      z.strictObject({ id: z.string(), kind: z.string().nullable(), online: z.boolean(), state: z.string() }),
    ),
  })
  .meta({ id: 'Gateway' })

export const SiteAnswer: z.ZodType<SiteDocument> = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    state: SiteState,
    probability: z.number(),
    since: IsoOrNull,
    because: Reasons,
    county: z.string(),
    township: z.string().nullable(),
    latitude: z.number(),
    longitude: z.number(),
    area: z.enum(['key', 'general']),
    protectedObject: ProtectedObject.nullable(),
    closedOn: z.string().nullable(),
    expectedLoads: z.array(ExpectedLoad),
    permits: z.array(z.strictObject({ reason: z.string(), from: Iso, to: Iso })),
    supplyPoints: z.array(SupplyPoint),
    gateways: z.array(GatewayAnswer),
    lastEvent: EventAnswer.nullable(),
  })
  .meta({ id: 'Site' })

const KINDS = Object.keys(READING_KINDS) as [ReadingKind, ...ReadingKind[]]
export const TraceAnswer: z.ZodType<TraceDocument> = z
  .strictObject({
    gateway: z.string(),
    sensor: z.string(),
    kind: z.enum(KINDS),
    from: Iso,
    to: Iso,
    series: z.array(
      z.strictObject({
        field: z.string(),
        unit: z.string(),
        channel: z.string().nullable(),
        offsetsMs: z.array(z.number()),
        values: z.array(z.union([z.number(), z.string()]).nullable()),
      }),
    ),
  })
  .meta({ id: 'Trace' })

const named = <T extends z.ZodType>(each: T) =>
  z.strictObject(
    Object.fromEntries(PARAMETER_NAMES.map((name) => [name, each])) as Record<(typeof PARAMETER_NAMES)[number], T>,
  )
export const ParameterVersionAnswer: z.ZodType<ParameterVersionDocument> = z
  .strictObject({
    version: Count,
    parameters: SiteParameters,
    effectiveAt: Iso,
    reason: z.string(),
    name: z.string(),
    at: Iso,
  })
  .meta({ id: 'ParameterVersion' })
export const ParametersAnswer: z.ZodType<ParametersDocument> = z
  .strictObject({
    inForce: named(z.number()),
    county: named(z.number()),
    bounds: named(z.tuple([z.number(), z.number()])),
    versions: z.array(ParameterVersionAnswer),
  })
  .meta({ id: 'Parameters' })

const Counts = z.record(z.string(), Count)
const Tally = z.strictObject({ lost: Count, gained: Count, kept: Count, neither: Count })
export const ReplayAnswer: z.ZodType<ReplayDocument> = z
  .strictObject({
    id: z.string(),
    site: z.string(),
    from: Iso,
    to: Iso,
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    share: z.number(),
    failure: z.string().nullable(),
    result: z
      .strictObject({
        readings: Count,
        coversSpan: z.boolean(),
        coveredFrom: IsoOrNull,
        coveredTo: IsoOrNull,
        hoursCovered: z.number(),
        hours: z.number(),
        before: Counts,
        after: Counts,
        lostCount: Count,
        gainedCount: Count,
        lost: z.array(FindingAnswer),
        gained: z.array(FindingAnswer),
        marks: z.strictObject({ true: Tally, false: Tally }),
      })
      .nullable(),
  })
  .meta({ id: 'Replay' })
