import { setTimeout as sleep } from 'node:timers/promises'
import type { OrderDocument, ReasonDocument, SiteDocument } from '@minewarden/cloud/http/documents.ts'

/** What the demo tells on the terminal while the page shows it: each change of a site's state, each step of an order. */
export interface StoryLine {
  /** Of the chain's own clock, which a replay may drive faster. */
  readonly at: string
  readonly what: 'site' | 'order'
  readonly id: string
  /** The site's state, or what happened to the order. */
  readonly state: string
  /** The site's, as it is registered. */
  readonly name: string
  readonly because: readonly ReasonDocument[]
  /** Nothing has happened since: what it waits for, it waits for now. */
  readonly latest: boolean
}

const EVERY_MS = 500

/** Follows the lists of the page's own API and calls `tell` once for each change. Ends with the signal. */
export async function followStory(base: string, signal: AbortSignal, tell: (line: StoryLine) => void): Promise<void> {
  const news = createNews()
  while (!signal.aborted) {
    const sites = await list<SiteDocument>(`${base}/api/v1/sites`, signal)
    const orders = await list<OrderDocument>(`${base}/api/v1/orders`, signal)
    for (const line of news(sites, orders)) tell(line)
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
  }
}

/** Compares each look with the one before. What never was anything but sealed is not told. */
export function createNews(): (sites: readonly SiteDocument[], orders: readonly OrderDocument[]) => StoryLine[] {
  const states = new Map<string, string>()
  const steps = new Map<string, number>()
  const names = new Map<string, string>()

  const ofSite = ({ id, name, state, since, because }: SiteDocument): StoryLine[] => {
    names.set(id, name)
    if ((states.get(id) ?? 'sealed') === state) return []
    states.set(id, state)
    return [{ at: since ?? new Date().toISOString(), what: 'site', id, state, name, because, latest: true }]
  }
  const ofOrder = ({ id, site, timeline }: OrderDocument): StoryLine[] => {
    const told = steps.get(id) ?? 0
    steps.set(id, timeline.length)
    const name = names.get(site) ?? site
    return timeline.slice(told).map(({ at, what, notes }, i, news) => ({
      ...{ at, what: 'order', id, state: what, name, because: notes, latest: i === news.length - 1 },
    }))
  }
  return (sites, orders) =>
    [...sites.flatMap(ofSite), ...orders.flatMap(ofOrder)].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

async function list<T>(url: string, signal: AbortSignal): Promise<T[]> {
  try {
    const answer = await fetch(url, { signal })
    return answer.ok ? ((await answer.json()) as T[]) : []
  } catch {
    return []
  }
}
