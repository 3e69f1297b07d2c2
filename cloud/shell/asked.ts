import type { Clock, Millis } from '@minewarden/protocol/time.ts'

/** What was asked of people a moment ago. Lost with the process: then they are asked again. */
export interface Asked<T> {
  /** Replaces what was there and begins its time anew; of more than the limit the oldest is forgotten. */
  put(key: string, value: T): void
  /** `null` when there is nothing, or its time is over. */
  get(key: string): T | null
  /** Gets it, and it is gone. */
  take(key: string): T | null
}

/** @param options.clock its monotonic side counts, so that a stepped clock keeps nothing alive */
export function createAsked<T>(options: {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly lifetimeMs: Millis
  readonly limit: number
}): Asked<T> {
  const held = new Map<string, { readonly value: T; readonly at: Millis }>()
  const get = (key: string): T | null => {
    const entry = held.get(key)
    if (!entry) return null
    if (options.clock.monotonic() - entry.at < options.lifetimeMs) return entry.value
    held.delete(key)
    return null
  }
  return {
    get,
    put(key, value) {
      held.delete(key)
      held.set(key, { value, at: options.clock.monotonic() })
      const oldest = held.keys().next().value
      if (held.size > options.limit && oldest !== undefined) held.delete(oldest)
    },
    take(key) {
      const value = get(key)
      held.delete(key)
      return value
    },
  }
}
