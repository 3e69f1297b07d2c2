import { z } from 'zod'
import { CountyCode, OrderId, SiteId, SupplierId, UserId } from './ids.ts'
import { Approval, DocumentTime, MAX_SUPPLY_POINTS, OrderedPoint, Sha256 } from './order.ts'

/**
 * The document by which power comes back: nothing else restores it. Its fields follow the notice of restoration that
 * counties serve on paper (恢复供电通知书). The supplier deals with it as with a cut-off: it answers, selects each supply
 * point, asks for the permission, and operates; what it operates is the permission to close, never the close itself.
 */
const Text = z.string().min(1).max(500)

/** Gas at one place, as two people measured it. Volume percent, but for CO and NO2 in ppm. */
export const GasReading = z.strictObject({
  /** `switch`: within 20 m of a motor or switch; `local-fan`: within 10 m of a local fan or its switch; `stopped-zone`: where ventilation stood still. */
  place: z.enum(['switch', 'local-fan', 'stopped-zone']),
  where: Text,
  methanePercent: z.number().min(0).max(100),
  carbonDioxidePercent: z.number().min(0).max(100).nullable(),
  oxygenPercent: z.number().min(0).max(100).nullable(),
  carbonMonoxidePpm: z.number().min(0).max(1_000_000).nullable(),
  nitrogenDioxidePpm: z.number().min(0).max(1_000_000).nullable(),
})
export type GasReading = z.infer<typeof GasReading>
export const MAX_GAS_READINGS = 64

/** A gas check before a stage, signed by who measured and by who recorded it. */
export const GasCheck = z.strictObject({
  /** Of the restoration's stages, from 1. */
  stage: z.number().int().min(1).max(3),
  measuredAt: DocumentTime,
  measuredBy: Text,
  witness: Text,
  readings: z.array(GasReading).min(1).max(MAX_GAS_READINGS),
  recordedBy: UserId,
  recordedAt: DocumentTime,
})
export type GasCheck = z.infer<typeof GasCheck>

/** Points that come back together, once the stage before has. */
export const RestorationStage = z.strictObject({
  stage: z.number().int().min(1).max(3),
  /** `ventilation`: what life hangs on comes back first. */
  kind: z.enum(['ventilation', 'underground', 'surface']),
  supplyPoints: z.array(OrderedPoint).min(1).max(MAX_SUPPLY_POINTS),
})
export type RestorationStage = z.infer<typeof RestorationStage>

/** What two officials approve. Its hash (canonical JSON, SHA-256) is what each approval names. */
export const RestorationContent = z.strictObject({
  id: OrderId,
  issuer: z.strictObject({ id: z.string().min(1).max(64), name: Text, county: CountyCode }),
  site: z.strictObject({ id: SiteId, name: Text, latitude: z.number(), longitude: z.number() }),
  supplier: SupplierId,
  action: z.literal('restore'),
  drill: z.literal(false),
  /** The cut-off that is lifted. */
  cutOff: z.strictObject({ order: OrderId, orderSha256: Sha256 }),
  /** Which gases must be told before each stage. */
  mine: z.enum(['coal', 'non-coal']),
  /** 当事人 */
  subject: Text,
  /** 停电时间 */
  stopPowerTime: DocumentTime,
  /** 责令采取的措施 */
  measures: Text,
  /** 措施履行时间 */
  measuresMetAt: DocumentTime,
  /** 恢复供电时间 */
  restoreTime: DocumentTime,
  /** 恢复供电内容 */
  restoreContent: Text,
  /** A person at the switch closes it (1BH, arm); a direct close is never asked for. */
  method: z.literal('close-permitted'),
  stages: z.array(RestorationStage).min(1).max(3),
  draftedAt: DocumentTime,
  /** Never carried out at or after this time. */
  validUntil: DocumentTime,
})
export type RestorationContent = z.infer<typeof RestorationContent>

/** The restoration as it is signed and sent. */
export const RestorationOrder = z.strictObject({
  type: z.literal('restoration-order'),
  version: z.literal(1),
  order: RestorationContent,
  orderSha256: Sha256,
  approvals: z.array(Approval).min(2).max(8),
  issuedAt: DocumentTime,
})
export type RestorationOrder = z.infer<typeof RestorationOrder>
