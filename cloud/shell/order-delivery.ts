import type { OrderId, SupplierId } from '@minewarden/protocol/ids.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import type { Order } from '../core/orders/order.ts'
import { type RetryRules, retryWaits } from '../core/orders/retry.ts'
import type { Logger, OrderAdapter } from '../core/ports.ts'

export interface DeliveryDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly adapter: OrderAdapter
  readonly retry: RetryRules
  readonly random: () => number
  /** The order as it is now. */
  readonly orderOf: (id: OrderId) => Order | null
  readonly onAnswer: (supplier: SupplierId, jws: string) => Promise<unknown>
  readonly onProblem: (id: OrderId, problem: string) => Promise<unknown>
}

/**
 * Hands issued orders over: again and again until a signed receipt is there, never at or after `validUntil`. One task
 * an order, so bounded by the open orders. Sending twice is safe: the supplier knows an order by its id.
 */
export function createOrderDelivery(deps: DeliveryDeps) {
  const { clock, logger, adapter, retry, random, orderOf, onAnswer, onProblem } = deps
  const stop = new AbortController()
  const running = new Map<OrderId, Promise<void>>()

  const attempt = async ({ id, supplier }: Order, jws: string): Promise<void> => {
    const delivery = await adapter.deliver(supplier, id, jws, stop.signal)
    if (delivery.kind === 'failed') return void (await onProblem(id, delivery.reason))
    for (const answer of delivery.answers) {
      await onAnswer(supplier, answer).catch((error) => onProblem(id, `its receipt was refused: ${error.message}`))
    }
  }

  const deliver = async (id: OrderId): Promise<void> => {
    for (const wait of retryWaits(retry, random)) {
      const order = orderOf(id)
      if (order?.state !== 'issued' || order.jws === null || clock.now() >= order.validUntil) return
      await attempt(order, order.jws)
      if (orderOf(id)?.state !== 'issued') return
      await clock.sleep(wait, stop.signal)
    }
  }

  return {
    /** Begins for an issued order; one that is already under way goes on. */
    begin(id: OrderId): void {
      if (running.has(id) || stop.signal.aborted) return
      const task = deliver(id)
        .catch((error) => {
          // Begun again at the next tick: only a stop ends the delivery of an issued order.
          if (!stop.signal.aborted) logger.error({ order: id, error: String(error) }, 'delivery was interrupted')
        })
        .finally(() => running.delete(id))
      running.set(id, task)
    },
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort()
      await Promise.all(running.values())
    },
  }
}
