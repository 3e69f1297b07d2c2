import { Worker } from 'node:worker_threads'
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { ReplayTask } from '../core/tuning/replay.ts'
import type { ReplaysService, ReplayView } from '../core/tuning/replays-port.ts'
import { CloudError } from '../errors.ts'
import type { KeptSource, ReplayNews, ReplayOrder } from './replay-worker.ts'

/** A replay of a week takes a minute or two; longer is given up. */
const MOST_MS = 10 * 60_000
/** Of its heap; findings and slices of readings need a tenth of it. */
const MOST_MEGABYTES = 256
/** Ended replays that can still be asked for; the oldest go first. */
const MOST_KEPT = 8

const WORKER = new URL('./replay-worker.ts', import.meta.url)

/** Runs replays in a thread of their own, one at a time: the fleet manager goes on as if there were none. */
export function createReplays(deps: {
  readonly source: KeptSource
  readonly newId: () => string
  readonly mostMs?: number
}): ReplaysService & AsyncDisposable {
  const views = new Map<string, ReplayView>()
  let running: { readonly id: string; readonly worker: Worker } | null = null

  const change = (id: string, changes: Partial<ReplayView>) => {
    const view = views.get(id)
    if (view?.state === 'running') views.set(id, { ...view, ...changes })
  }
  const end = async (id: string, changes: Partial<ReplayView>) => {
    change(id, changes)
    if (running?.id !== id) return
    const { worker } = running
    running = null
    await worker.terminate()
  }
  const begin = (site: SiteId, task: ReplayTask): ReplayView => {
    if (running) throw new CloudError('replay-busy', 'One replay runs already: wait for it, or cancel it')
    const id = deps.newId()
    const order: ReplayOrder = { source: deps.source, task }
    const worker = new Worker(WORKER, {
      workerData: order,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    })
    running = { id, worker }
    const limit = setTimeout(
      () => void end(id, { state: 'failed', failure: 'it took too long' }),
      deps.mostMs ?? MOST_MS,
    )
    limit.unref()
    worker.on('message', (news: ReplayNews) => {
      if (news.kind === 'progress') change(id, { share: news.share })
      else void end(id, { state: 'done', share: 1, result: news.result })
    })
    worker.on('error', (error: Error) => void end(id, { state: 'failed', failure: error.message }))
    worker.on('exit', () => {
      clearTimeout(limit)
      void end(id, { state: 'failed', failure: 'it ended early' })
    })
    const view: ReplayView = {
      ...{ id, site, state: 'running', share: 0 },
      from: task.from,
      to: task.to,
      result: null,
      failure: null,
    }
    views.set(id, view)
    for (const old of [...views.keys()].slice(0, -MOST_KEPT)) views.delete(old)
    return view
  }
  return {
    begin,
    get: (id) => views.get(id) ?? null,
    async cancel(id) {
      await end(id, { state: 'cancelled' })
      return views.get(id) ?? null
    },
    async [Symbol.asyncDispose]() {
      if (running) await end(running.id, { state: 'cancelled' })
    },
  }
}
