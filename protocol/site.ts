import { z } from 'zod'
import { ProtectedObject } from './blast-limits.ts'
import { AreaCode, CountyCode, GatewayId, SensorId, SensorKind, SiteId, SupplierId, SupplyPointId } from './ids.ts'
import { parseIsoTime } from './time.ts'

/** ISO 8601 with offset, read into an Instant. */
export const IsoTime = z.string().transform((text, context) => {
  const at = parseIsoTime(text)
  if (at !== null) return at
  context.addIssue({ code: 'custom', message: `not an ISO 8601 time with offset: ${text}` })
  return z.NEVER
})

export const ExpectedLoad = z.strictObject({ name: z.string().min(1), ratedW: z.number().positive() })
export type ExpectedLoad = z.infer<typeof ExpectedLoad>

/** Lawful work at a site for a bounded time. */
export const Permit = z.strictObject({ reason: z.string().min(1), from: IsoTime, to: IsoTime })
export type Permit = z.infer<typeof Permit>

/** What hangs below a supply point decides how it may be cut (`domain`: A shows nothing life-safety; unknown is C). */
export const LoadClass = z.enum(['A', 'B', 'C'])

/** What is known of the line behind a supply point: `tapped` and `borrowed` lines feed more than the register shows. */
export const TOPOLOGIES = ['surveyed', 'unknown', 'tapped', 'borrowed'] as const

/** Others who live by the same supply point: never named, for a patient at home is nobody's business. */
export const ImportantUser = z.strictObject({
  kind: z.enum(['medical', 'water', 'communication', 'other']),
  /** How it is supplied while the point is cut; `null`: not provided for. */
  provision: z.string().trim().min(1).max(200).nullable(),
})

/** Where a supplier can cut a site's power. */
export const SupplyPoint = z.strictObject({
  id: SupplyPointId,
  supplier: SupplierId,
  /** 户号 */
  customerNumber: z.string().min(1),
  /** Line and pole, or transformer district. */
  location: z.string().min(1),
  method: z.enum(['remote-switch', 'feeder-breaker', 'drop-out-fuse', 'jumper', 'meter-removal']),
  loadClass: LoadClass,
  loads: z.array(z.string()),
  /** Date of the signed single-line survey; class A is only believed with one. */
  surveyedOn: z.iso.date().nullable(),
  /** A class is only believed of a surveyed line. */
  topology: z.enum(TOPOLOGIES).default('unknown'),
  residents: z.boolean(),
  importantUsers: z.array(ImportantUser).max(16).default([]),
  /** The site's meter that shows what this point supplies. */
  meter: z.strictObject({ gateway: GatewayId, sensor: SensorId }).nullable(),
})
export type SupplyPoint = z.infer<typeof SupplyPoint>

export const SiteSensor = z.strictObject({ gateway: GatewayId, id: SensorId, kind: SensorKind })

/** Everything that is registered of a site; the file that the fleet manager's configuration and a recording both fill. */
export const Site = z.strictObject({
  id: SiteId,
  name: z.string().min(1),
  county: CountyCode,
  township: AreaCode.optional(),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  closedOn: z.iso.date().nullable(),
  area: z.enum(['key', 'general']),
  /** The most delicate thing near by, which blasts are held against; the strictest row where it is not said. */
  protectedObject: ProtectedObject.optional(),
  /** Who runs or ran it, as the law's 当事人; absent: not known. */
  operator: z.string().trim().min(1).max(200).optional(),
  /** `coal`, or another mineral; some law is for coal alone. */
  mineral: z.string().trim().min(1).max(32).optional(),
  /** Code of the legal basis of its orders, where it is not the county's usual one. */
  legalBasis: z.string().min(1).max(64).optional(),
  /** Between the siren and the cut of anything but class A; 120 where it is not said. */
  evacuationDelayMinutes: z
    .number()
    .min(30)
    .max(24 * 60)
    .optional(),
  expectedLoads: z.array(ExpectedLoad),
  permits: z.array(Permit),
  sensors: z.array(SiteSensor),
  supplyPoints: z.array(SupplyPoint),
})
export type Site = z.infer<typeof Site>
