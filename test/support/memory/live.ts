import type { Live, LiveEvent } from '../../../cloud/core/ports.ts'

/** A live feed within the process; `listeners` tells whether the server has let go of it. */
export function createMemoryLive(): Live & { readonly listeners: () => number } {
  const listeners = new Set<(event: LiveEvent) => void>()
  return {
    publish(event) {
      for (const listener of listeners) listener(event)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    listeners: () => listeners.size,
  }
}
