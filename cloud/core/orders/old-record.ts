import { NO_LAW } from '../law/record.ts'
import type { Order } from './order.ts'
import { NOTHING_KNOWN } from './people.ts'

/** What an order's record did not have from the beginning; it is filled in when an older one is read. */
const LATER = {
  legal: NO_LAW,
  people: NOTHING_KNOWN,
  stopped: null,
  permissions: [],
  lapsedAt: null,
  effect: null,
  watch: null,
  restoration: null,
} as const satisfies Partial<Order>

/** An order from its record (JSON that we wrote and that the audit log vouches for). */
export function orderOfRecord(record: string): Order {
  const order = { ...LATER, ...(JSON.parse(record) as Order) }
  // These two were ends before there was a watch.
  const wasEnd = order.endedAt !== null && (order.state === 'effect-verified' || order.state === 'ineffective')
  return wasEnd ? { ...order, state: 'closed' } : order
}
