import type { History } from '../ports.ts'
import type { HistoryPoint } from './measurement.ts'

/** What became of what was handed to a history, since the start. */
export interface HistoryCounts {
  /** Lines that were taken; one that is told again counts again. */
  written: number
  /** Points, and fields of points, that will never be taken, by why. */
  readonly refused: Map<string, number>
  /** Writes that did not come through and were tried again. */
  failures: number
  /** Downsampled windows that were computed again. */
  windows: number
}

export const emptyHistoryCounts = (): HistoryCounts => ({ written: 0, refused: new Map(), failures: 0, windows: 0 })

/** Reasons counted apart; more are counted together. */
const MAX_REASONS = 200
const OTHER_REASONS = 'other reasons'

export function countRefusal({ refused }: HistoryCounts, why: string, count = 1): void {
  const key = refused.has(why) || refused.size < MAX_REASONS ? why : OTHER_REASONS
  refused.set(key, (refused.get(key) ?? 0) + count)
}

/** Takes figures and facts of the fleet beside readings. Rejects while it cannot; points told twice are one. */
export interface PointSink {
  writePoints(points: readonly HistoryPoint[]): Promise<void>
}

/** A {@link History} with what its owner has to know of it. */
export interface HistoryEngine extends History {
  readonly counts: HistoryCounts
  /** Where figures and facts go; `null`: this engine keeps readings only. */
  readonly points: PointSink | null
  /** Journal offset from which rows would have to come again after a kill, when `dealt` is the last one dealt with. */
  settledOffset(dealt: number): number
  /** Upkeep, to be called each half minute or so. Rejects when it has to be tried again. */
  tend(): Promise<void>
  /** Lets go of what is under way, so that nothing has to be waited for at the end. */
  interrupt(): void
}

/** Takes readings, and answers nothing. */
export type HistoryMirror = Pick<
  HistoryEngine,
  'write' | 'counts' | 'points' | 'tend' | 'close' | 'settledOffset' | 'interrupt'
>
