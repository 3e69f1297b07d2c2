/** What waits for one page that reads slower than the mine speaks. */
export interface LiveQueue {
  /** Replaces what waits under the same key: only the newest state of a site or an order counts. `false`: no room. */
  putState(key: string, frame: string): boolean
  /** Events and readings, in order; the oldest gives way when there is no room. */
  putEvent(frame: string): void
  putReading(frame: string): void
  /** The next frame: states first, then events, then readings; `null` when nothing waits. */
  take(): string | null
  /** How many events and readings gave way since the last call. */
  takeLost(): number
}

/** How much may wait for one page. */
export interface LiveQueueLimits {
  /** Sites and orders with a change that waits; beyond it the page is disconnected and starts again from a snapshot. */
  readonly maxStates: number
  readonly maxEvents: number
  readonly maxReadings: number
}

export function createLiveQueue(limits: LiveQueueLimits): LiveQueue {
  const states = new Map<string, string>()
  const events: string[] = []
  const readings: string[] = []
  let lost = 0
  const put = (queue: string[], frame: string, ceiling: number) => {
    queue.push(frame)
    if (queue.length <= ceiling) return
    queue.shift()
    lost += 1
  }
  return {
    putState(key, frame) {
      if (!states.has(key) && states.size >= limits.maxStates) return false
      states.set(key, frame)
      return true
    },
    putEvent: (frame) => put(events, frame, limits.maxEvents),
    putReading: (frame) => put(readings, frame, limits.maxReadings),
    take() {
      const first = states.entries().next()
      if (first.done) return events.shift() ?? readings.shift() ?? null
      states.delete(first.value[0])
      return first.value[1]
    },
    takeLost() {
      const count = lost
      lost = 0
      return count
    },
  }
}
