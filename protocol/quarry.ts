import { z } from 'zod'
import { CountyCode } from './ids.ts'
import { IsoTime } from './site.ts'

/** Days of the week as ISO 8601 counts them: 1 is Monday. */
const Weekday = z.number().int().min(1).max(7)

/** A quarry that may blast, and when: what is heard of it then is expected. */
export const LicensedQuarry = z.strictObject({
  name: z.string().min(1).max(200),
  county: CountyCode,
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  /** Its faces lie within this. */
  radiusKm: z.number().positive().max(20),
  /** The licence's term. */
  from: IsoTime,
  to: IsoTime,
  /** Local hours in which it may blast; `toHour` 24 is midnight. */
  windows: z
    .array(
      z
        .strictObject({
          days: z.array(Weekday).min(1).max(7),
          fromHour: z.number().min(0).max(24),
          toHour: z.number().min(0).max(24),
        })
        .refine(({ fromHour, toHour }) => fromHour < toHour, 'ends before it begins; over midnight are two windows'),
    )
    .max(64),
})
export type LicensedQuarry = z.infer<typeof LicensedQuarry>
