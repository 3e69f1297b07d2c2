import type { ServerResponse } from 'node:http'
import type { Millis } from '@minewarden/protocol/time.ts'
import { createLiveQueue, type LiveQueueLimits } from './live-queue.ts'

export interface LiveLimits extends LiveQueueLimits {
  /** Pages at a time. */
  readonly maxClients: number
  readonly heartbeatMs: Millis
  /** A page that takes nothing for this long is disconnected. */
  readonly stallMs: Millis
}

/** A thousand sites and their orders; about half a minute of one site's readings. */
export const LIVE_LIMITS: LiveLimits = {
  maxStates: 4096,
  maxEvents: 200,
  maxReadings: 500,
  maxClients: 200,
  heartbeatMs: 10_000,
  stallMs: 60_000,
}

/** One frame of `text/event-stream`. JSON has no line break of its own, so one `data:` line is enough. */
export const frameOf = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** One page's stream. */
export interface LiveClient {
  readonly site: string | null
  state(key: string, frame: string): void
  event(frame: string): void
  reading(frame: string): void
  /** Sends a sign of life; disconnects a page that has stalled. */
  heartbeat(frame: string, monotonic: Millis): void
  end(): void
}

/**
 * Writes to a page no faster than it reads: what the socket does not take waits in a bounded queue. A slow page loses
 * readings and is told so (`lost`), never a state.
 * @param site the site whose readings the page asked for
 */
export function createLiveClient(response: ServerResponse, limits: LiveLimits, site: string | null): LiveClient {
  const queue = createLiveQueue(limits)
  let blocked = false
  let blockedSince: Millis | null = null
  const write = (frame: string) => {
    blocked = !response.write(frame)
  }
  const flush = () => {
    while (!blocked) {
      const frame = queue.take()
      if (frame === null) return
      write(frame)
    }
  }
  response.on('drain', () => {
    blocked = false
    blockedSince = null
    flush()
    const lost = queue.takeLost()
    if (lost > 0) write(frameOf('lost', { count: lost }))
  })
  return {
    site,
    state(key, frame) {
      if (!blocked) return write(frame)
      if (!queue.putState(key, frame)) response.destroy()
    },
    event(frame) {
      if (blocked) queue.putEvent(frame)
      else write(frame)
    },
    reading(frame) {
      if (blocked) queue.putReading(frame)
      else write(frame)
    },
    heartbeat(frame, monotonic) {
      if (!blocked) return write(frame)
      blockedSince ??= monotonic
      if (monotonic - blockedSince >= limits.stallMs) response.destroy()
    },
    end: () => {
      response.end()
    },
  }
}
