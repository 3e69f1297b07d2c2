import { z } from 'zod'
import { KNOWN_STATUSES } from '../../../core/probes/online-rate.ts'
import type { PictureDocument, ProbesDocument } from '../../probe-documents.ts'
import { Count, Iso, IsoOrNull } from './fields.ts'

const Status = z.enum(KNOWN_STATUSES)
const counted = {
  total: Count,
  byStatus: z.record(Status, Count),
  onlinePercent: z.number().nullable(),
}
const Group = z.array(z.strictObject({ code: z.string(), ...counted }))

export const ProbesAnswer: z.ZodType<ProbesDocument> = z
  .strictObject({
    counts: z.strictObject({ all: z.strictObject(counted), counties: Group, townships: Group, areas: Group }),
    probes: z.array(
      z
        .strictObject({
          site: z.string(),
          siteName: z.string(),
          gateway: z.string(),
          sensor: z.string(),
          county: z.string(),
          township: z.string().nullable(),
          area: z.enum(['key', 'general']),
          status: Status,
          unknownBecause: z.enum(['gateway-away', 'not-heard']).nullable(),
          told: z
            .strictObject({
              status: Status,
              measuredAt: Iso,
              since: IsoOrNull,
              cause: z.string().nullable(),
              confidence: z.number().nullable(),
              clockOffsetS: z.number().nullable(),
            })
            .nullable(),
        })
        .meta({ id: 'Probe' }),
    ),
  })
  .meta({ id: 'Probes' })

export const PictureAnswer: z.ZodType<PictureDocument> = z
  .strictObject({
    request: z.string(),
    site: z.string(),
    gateway: z.string(),
    sensor: z.string(),
    by: z.string(),
    reason: z.string(),
    askedAt: Iso,
    takenAt: IsoOrNull,
    parts: Count,
    expected: Count.nullable(),
    refusal: z.string().nullable(),
  })
  .meta({ id: 'Picture' })
