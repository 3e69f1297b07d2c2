/** How many rows each gateway may have in flight, from how far the fleet manager is behind. */

/** Granted to each gateway when nothing is behind and few are there. */
export const FULL_WINDOW = 2_000
/** Granted to each, however many there are, while nothing is behind. */
export const LEAST_WINDOW = 50
/** Hardly ever do all gateways have a backlog at once: together they may be granted so many times what is waited for. */
const OVERSUBSCRIPTION = 4
/** Rows that wait for the journal's next transaction, all gateways together; more are dropped (and sent again). */
export const MAX_PENDING_ROWS = 50_000
/** Rows in the journal that the slowest consumer has not dealt with: at some 400 bytes each a few gigabytes. */
export const MAX_CONSUMER_LAG_ROWS = 5_000_000
/**
 * The same of the history alone, which may be in a database that is away for hours: three quarters of what the journal
 * holds at most. Detection does not wait for it, so neither do gateways, until the journal nears its end.
 */
export const MAX_HISTORY_LAG_ROWS = 15_000_000
/** Below this the disk counts as full: nothing more is granted. */
export const MIN_FREE_DISK_BYTES = 256 * 1024 * 1024

export interface Load {
  readonly onlineGateways: number
  readonly pendingRows: number
  readonly consumerLagRows: number
  readonly freeDiskBytes: number
}

/** Full up to half of the nearest ceiling, then falling to zero at it. */
export function windowFor(load: Load): number {
  const share = Math.floor((OVERSUBSCRIPTION * MAX_PENDING_ROWS) / Math.max(1, load.onlineGateways))
  const full = Math.max(LEAST_WINDOW, Math.min(FULL_WINDOW, share))
  if (load.freeDiskBytes < MIN_FREE_DISK_BYTES) return 0
  const fill = Math.max(load.pendingRows / MAX_PENDING_ROWS, load.consumerLagRows / MAX_CONSUMER_LAG_ROWS)
  return Math.max(0, Math.floor(full * Math.min(1, 2 * (1 - fill))))
}
