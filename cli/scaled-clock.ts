import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, instant } from '@minewarden/protocol/time.ts'

/**
 * A wall clock that shows `originMs` at that real moment and runs `speed` times as fast from then on: a replay at ten
 * times its speed is then neither early nor late for any part of the chain.
 */
export function createScaledClock({ originMs, speed }: { originMs: number; speed: number }): Clock {
  const scaled = (ms: number) => originMs + (ms - originMs) * speed
  return {
    now: () => instant(scaled(performance.timeOrigin + performance.now())),
    monotonic: () => performance.now() * speed,
    sleep: async (ms, signal) => {
      await sleep(ms / speed, undefined, signal ? { signal } : undefined)
    },
  }
}
