import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, instant } from '@minewarden/protocol/time.ts'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : undefined)
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  },
}
