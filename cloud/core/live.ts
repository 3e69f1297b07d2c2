import type { Live, LiveEvent, Logger } from './ports.ts'

/** Listeners at most; the API has its own, lower ceilings for pages. */
const MAX_LISTENERS = 1_000

/** Hands each event to every listener at once. A listener that throws harms nobody else. */
export function createLive(logger: Logger): Live {
  const listeners = new Set<(event: LiveEvent) => void>()
  return {
    publish(event) {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch (error) {
          logger.error({ err: error, kind: event.kind }, 'a listener to live events failed')
        }
      }
    },
    subscribe(listener) {
      if (listeners.size >= MAX_LISTENERS) {
        logger.warn({ listeners: listeners.size }, 'too many listeners to live events: one more was refused')
        return () => {}
      }
      // A function of its own, so that subscribing twice is two subscriptions.
      const own = (event: LiveEvent) => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}
