/**
 * What is learnt of a site over days: the slot that travels in the detector's snapshot and so with a replaced gateway.
 * The filter works without it; what fills it may only sharpen what is usual here, within bounds.
 */
export interface SiteLearning {
  /** Of this part alone: what an older program learnt and a newer one cannot read is learnt anew. */
  readonly version: number
  /** Instant of the first measurement; `null` before it. */
  sinceMs: number | null
  /** Minutes watched by a geophone, and minutes of machines heard, in each hour of the local day. */
  watchedMinutes: number[]
  machineMinutes: number[]
  /** That the background stands at its bound has been told; absent: it never did. */
  raisedTold?: boolean
}

export const LEARNING_VERSION = 1
const HOURS = 24

export const createSiteLearning = (): SiteLearning => ({
  version: LEARNING_VERSION,
  sinceMs: null,
  watchedMinutes: new Array<number>(HOURS).fill(0),
  machineMinutes: new Array<number>(HOURS).fill(0),
})
