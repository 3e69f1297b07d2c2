import type { Clock, Millis } from '@minewarden/protocol/time.ts'

/** Calls back at each change, until the returned function is called. */
export type Watch = (changed: () => void) => () => void

/** A port that comes and goes without end must not make attempts without end. */
const SHORTEST_MS: Millis = 100

/** Sleeps, at most until a change is seen or the signal aborts; true when a change ended it. Never throws. */
export async function pauseUntil(
  { clock, watch }: { readonly clock: Clock; readonly watch?: Watch },
  ms: Millis,
  signal: AbortSignal,
): Promise<boolean> {
  const nap = new AbortController()
  let changed = false
  const wake = () => nap.abort()
  signal.addEventListener('abort', wake, { once: true })
  const unwatch = watch?.(() => {
    changed = true
    wake()
  })
  try {
    await clock.sleep(ms, nap.signal).catch(() => undefined)
    if (changed) await clock.sleep(Math.min(ms, SHORTEST_MS), signal).catch(() => undefined)
    return changed
  } finally {
    unwatch?.()
    signal.removeEventListener('abort', wake)
  }
}
