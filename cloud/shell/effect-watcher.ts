import type { OrderId, SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { type EffectVerdict, type EffectWatch, judgeEffect, takeReading, watchEffect } from '../core/orders/effect.ts'
import type { Order, OrderRules } from '../core/orders/order.ts'
import type { JournalRow } from '../core/ports.ts'

/** A reading that claims to be measured later than this from now has a wrong clock and shows nothing. */
const MAX_AHEAD_MS: Millis = 60_000

interface Watched {
  readonly order: OrderId
  readonly point: SupplyPointId
  readonly gateway: string
  readonly sensor: string
  watch: EffectWatch
}
export interface Verdict extends EffectVerdict {
  readonly order: OrderId
  readonly point: SupplyPointId
}

/**
 * The meters of executed supply points. Held in memory only: after a restart it begins anew with the next readings,
 * which can delay a verdict but not change it. Bounded by the supply points of open orders.
 */
export function createEffectWatcher(rules: OrderRules) {
  const watched = new Map<string, Watched>()
  return {
    /** Begins for each point that was executed and not yet judged; known ones go on. */
    begin(order: Order): void {
      for (const { id, meter, result } of order.points) {
        const key = `${order.id} ${id}`
        if (result?.kind !== 'executed' || result.executedAt === null || !meter || watched.has(key)) continue
        const watch = watchEffect(result.executedAt)
        watched.set(key, { order: order.id, point: id, gateway: meter.gateway, sensor: meter.sensor, watch })
      }
    },
    end(order: OrderId): void {
      for (const [key, one] of watched) if (one.order === order) watched.delete(key)
    },
    take(row: JournalRow, now: Instant): void {
      const { reading, gateway } = row
      if (reading.kind !== 'power' || reading.measuredAt > now + MAX_AHEAD_MS) return
      for (const one of watched.values()) {
        if (one.gateway !== gateway || one.sensor !== reading.sensor) continue
        one.watch = takeReading(one.watch, reading as ReadingOf<'power'>, rules)
      }
    },
    verdicts(now: Instant): Verdict[] {
      return [...watched.values()].flatMap(({ order, point, watch }) => {
        const verdict = judgeEffect(watch, now, rules)
        return verdict ? [{ order, point, ...verdict }] : []
      })
    },
  }
}
