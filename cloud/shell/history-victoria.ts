/**
 * Every point to VictoriaMetrics too, by the line protocol. It keeps numbers only (texts are left out there), calls a
 * field `measurement_field`, has one retention for everything, and is asked in PromQL: pages keep to the embedded history.
 * @see https://docs.victoriametrics.com/#how-to-send-data-from-influxdb-compatible-agents-such-as-telegraf
 */
import type { Clock } from '@minewarden/protocol/time.ts'
import type { RegisteredFleet } from '../core/history/cardinality.ts'
import type { HistoryMirror } from '../core/history/engine.ts'
import type { Logger } from '../core/ports.ts'
import { readingLinesOf } from './history-influx.ts'
import { HistoryLines } from './history-lines.ts'
import { createLinePost, type DatabaseAccess } from './line-post.ts'

export function openVictoriaMirror(
  { access, fleet }: { readonly access: DatabaseAccess; readonly fleet: RegisteredFleet },
  { clock, logger: parent }: { readonly clock: Clock; readonly logger: Logger },
): HistoryMirror {
  const stop = new AbortController()
  const logger = parent.child({ history: 'victoriametrics' })
  const lines = new HistoryLines({
    ...{ post: createLinePost(access, stop.signal), clock, logger },
    lines: readingLinesOf(fleet),
    query: { precision: 'u' },
    hasPolicies: false,
    // Its retention is a parameter of its start, which is not ours to know.
    keepMs: Number.POSITIVE_INFINITY,
    late: null,
    prepare: async () => {},
  })
  return {
    counts: lines.counts,
    points: lines,
    write: (rows) => lines.write(rows),
    settledOffset: (dealt) => dealt,
    tend: async () => {},
    interrupt: () => stop.abort(),
    async close() {
      stop.abort()
      lines.close()
    },
  }
}
