import type {
  EventDocument,
  OrderDocument,
  ReadingDocument,
  SiteDocument,
  SnapshotDocument,
} from '../http/documents.ts'
import { waitMs } from './back-off.ts'

/** The server beats each ten seconds; two beats missed and a little more is silence. */
const SILENCE_MS = 25_000

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** Since when nothing came, and when the next attempt is made; browser time. */
  | { readonly kind: 'cut'; readonly sinceMs: number; readonly retryAtMs: number }

/** What the stream tells; `at` is the server's time. */
export interface LiveListener {
  connection(connection: Connection): void
  snapshot(snapshot: SnapshotDocument): void
  time(at: string): void
  site(site: SiteDocument): void
  order(order: OrderDocument): void
  event(event: EventDocument): void
  reading(reading: ReadingDocument): void
  /** Readings were lost on the way: ask the history for them. */
  lost(): void
}

/**
 * Keeps one live stream open, with a back-off of its own: the browser's would try for ever at one pace and would not
 * notice a stream that is open but silent.
 * @param site whose readings to follow; `null` for none
 * @returns the function that ends it
 */
export function followLive(site: string | null, listener: LiveListener): () => void {
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let lastHeardMs = Date.now()

  const open = () => {
    source = new EventSource(`/api/v1/live${site === null ? '' : `?site=${encodeURIComponent(site)}`}`)
    source.onerror = fail
    on('snapshot', (data: SnapshotDocument) => {
      const wasCut = failures > 0
      failures = 0
      listener.connection({ kind: 'open' })
      listener.time(data.at)
      listener.snapshot(data)
      if (wasCut) listener.lost()
    })
    on('heartbeat', (data: { at: string }) => listener.time(data.at))
    on('site', (data: SiteDocument) => listener.site(data))
    on('order', (data: OrderDocument) => listener.order(data))
    on('event', (data: EventDocument) => listener.event(data))
    on('reading', (data: ReadingDocument) => listener.reading(data))
    on('lost', () => listener.lost())
    awaitSilence()
  }
  const on = <T>(name: string, take: (data: T) => void) => {
    source?.addEventListener(name, (message) => {
      lastHeardMs = Date.now()
      awaitSilence()
      take(JSON.parse(message.data) as T)
    })
  }
  const awaitSilence = () => {
    clearTimeout(timer)
    timer = setTimeout(fail, SILENCE_MS)
  }
  const fail = () => {
    source?.close()
    failures += 1
    const wait = waitMs(failures, Math.random())
    listener.connection({ kind: 'cut', sinceMs: lastHeardMs, retryAtMs: Date.now() + wait })
    clearTimeout(timer)
    timer = setTimeout(open, wait)
  }
  open()
  return () => {
    clearTimeout(timer)
    source?.close()
  }
}
