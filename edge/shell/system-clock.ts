/** The machine's clock. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, instant } from '@minewarden/protocol/time.ts'

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleep(ms, undefined, signal ? { signal } : undefined)
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  },
}
