import type { OrderId, SiteId } from '@minewarden/protocol/ids.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { step } from '../core/orders/machine.ts'
import { isEnded, type Order, type OrderEvent } from '../core/orders/order.ts'
import type { OrderEffect, OrderInput } from '../core/orders/step.ts'
import { CloudError } from '../errors.ts'
import type { Records } from './records/database.ts'
import {
  insertOrder,
  lastSequence,
  loadOrders,
  noteAnswer,
  recordFact,
  type SeenAnswer,
  type StoredOrder,
  updateOrder,
} from './records/orders-repository.ts'

/** Orders held in memory: every open one, and the newest ended ones. Older ones stay in the records. */
const MAX_ORDERS_HELD = 1000

/** What a step brought: nothing new, or the order as it is now with the work that follows. */
export interface Taken {
  readonly stored: StoredOrder
  readonly changed: boolean
  readonly effects: readonly OrderEffect[]
}

/**
 * The orders in memory, never ahead of the records: a step is written first, shown afterwards. Calls are to be made one
 * after the other (the service queues them).
 */
export function createOrderBook(records: Records) {
  const held = new Map<string, StoredOrder>()
  /** Sites whose open order was edited: the database holds their place, and nothing else may be drafted for them. */
  const blocked = new Set<string>()
  let sequence = 0

  const keep = (stored: StoredOrder) => {
    held.set(stored.order.id, stored)
    for (const [id, { order }] of held) {
      if (held.size <= MAX_ORDERS_HELD) return
      if (isEnded(order.state)) held.delete(id)
    }
  }

  return {
    /** Reads the records; gives the ids of orders that somebody edited there, which are left alone. */
    async load(): Promise<readonly string[]> {
      held.clear()
      sequence = await lastSequence(records)
      const { orders, altered } = await loadOrders(records, MAX_ORDERS_HELD)
      for (const stored of orders.toReversed()) keep(stored)
      for (const { site, open } of altered) if (open) blocked.add(site)
      return altered.map(({ id }) => id)
    },
    isBlocked: (site: SiteId): boolean => blocked.has(site),
    nextSequence: () => sequence + 1,
    /** Newest first. */
    all: (): StoredOrder[] => [...held.values()].sort((a, b) => b.order.sequence - a.order.sequence),
    get: (id: OrderId): StoredOrder | null => held.get(id) ?? null,
    ofSite: (site: SiteId): Order[] =>
      [...held.values()].map(({ order }) => order).filter((order) => order.site === site),

    async add(order: Order, events: readonly OrderEvent[]): Promise<StoredOrder> {
      await insertOrder(records, order, events)
      sequence = order.sequence
      const stored = { order, story: events }
      keep(stored)
      return stored
    },

    /** Takes an input. A refusal is recorded, then thrown. @throws CloudError */
    async take(id: OrderId, input: OrderInput, now: Instant, answer: SeenAnswer | null = null): Promise<Taken> {
      const before = held.get(id)
      if (!before) throw new CloudError('not-found', `order ${id}: not known`)
      const result = step(before.order, input)
      if (result.kind === 'refused') {
        const detail = { input: input.kind, code: result.code, detail: result.detail }
        await recordFact(records, { at: now, actor: result.actor, action: 'order.refused-input', subject: id, detail })
        throw new CloudError(result.code, result.detail)
      }
      if (result.kind === 'unchanged') {
        if (answer) await noteAnswer(records, before.order, answer)
        return { stored: before, changed: false, effects: [] }
      }
      const written = await updateOrder(records, result.order, result.events, before.story.length, answer)
      // Only another process on the same records can have moved the order; it must not be stepped twice.
      if (!written) throw new CloudError('order-conflict', `order ${id}: changed by another process`)
      const stored = { order: result.order, story: [...before.story, ...result.events] }
      keep(stored)
      return { stored, changed: true, effects: result.effects }
    },
  }
}

export type OrderBook = ReturnType<typeof createOrderBook>
