import { z } from 'zod'

/** What may stand in an MQTT topic level of ours: no `/`, `+`, `#`, no blank, at most 64 characters. */
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const token = (what: string) => z.string().regex(TOKEN, `${what}: letters, digits, '.', '_', '-', at most 64`)

/** GB/T 2260 code of a county (6 digits), or its extension to townships (9) and villages (12). */
export const AreaCode = z.string().regex(/^\d{6}(\d{3}){0,2}$/, 'area code: 6, 9 or 12 digits of GB/T 2260')
/** Six digits: the Sparkplug group. */
export const CountyCode = z
  .string()
  .regex(/^\d{6}$/, 'county code: 6 digits of GB/T 2260')
  .brand('CountyCode')
export const SiteId = token('site id').brand('SiteId')
export const GatewayId = token('gateway id').brand('GatewayId')
export const SensorId = token('sensor id').brand('SensorId')
export const OrderId = token('order id').brand('OrderId')
export const SupplierId = token('supplier id').brand('SupplierId')
export const SupplyPointId = token('supply point id').brand('SupplyPointId')
export const UserId = token('user id').brand('UserId')

export type AreaCode = z.infer<typeof AreaCode>
export type CountyCode = z.infer<typeof CountyCode>
export type SiteId = z.infer<typeof SiteId>
export type GatewayId = z.infer<typeof GatewayId>
export type SensorId = z.infer<typeof SensorId>
export type OrderId = z.infer<typeof OrderId>
export type SupplierId = z.infer<typeof SupplierId>
export type SupplyPointId = z.infer<typeof SupplyPointId>
export type UserId = z.infer<typeof UserId>

/** Sensor kinds, in the words of the glossary. */
export const SENSOR_KINDS = ['geophone', 'air-pressure', 'power-meter', 'camera-probe', 'enclosure'] as const
export const SensorKind = z.enum(SENSOR_KINDS)
export type SensorKind = z.infer<typeof SensorKind>

/** What a camera probe can say of itself. */
export const PROBE_STATUSES = ['online', 'offline', 'occluded', 'moved', 'dark', 'frozen', 'tampered'] as const
export const ProbeStatus = z.enum(PROBE_STATUSES)
export type ProbeStatus = z.infer<typeof ProbeStatus>
