import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { ReplayResult, ReplayTask } from './replay.ts'

/** A replay that runs or has ended. */
export interface ReplayView {
  readonly id: string
  readonly site: SiteId
  readonly from: number
  readonly to: number
  readonly state: 'running' | 'done' | 'cancelled' | 'failed'
  /** 0 to 1, of the span. */
  readonly share: number
  /** Once it is done. */
  readonly result: ReplayResult | null
  /** Why it failed. */
  readonly failure: string | null
}

/** One replay at a time, off the back of everything else. */
export interface ReplaysService {
  /** @throws CloudError `replay-busy` */
  begin(site: SiteId, task: ReplayTask): ReplayView
  /** `null`: no such replay, or forgotten. */
  get(id: string): ReplayView | null
  /** One that has ended stays as it is. `null`: no such replay. */
  cancel(id: string): Promise<ReplayView | null>
}
