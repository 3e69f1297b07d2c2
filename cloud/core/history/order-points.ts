/** Cut-off orders as points: each line of an order's story, and how many there are in which state. */
import type { Instant } from '@minewarden/protocol/time.ts'
import { ORDER_ENDS, ORDER_STATES, type OrderState, type OrderView } from '../ports.ts'
import type { FLEET_MEASUREMENTS } from './fleet-measurements.ts'
import type { FieldValues, HistoryPoint } from './measurement.ts'
import type { PlaceTags } from './places.ts'
import { fleetPoint } from './schema.ts'

const ENDS: ReadonlySet<OrderState> = new Set(ORDER_ENDS)
export const isOpen = ({ state }: Pick<OrderView, 'state'>): boolean => !ENDS.has(state)
/** Before it is carried out the end of validity counts. */
const BEFORE_EXECUTION: ReadonlySet<OrderState> = new Set([
  'drafted',
  'approved-once',
  'approved',
  'issued',
  'received',
  'accepted',
])
const isState = (what: string): what is OrderState => (ORDER_STATES as readonly string[]).includes(what)
const secondsFrom = (from: number, to: number): number => (to - from) / 1000

/** One point a line; lines of the same moment stand microseconds apart, in their order. */
export function orderPoints(order: OrderView, place: PlaceTags): HistoryPoint[] {
  return order.timeline.map(({ at, what }, i) =>
    fleetPoint(
      'order',
      at + (i % 1000) / 1000,
      { ...place, supplier: order.supplier, orderState: isState(what) ? what : 'other' },
      {
        order: order.id,
        sequence: order.sequence,
        what,
        sinceDraftS: secondsFrom(order.draftedAt, at),
        sinceIssueS: order.issuedAt === null || at < order.issuedAt ? null : secondsFrom(order.issuedAt, at),
        remainingS: secondsFrom(at, order.validUntil),
      },
    ),
  )
}

/** The orders of one county with one power company; of none too, so that a panel shows zero. */
export function ordersPoint(
  orders: readonly OrderView[],
  { county, supplier }: { readonly county: string; readonly supplier: string },
  now: Instant,
): HistoryPoint {
  const count = (state: OrderState) => orders.filter((order) => order.state === state).length
  const states = Object.fromEntries(ORDER_STATES.map((state) => [state, count(state)])) as Record<OrderState, number>
  const waits = orders.flatMap(({ state, issuedAt }) =>
    state === 'issued' && issuedAt !== null ? [secondsFrom(issuedAt, now)] : [],
  )
  const remaining = orders.flatMap(({ state, validUntil }) =>
    BEFORE_EXECUTION.has(state) ? [secondsFrom(now, validUntil)] : [],
  )
  const fields: FieldValues<(typeof FLEET_MEASUREMENTS)['orders']> = {
    ...states,
    open: orders.filter(isOpen).length,
    longestWaitS: Math.max(0, ...waits),
    leastRemainingS: remaining.length > 0 ? Math.min(...remaining) : null,
  }
  return fleetPoint('orders', now, { county, supplier }, fields)
}
