import type { GatewayId, OrderId, SensorId, SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { instant } from '@minewarden/protocol/time.ts'
import {
  type EffectVerdict,
  type EffectWatch,
  judgeEffect,
  LOOK_BACK_MS,
  takeReading,
  takeStatus,
  watchEffect,
} from '../core/orders/effect.ts'
import type { Order, OrderRules } from '../core/orders/order.ts'
import { note } from '../core/orders/order-text.ts'
import type { JournalRow, JournalWindow } from '../core/ports.ts'

/** A reading that claims to be measured later than this from now has a wrong clock and shows nothing. */
const MAX_AHEAD_MS: Millis = 60_000
/** Power readings of one gateway that a look-back takes in: one a second, with room. */
const MAX_LOOK_BACK_ROWS = 2_000

interface Watched {
  readonly order: OrderId
  readonly point: SupplyPointId
  /** `null`: the point has no meter, and only people can say. */
  readonly meter: { readonly gateway: GatewayId; readonly sensor: SensorId } | null
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
    if (reading.measuredAt > now + MAX_AHEAD_MS) return
    if (one.meter?.gateway !== gateway || one.meter.sensor !== reading.sensor) return
    if (reading.kind === 'power') one.watch = takeReading(one.watch, reading, rules)
    if (reading.kind === 'meter') one.watch = takeStatus(one.watch, reading)
  }

  return {
    /** Begins for each point that was executed and not yet judged; known ones go on. */
    begin(order: Order, now: Instant): void {
      for (const { id, meter, result } of order.points) {
        const key = `${order.id} ${id}`
        if (result?.kind !== 'executed' || result.executedAt === null || watched.has(key)) continue
        const one: Watched = { order: order.id, point: id, meter, watch: watchEffect(result.executedAt) }
        watched.set(key, one)
        if (!meter) continue
        const rows = journal.rowsOf({
          gateways: [meter.gateway],
          from: instant(result.executedAt - LOOK_BACK_MS),
          to: instant(now + MAX_AHEAD_MS),
          kinds: ['power', 'meter'],
          limit: MAX_LOOK_BACK_ROWS,
        })
        for (const row of rows) take(one, row, now)
      }
    },
    end(order: OrderId): void {
      for (const [key, one] of watched) if (one.order === order) watched.delete(key)
    },
    take(row: JournalRow, now: Instant): void {
      const { kind } = row.reading
      if (kind === 'power' || kind === 'meter') for (const one of watched.values()) take(one, row, now)
    },
    verdicts(now: Instant): Verdict[] {
      return [...watched.values()].flatMap(({ order, point, meter, watch }) => {
        const verdict = judgeEffect(watch, point, now, rules)
        if (verdict && meter === null) return [{ order, point, ...verdict, notes: [note('no-report', { point })] }]
        return verdict ? [{ order, point, ...verdict }] : []
      })
    },
  }
}
