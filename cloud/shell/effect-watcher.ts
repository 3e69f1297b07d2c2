import type { GatewayId, OrderId, SensorId, SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { instant } from '@minewarden/protocol/time.ts'
import {
  type EffectVerdict,
  type EffectWatch,
  judgeEffect,
  LOOK_BACK_MS,
  takeReading,
  watchEffect,
} from '../core/orders/effect.ts'
import type { Order, OrderRules } from '../core/orders/order.ts'
import type { JournalRow, JournalWindow } from '../core/ports.ts'

/** A reading that claims to be measured later than this from now has a wrong clock and shows nothing. */
const MAX_AHEAD_MS: Millis = 60_000
/** Power readings of one gateway that a look-back takes in: one a second, with room. */
const MAX_LOOK_BACK_ROWS = 2_000

interface Watched {
  readonly order: OrderId
  readonly point: SupplyPointId
  readonly gateway: GatewayId
  readonly sensor: SensorId
  watch: EffectWatch
}
export interface Verdict extends EffectVerdict {
  readonly order: OrderId
  readonly point: SupplyPointId
}

/**
 * The meters of executed supply points. Held in memory only: at its beginning, also after a restart, it looks back into
 * the journal for what the meter read around the execution. Bounded by the supply points of open orders.
 */
export function createEffectWatcher(rules: OrderRules, journal: JournalWindow) {
  const watched = new Map<string, Watched>()

  const take = (one: Watched, { reading, gateway }: JournalRow, now: Instant): void => {
    if (reading.kind !== 'power' || reading.measuredAt > now + MAX_AHEAD_MS) return
    if (one.gateway !== gateway || one.sensor !== reading.sensor) return
    one.watch = takeReading(one.watch, reading, rules)
  }

  return {
    /** Begins for each point that was executed and not yet judged; known ones go on. */
    begin(order: Order, now: Instant): void {
      for (const { id, meter, result } of order.points) {
        const key = `${order.id} ${id}`
        if (result?.kind !== 'executed' || result.executedAt === null || !meter || watched.has(key)) continue
        const one: Watched = { order: order.id, point: id, ...meter, watch: watchEffect(result.executedAt) }
        const rows = journal.rowsOf({
          gateways: [meter.gateway],
          from: instant(result.executedAt - LOOK_BACK_MS),
          to: instant(now + MAX_AHEAD_MS),
          kinds: ['power'],
          limit: MAX_LOOK_BACK_ROWS,
        })
        for (const row of rows) take(one, row, now)
        watched.set(key, one)
      }
    },
    end(order: OrderId): void {
      for (const [key, one] of watched) if (one.order === order) watched.delete(key)
    },
    take(row: JournalRow, now: Instant): void {
      if (row.reading.kind === 'power') for (const one of watched.values()) take(one, row, now)
    },
    verdicts(now: Instant): Verdict[] {
      return [...watched.values()].flatMap(({ order, point, watch }) => {
        const verdict = judgeEffect(watch, point, now, rules)
        return verdict ? [{ order, point, ...verdict }] : []
      })
    },
  }
}
