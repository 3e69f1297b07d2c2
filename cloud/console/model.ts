import type { EventDocument, MeDocument, OrderDocument, ReadingDocument, SiteDocument } from '../http/documents.ts'
import type { MarkDocument } from '../http/mark-document.ts'
import { type Connection, followLive } from './live.ts'
import { createStore, type Store } from './store.ts'

/** What the page knows of the world, filled by the live stream. */
export interface Model {
  /** `null` until the server has answered. */
  readonly me: Store<MeDocument | null>
  readonly sites: Store<ReadonlyMap<string, SiteDocument>>
  readonly orders: Store<ReadonlyMap<string, OrderDocument>>
  readonly connection: Store<Connection>
  /** Whether a first snapshot has come. */
  readonly loaded: Store<boolean>
  /** Server time minus browser time, milliseconds: a wall screen's clock may be off. */
  readonly skewMs: Store<number>
  readonly readings: Feed<ReadingDocument>
  readonly events: Feed<EventDocument>
  /** Findings that were marked on this page. */
  readonly marks: Feed<{ readonly site: string; readonly finding: number; readonly mark: MarkDocument }>
  /** Something was missed: what was loaded from the history must be loaded again. */
  readonly missed: Feed<void>
  /** Follows the live stream, with the readings of one site; ends the stream before. */
  follow(site: string | null): () => void
  /** Takes in an order that a request of this page answered with. */
  takeOrder(order: OrderDocument): void
}

/** Passing news, kept by nobody. */
export interface Feed<T> {
  publish(value: T): void
  watch(watcher: (value: T) => void): () => void
}

function createFeed<T>(): Feed<T> {
  const watchers = new Set<(value: T) => void>()
  return {
    publish(value) {
      for (const watcher of watchers) watcher(value)
    },
    watch(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
  }
}

const byId = <T extends { readonly id: string }>(list: readonly T[]) => new Map(list.map((one) => [one.id, one]))

function put<T extends { readonly id: string }>(store: Store<ReadonlyMap<string, T>>, one: T): void {
  store.set(new Map(store.get()).set(one.id, one))
}

/** Less than this is the journey of the message, not a wrong clock. */
const NOTABLE_SKEW_MS = 1000

export function createModel(): Model {
  const sites = createStore<ReadonlyMap<string, SiteDocument>>(new Map())
  const orders = createStore<ReadonlyMap<string, OrderDocument>>(new Map())
  const connection = createStore<Connection>({ kind: 'connecting' })
  const loaded = createStore(false)
  const skewMs = createStore(0)
  const readings = createFeed<ReadingDocument>()
  const events = createFeed<EventDocument>()
  const marks: Model['marks'] = createFeed()
  const missed = createFeed<void>()
  return {
    me: createStore<MeDocument | null>(null),
    sites,
    orders,
    connection,
    loaded,
    skewMs,
    readings,
    events,
    marks,
    missed,
    takeOrder(order) {
      // An answer may come after the live stream told what happened since.
      const known = orders.get().get(order.id)
      if (!known || known.timeline.length <= order.timeline.length) put(orders, order)
    },
    follow: (site) =>
      followLive(site, {
        connection: connection.set,
        time(at) {
          const skew = Date.parse(at) - Date.now()
          if (Math.abs(skew - skewMs.get()) > NOTABLE_SKEW_MS) skewMs.set(skew)
        },
        snapshot(snapshot) {
          sites.set(byId(snapshot.sites))
          orders.set(byId(snapshot.orders))
          loaded.set(true)
        },
        site: (site) => put(sites, site),
        order: (order) => put(orders, order),
        event: events.publish,
        reading: readings.publish,
        lost: () => missed.publish(),
      }),
  }
}

/** The one model of this page. */
export const model = createModel()
