/**
 * A spool whose reads never throw: a disk that refuses for a moment must not end the session that runs over it. Appending
 * and restamping still throw, for the writer to try again. A file that turns out to be damaged is reported once.
 */
import type { Instant } from '@minewarden/protocol/time.ts'
import type { Logger, RowRef, Spool, SpoolStats } from '../core/ports.ts'
import { isUnreadable } from './spool-file.ts'

export interface GuardDeps {
  readonly logger: Logger
  /** The file is damaged: it has to be opened anew. */
  readonly damaged: () => void
}

export function guardSpool(spool: Spool, deps: GuardDeps): Spool {
  let known: SpoolStats | null = null
  let reported = false

  function note(error: unknown): void {
    deps.logger.error({ reason: (error as Error).message }, 'spool refuses')
    if (reported || !isUnreadable(error)) return
    reported = true
    deps.damaged()
  }
  function attempt<T>(work: () => T, otherwise: T): T {
    try {
      return work()
    } catch (error) {
      note(error)
      return otherwise
    }
  }

  return {
    epoch: spool.epoch,
    get next() {
      return spool.next
    },
    append(readings) {
      try {
        return spool.append(readings)
      } catch (error) {
        if (isUnreadable(error)) note(error)
        throw error
      }
    },
    pending: (priority, after, limit) => attempt(() => spool.pending(priority, after, limit), []),
    get: (ref: RowRef) => attempt(() => spool.get(ref), null),
    settle: (ranges) => spool.settle(ranges),
    restamp: (shift, from) => spool.restamp(shift, from),
    prune: () => attempt(() => spool.prune(), 0),
    stats() {
      known = attempt(() => spool.stats(), known ?? nothingKnown())
      return known
    },
    sources: () => spool.sources(),
    close: () => attempt(() => spool.close(), undefined),
  }
}

const nothingKnown = (): SpoolStats => {
  const oldestAt: Instant | null = null
  return { rows: 0, bytes: 0, quotaBytes: 1, oldest: 1, oldestAt, dropped: 0 }
}
