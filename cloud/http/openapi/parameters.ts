import { GatewayId, OrderId, SensorId, SiteId, SupplierId, SupplyPointId, UserId } from '@minewarden/protocol/ids.ts'
import { Sha256 } from '@minewarden/protocol/order.ts'
import { StandingId } from '@minewarden/protocol/standing.ts'
import { z } from 'zod'

/** What stands for each `:name` of an address; a name means the same everywhere. */
export const PATH_PARAMETERS: { readonly [name: string]: z.ZodType } = {
  site: SiteId,
  order: OrderId,
  gateway: GatewayId,
  sensor: SensorId,
  supplier: SupplierId,
  user: UserId,
  point: SupplyPointId,
  standing: StandingId,
  sha256: Sha256,
  request: z.uuid(),
  replay: z.uuid(),
  number: z.number().int().min(1),
  passkey: z.string().min(1).max(1400),
}
