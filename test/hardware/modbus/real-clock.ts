import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, instant } from '@minewarden/protocol/time.ts'

export const realClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
}
