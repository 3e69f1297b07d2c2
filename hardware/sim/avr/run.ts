import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import type { Millis } from '@minewarden/protocol/time.ts'
import type { Board } from './board.ts'

/** Simulated time in one go before others get their turn: some milliseconds of a core. */
const FREE_STEP_MS: Millis = 20
/** A paced board that fell behind catches up in steps of this. */
const LONGEST_STEP_MS: Millis = 20
/** Further behind than this (the machine slept, the core is overloaded) is not made up for: that time is left out. */
export const MAX_LAG_MS: Millis = 2_000

/** Runs for so much simulated time as fast as it goes, and lets others run in between. */
export async function runFreely(board: Board, ms: Millis, signal?: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= FREE_STEP_MS) {
    signal?.throwIfAborted()
    board.runFor(Math.min(leftMs, FREE_STEP_MS))
    await breathe()
  }
}

export interface PaceOptions {
  /** How long it sleeps between steps; what the board does is seen by others with up to this delay. */
  readonly sliceMs?: Millis
  readonly monotonic?: () => Millis
  /** Told of time that was left out. */
  readonly onSkip?: (ms: Millis) => void
}

/** Keeps simulated time at real time until aborted, without drift. */
export async function runPaced(board: Board, signal: AbortSignal, options: PaceOptions = {}): Promise<void> {
  const { sliceMs = 2, monotonic = () => performance.now(), onSkip } = options
  let originMs = monotonic() - board.nowMs
  while (!signal.aborted) {
    const behindMs = monotonic() - originMs - board.nowMs
    if (behindMs > MAX_LAG_MS) {
      originMs += behindMs
      onSkip?.(behindMs)
    } else if (behindMs > 0) board.runFor(Math.min(behindMs, LONGEST_STEP_MS))
    if (behindMs > LONGEST_STEP_MS) await breathe()
    else await sleep(sliceMs)
  }
}
