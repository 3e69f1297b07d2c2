import type { OrderId, SupplierId } from '@minewarden/protocol/ids.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import { type RetryRules, retryWaits } from '../core/orders/retry.ts'
import type { Logger, OrderAdapter } from '../core/ports.ts'

/** A signed document on its way: the order itself, its withdrawal, a restoration. */
export interface Parcel {
  readonly supplier: SupplierId
  /** The idempotency key. */
  readonly key: OrderId
  readonly jws: string
}

export interface DeliveryDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly adapter: OrderAdapter
  readonly retry: RetryRules
  readonly random: () => number
  /** What is to be delivered for an order now; `null`: nothing (any more). */
  readonly parcelOf: (id: OrderId) => Promise<Parcel | null>
  readonly onAnswer: (supplier: SupplierId, jws: string) => Promise<unknown>
  readonly onProblem: (id: OrderId, problem: string) => Promise<unknown>
}

/**
 * Hands signed documents over: again and again until there is nothing to hand over any more, which is for the order to
 * say (a signed receipt, its time). One task an order, so bounded by the open orders. Sending twice is safe: the
 * supplier knows a document by its order's id.
 */
export function createOrderDelivery(deps: DeliveryDeps) {
  const { clock, logger, adapter, retry, random, parcelOf, onAnswer, onProblem } = deps
  const stop = new AbortController()
  const running = new Map<OrderId, Promise<void>>()

  const attempt = async (id: OrderId, { supplier, key, jws }: Parcel): Promise<void> => {
    const delivery = await adapter.deliver(supplier, key, jws, stop.signal)
    if (delivery.kind === 'failed') return void (await onProblem(id, delivery.reason))
    for (const answer of delivery.answers) {
      await onAnswer(supplier, answer).catch((error) => onProblem(id, `its receipt was refused: ${error.message}`))
    }
  }

  const deliver = async (id: OrderId): Promise<void> => {
    for (const wait of retryWaits(retry, random)) {
      const parcel = await parcelOf(id)
      if (parcel === null) return
      await attempt(id, parcel)
      if ((await parcelOf(id)) === null) return
      await clock.sleep(wait, stop.signal)
    }
  }

  return {
    /** Begins for an order; one that is already under way goes on. */
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
