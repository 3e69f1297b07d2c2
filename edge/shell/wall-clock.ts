/** Reading the system clock finer than its millisecond: by waiting, for one at most, until it turns. */
import type { WallReading } from '../clock-keeper.ts'

/** A clock that stands still is not waited for. */
const LONGEST_WAIT_MS = 3

/** System wall time minus this process's monotonic time, and how well it was read. */
export function readWallOffset(): WallReading {
  const first = Date.now()
  const begunMs = performance.now()
  let beforeMs = begunMs
  for (;;) {
    const wall = Date.now()
    const afterMs = performance.now()
    // It turned between the two looks: the true time is `wall` at some moment there.
    if (wall !== first) {
      return { offsetMs: wall - (beforeMs + afterMs) / 2, errorMs: (afterMs - beforeMs) / 2 + 0.001 }
    }
    if (afterMs - begunMs > LONGEST_WAIT_MS) return { offsetMs: first + 0.5 - begunMs, errorMs: 1 }
    beforeMs = afterMs
  }
}
