import { setTimeout as sleep } from 'node:timers/promises'

/** What the demo tells on the terminal while the page shows it: changes of sites and orders, once each. */
export interface StoryLine {
  readonly at: string
  readonly what: 'site' | 'order' | 'gateway'
  readonly id: string
  readonly state: string
  readonly text: string
}

interface Listed {
  readonly id: string
  readonly name?: string
  readonly state: string
  readonly site?: string
  readonly because?: readonly { readonly en: string }[]
}

const EVERY_MS = 1000

/** Follows the lists of the page's own API and calls `tell` for each change. Ends with the signal. */
export async function followStory(base: string, signal: AbortSignal, tell: (line: StoryLine) => void): Promise<void> {
  const known = new Map<string, string>()
  while (!signal.aborted) {
    for (const what of ['site', 'order'] as const) {
      for (const item of await list(`${base}/api/v1/${what}s`, signal)) {
        const key = `${what} ${item.id}`
        if (known.get(key) === item.state) continue
        const first = !known.has(key)
        known.set(key, item.state)
        if (first && item.state === 'sealed') continue
        const reasons =
          what === 'site' ? (item.because ?? []).map((reason) => reason.en).join('; ') : `site ${item.site}`
        tell({ at: new Date().toISOString(), what, id: item.id, state: item.state, text: reasons })
      }
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
  }
}

async function list(url: string, signal: AbortSignal): Promise<Listed[]> {
  try {
    const answer = await fetch(url, { signal })
    return answer.ok ? ((await answer.json()) as Listed[]) : []
  } catch {
    return []
  }
}
