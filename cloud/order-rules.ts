import type { CloudConfig } from './config.ts'
import type { OrderRules } from './core/orders/order.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** The times of a county's orders that its configuration sets; what it leaves out stays as it is by default. */
export const rulesOf = ({ orders }: Pick<CloudConfig, 'orders'>): Partial<OrderRules> => ({
  ...(orders.validityMinutes === undefined ? {} : { validityMs: orders.validityMinutes * MINUTE_MS }),
  ...(orders.evidenceMaxAgeMinutes === undefined ? {} : { evidenceMaxAgeMs: orders.evidenceMaxAgeMinutes * MINUTE_MS }),
  ...(orders.coolDownMinutes === undefined ? {} : { coolDownMs: orders.coolDownMinutes * MINUTE_MS }),
  ...(orders.selectTimeoutSeconds === undefined ? {} : { selectTimeoutMs: orders.selectTimeoutSeconds * 1000 }),
  ...(orders.watchHours === undefined ? {} : { watchMs: watchMsOf(orders.watchHours) }),
})

const watchMsOf = (hours: number | 'permanent') => (hours === 'permanent' ? null : hours * HOUR_MS)
