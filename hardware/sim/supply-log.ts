import { machineOf } from './machine-load.ts'
import type { Occurrence } from './timeline.ts'

/** What a site remembers of its supply: whether it is there, and when it last went. */
export interface SupplyLog {
  /** To be told at each step, in order of time. */
  note(supplied: boolean, atMs: number): void
  supplied(): boolean
  /** When the supply last came back; minus infinity when it never went. */
  restoredMs(): number
  /**
   * Whether an occurrence has the power it needs at a time. What needs none always has: people, rock, diesel engines.
   * Contactors fall out with the supply, and stay out unless the machine starts by itself.
   */
  drives(occurrence: Occurrence, atMs: number): boolean
}

export function createSupplyLog(): SupplyLog {
  let present = true
  let lostMs = Number.NEGATIVE_INFINITY
  let restoredMs = Number.NEGATIVE_INFINITY
  return {
    note(supplied, atMs) {
      if (supplied === present) return
      present = supplied
      if (supplied) restoredMs = atMs
      else lostMs = atMs
    },
    supplied: () => present,
    restoredMs: () => restoredMs,
    drives(occurrence, atMs) {
      if (atMs < lostMs || !needsSupply(occurrence)) return true
      return present && (occurrence.restarts || occurrence.fromMs > lostMs)
    },
  }
}

/** Drills too: their air comes from a compressor that the supply drives. */
const needsSupply = ({ act }: Occurrence): boolean =>
  act.kind === 'welder' || (act.kind === 'machine' && machineOf(act).drive !== 'diesel')
