import type { SupplyOrder } from '../detection/cut-watch.ts'
import type { OrderView } from '../ports.ts'

/**
 * What an order means for the supply of its site: that it is cut, once that is shown, or given back, from the moment
 * that the first close was permitted: power that returns after it is no self-reconnection. `null`: nothing to tell.
 */
export function supplyOf({ effect, restoration }: Pick<OrderView, 'effect' | 'restoration'>): SupplyOrder | null {
  if (restoration?.givenBackAt != null) return { kind: 'restored', atMs: restoration.givenBackAt, measuresAt: null }
  if (!effect || effect.verdict === 'ineffective') return null
  // Told with each showing of the order: detection takes the same cut once.
  return { kind: 'cut', atMs: effect.at, measuresAt: null }
}
