import { z } from 'zod'

/** ISO 8601 in UTC, as the API writes every time. */
export const Iso = z.iso.datetime()
export const IsoOrNull = Iso.nullable()
export const Words = { zh: z.string(), en: z.string() }
/** What the detector or a gate has to say, worded and as data. */
export const ReasonAnswer = z
  .strictObject({ code: z.string(), values: z.record(z.string(), z.union([z.string(), z.number()])), ...Words })
  .meta({ id: 'Reason' })
export const Reasons = z.array(ReasonAnswer)
export const Count = z.number().int().min(0)
