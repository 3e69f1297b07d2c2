/** The fleet manager itself, as a point. */
import type { Instant } from '@minewarden/protocol/time.ts'
import type { IngestCounts } from '../ingest-counts.ts'
import type { HistoryCounts } from './engine.ts'
import type { HistoryPoint } from './measurement.ts'
import { fleetPoint } from './schema.ts'

export interface FleetManagerFigures {
  readonly ingest: Readonly<IngestCounts>
  readonly history: HistoryCounts
  /** Rows that wait for each consumer of the journal. */
  readonly lags: { readonly history: number; readonly detection: number; readonly probes: number }
  readonly process: {
    readonly rssBytes: number
    readonly heapBytes: number
    readonly cpuShare: number
    readonly loopDelayP99Ms: number
    readonly uptimeS: number
  }
  readonly rowsPerS: number
  readonly diskFreeBytes: number
  readonly gateways: number
  readonly gatewaysOnline: number
  readonly sites: number
  readonly version: string
}

export function fleetManagerPoint(figures: FleetManagerFigures, host: string, now: Instant): HistoryPoint {
  const { ingest, history, lags, process, ...rest } = figures
  return fleetPoint(
    'fleetManager',
    now,
    { host },
    {
      ...ingest,
      ...process,
      ...rest,
      detectionLagRows: lags.detection,
      historyLagRows: lags.history,
      probesLagRows: lags.probes,
      pointsWritten: history.written,
      pointsRefused: [...history.refused.values()].reduce((sum, count) => sum + count, 0),
      writeFailures: history.failures,
      rewrittenWindows: history.windows,
    },
  )
}
