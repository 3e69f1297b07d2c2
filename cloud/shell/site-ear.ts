import type { EventFinding } from '@minewarden/protocol/finding.ts'
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { DISTURBING_KINDS, disturbanceOf, isOwnCut, isSensorOf } from '../core/orders/disturbance.ts'
import type { Order } from '../core/orders/order.ts'
import { CONFIRMED_FOR_MS, type Disturbance } from '../core/orders/people.ts'
import type { JournalRow, JournalWindow } from '../core/ports.ts'

export interface SiteEarDeps {
  readonly siteOf: (id: SiteId) => Site | null
  readonly journal: JournalWindow
  /** The newest blast that was found at a site, of before this start too. */
  readonly lastBlastOf: (site: SiteId) => Instant | null
}

/** Readings that a look-back takes in; of more the newest. */
const MAX_ROWS = 500

/**
 * Hears what stirs at sites that have an order open. Held in memory, one entry a site of the register; after a restart
 * the journal tells what came before.
 */
export function createSiteEar({ siteOf, journal, lastBlastOf }: SiteEarDeps) {
  const newest = new Map<SiteId, Disturbance>()
  const blasts = new Map<SiteId, Instant | null>()

  const hear = (site: SiteId, disturbance: Disturbance): void => {
    if (disturbance.at >= (newest.get(site)?.at ?? -Infinity)) newest.set(site, disturbance)
  }
  const heard = (order: Order, row: JournalRow): Disturbance | null => {
    const disturbance = disturbanceOf(row)
    const site = disturbance && siteOf(order.site)
    return site && isSensorOf(site, row) && !isOwnCut(order, row) ? disturbance : null
  }

  return {
    /** What this reading says of the order's site; `null`: nothing. */
    take(order: Order, row: JournalRow): Disturbance | null {
      const disturbance = heard(order, row)
      if (disturbance) hear(order.site, disturbance)
      return disturbance
    },
    /** What was found: a blast needs its fumes cleared. */
    takeFinding({ site, sensor, class: found, at }: EventFinding): Disturbance {
      const disturbance: Disturbance = { cause: found === 'blast' ? 'blast' : 'vibration', sensor, at: instant(at) }
      hear(site, disturbance)
      if (found === 'blast') blasts.set(site, instant(Math.max(at, blasts.get(site) ?? at)))
      return disturbance
    },
    /** Looks back as far as a word of people below ground may reach. */
    lookBack(order: Order, now: Instant): void {
      const site = siteOf(order.site)
      if (!site) return
      const gateways = [...new Set(site.sensors.map(({ gateway }) => gateway))]
      const from = instant(now - CONFIRMED_FOR_MS)
      for (const row of journal.rowsOf({ gateways, from, to: now, kinds: DISTURBING_KINDS, limit: MAX_ROWS })) {
        const disturbance = heard(order, row)
        if (disturbance) hear(order.site, disturbance)
      }
    },
    lastOf: (site: SiteId): Disturbance | null => newest.get(site) ?? null,
    lastBlastOf(site: SiteId): Instant | null {
      const known = blasts.get(site)
      if (known !== undefined) return known
      const before = lastBlastOf(site)
      blasts.set(site, before)
      return before
    },
  }
}
