import { SiteId } from '@minewarden/protocol/ids.ts'
import { isoTime } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import type { LiveEvent } from '../core/ports.ts'
import { CloudError } from '../errors.ts'
import type { ServerDeps } from './deps.ts'
import type { Documents, SnapshotDocument } from './documents.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { createLiveClient, frameOf, LIVE_LIMITS, type LiveClient } from './live-client.ts'
import { read } from './request-check.ts'
import type { Routes, WebReply, WebRequest } from './web.ts'

export const LiveQuery = z.strictObject({ site: SiteId.optional() })

/**
 * `GET /api/v1/live`: Server-Sent Events. Opens with `snapshot` (all sites and orders), then `site`, `order`, `event`,
 * and with `?site=ID` that site's `reading`s; `heartbeat` each ten seconds; `lost` after a slow page lost readings.
 */
export function liveRoutes(deps: ServerDeps, documents: Documents, gatekeeper: Gatekeeper): Routes {
  const limits = { ...LIVE_LIMITS, ...deps.liveLimits }
  const clients = new Map<LiveClient, WebRequest>()

  const deliver = (event: LiveEvent) => {
    if (clients.size > 0) dispatch(event, documents, [...clients.keys()])
  }
  const beat = async () => {
    const frame = frameOf('heartbeat', { at: isoTime(deps.clock.now()) })
    for (const [client, request] of clients) {
      // A session that has ended must not go on reading through a stream that it opened before.
      if (deps.publicReading || (await gatekeeper.userOf(request))) client.heartbeat(frame, deps.clock.monotonic())
      else client.end()
    }
  }
  const snapshot = (): SnapshotDocument => ({
    at: isoTime(deps.clock.now()),
    sites: deps.sites.list().map(documents.site),
    orders: deps.orders.list().map(documents.order),
  })
  const open = (request: WebRequest, reply: WebReply, site: string | null) => {
    reply.hijack()
    const response = reply.raw
    response.writeHead(200, {
      ...reply.getHeaders(),
      'content-type': 'text/event-stream; charset=utf-8',
      // Tells a reverse proxy not to collect the stream.
      'x-accel-buffering': 'no',
    } as Record<string, string>)
    const client = createLiveClient(response, limits, site)
    clients.set(client, request)
    response.on('close', () => clients.delete(client))
    response.on('error', () => clients.delete(client))
    client.state('snapshot', frameOf('snapshot', snapshot()))
  }

  return async (app) => {
    const unsubscribe = deps.live.subscribe(deliver)
    const timer = setInterval(() => {
      beat().catch((err) => deps.logger.error({ err }, 'the heartbeat of the live stream failed'))
    }, limits.heartbeatMs)
    timer.unref()
    app.addHook('preClose', async () => {
      clearInterval(timer)
      unsubscribe()
      for (const client of clients.keys()) client.end()
    })
    app.get('/api/v1/live', async (request, reply) => {
      await gatekeeper.reader(request)
      const { site } = read(LiveQuery, 'query', request.query)
      if (site !== undefined && deps.sites.get(site) === null) throw new CloudError('not-found', `No site ${site}`)
      if (clients.size >= limits.maxClients) throw new CloudError('overloaded', 'Too many pages are open')
      open(request, reply, site ?? null)
    })
  }
}

/** Writes the frame once, for all pages that it concerns. */
function dispatch(event: LiveEvent, documents: Documents, clients: readonly LiveClient[]): void {
  switch (event.kind) {
    case 'site': {
      const frame = frameOf('site', documents.site(event.site))
      for (const client of clients) client.state(`site ${event.site.id}`, frame)
      return
    }
    case 'order': {
      const frame = frameOf('order', documents.order(event.order))
      for (const client of clients) client.state(`order ${event.order.id}`, frame)
      return
    }
    case 'event': {
      const frame = frameOf('event', { ...documents.event(event.event), number: event.number })
      for (const client of clients) client.event(frame)
      return
    }
    case 'reading':
      dispatchReading(event, documents, clients)
  }
}

function dispatchReading(
  event: Extract<LiveEvent, { kind: 'reading' }>,
  documents: Documents,
  clients: readonly LiveClient[],
): void {
  if (event.reading.kind === 'waveform' || event.reading.kind === 'picture') return
  const listeners = clients.filter((client) => client.site === event.site)
  if (listeners.length === 0) return
  const frame = frameOf('reading', documents.reading(event.site, event.gateway, event.reading))
  for (const client of listeners) client.reading(frame)
}
