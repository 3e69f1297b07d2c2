import type { OrderId } from '@minewarden/protocol/ids.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import type { GateFacts } from '../core/orders/gates/gate.ts'
import type { Order } from '../core/orders/order.ts'
import type { OrderInput } from '../core/orders/step.ts'
import { awaitsVeto } from '../core/orders/veto.ts'

/**
 * How long each veto window has run without a break, by the monotonic clock of this process: a stop of the fleet
 * manager or a clock that is set begins it anew. Bounded by the open orders.
 */
export function createVetoRuns(clock: Pick<Clock, 'monotonic'>) {
  const begun = new Map<OrderId, number>()
  return {
    /** What is to be asked of the order now; `null`: nothing. */
    inputFor(order: Order, facts: GateFacts): OrderInput | null {
      if (!awaitsVeto(order)) {
        begun.delete(order.id)
        return null
      }
      const since = begun.get(order.id)
      return since === undefined
        ? { kind: 'veto-begins', facts }
        : { kind: 'veto-ends', facts, ranMs: clock.monotonic() - since }
    },
    /** The window was written down: it runs from here. */
    began: (id: OrderId): void => void begun.set(id, clock.monotonic()),
  }
}
