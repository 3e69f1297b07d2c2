import { randomUUID } from 'node:crypto'
import { instant } from '@minewarden/protocol/time.ts'
import type { AuditFact } from '../../../cloud/core/audit.ts'
import { DEFAULT_PARAMETERS } from '../../../cloud/core/detection/parameters.ts'
import type { ReplayTask } from '../../../cloud/core/tuning/replay.ts'
import type { ReplaysService, ReplayView } from '../../../cloud/core/tuning/replays-port.ts'
import { createTuning } from '../../../cloud/core/tuning/tuning.ts'

/** Tuning without a file; what went into the audit log stands in `audited`. */
export function createMemoryTuning() {
  const audited: AuditFact[] = []
  const tuning = createTuning({
    store: { versions: () => [], save: () => {} },
    county: DEFAULT_PARAMETERS,
    audit: async (fact) => void audited.push(fact),
    clock: { now: () => instant(Date.now()) },
  })
  return { ...tuning, audited }
}

/** Replays that a test ends; `tasks` are those that were asked for. */
export function createMemoryReplays(): ReplaysService & { readonly tasks: ReplayTask[]; put(view: ReplayView): void } {
  const views = new Map<string, ReplayView>()
  const tasks: ReplayTask[] = []
  return {
    tasks,
    put: (view) => void views.set(view.id, view),
    begin(site, task) {
      tasks.push(task)
      const view: ReplayView = {
        ...{ id: randomUUID(), site, from: task.from, to: task.to },
        ...{ state: 'running', share: 0, result: null, failure: null },
      }
      views.set(view.id, view)
      return view
    },
    get: (id) => views.get(id) ?? null,
    async cancel(id) {
      const view = views.get(id)
      if (view) views.set(id, { ...view, state: 'cancelled' })
      return views.get(id) ?? null
    },
  }
}
