/**
 * The history in InfluxDB 1.x: readings, figures and facts are written as lines, pages are answered by InfluxQL, and what
 * came too late for a continuous query is downsampled here. With 2.x and 3.x, of which nothing has been tried, policies
 * and downsampling are set up by hand (`docs/history.md`).
 */
import { READING_KINDS } from '@minewarden/protocol/reading.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { countSeries, type RegisteredFleet } from '../core/history/cardinality.ts'
import type { HistoryCounts, HistoryEngine } from '../core/history/engine.ts'
import { WINDOWS, type Windows } from '../core/history/influxql.ts'
import { LateWindows } from '../core/history/late-windows.ts'
import { placesOfGateways } from '../core/history/places.ts'
import { ReadingLines } from '../core/history/reading-lines.ts'
import type { RetentionDays } from '../core/history/retention.ts'
import { SeriesAdmission } from '../core/history/series-admission.ts'
import type { HistoryQuestion, HistorySeries, JournalRow, Logger } from '../core/ports.ts'
import { HistoryLines } from './history-lines.ts'
import { createInfluxClient, type InfluxClient } from './influx-client.ts'
import { InfluxTraces } from './influx-traces.ts'
import { InfluxUpkeep } from './influx-upkeep.ts'
import { createLinePost, type DatabaseAccess } from './line-post.ts'

export interface InfluxHistoryOptions {
  readonly access: DatabaseAccess
  readonly database: string
  readonly keepDays: RetentionDays
  readonly fleet: RegisteredFleet
  /** Others than the declared ones are for tests. */
  readonly windows?: Windows
}

const DAY_MS: Millis = 24 * 3_600_000
/** A page waits for a trace. */
const PAGE_MS: Millis = 10_000
const UPKEEP_MS: Millis = 60_000

export function openInfluxHistory(
  options: InfluxHistoryOptions,
  { clock, logger: parent }: { readonly clock: Clock; readonly logger: Logger },
): HistoryEngine {
  const { access, database, keepDays, fleet, windows = WINDOWS } = options
  const logger = parent.child({ history: 'influxdb' })
  const late = new LateWindows(windows)
  const stop = new AbortController()
  const { signal } = stop
  const client = (timeoutMs: Millis): InfluxClient => createInfluxClient({ access, database, timeoutMs, signal })
  const gateways = fleet.gateways.length
  const upkeep = new InfluxUpkeep({
    client: client(UPKEEP_MS),
    database,
    gateways,
    keepDays,
    windows,
    late,
    clock,
    logger,
  })
  const lines = new HistoryLines({
    ...{ post: createLinePost(access, signal), clock, logger, late },
    lines: readingLinesOf(fleet),
    query: { db: database, precision: 'u' },
    hasPolicies: true,
    keepMs: keepDays.raw * DAY_MS,
    prepare: () => upkeep.prepare(),
  })
  logger.info({ database, series: countSeries(fleet).all }, 'the history is in InfluxDB')
  return new InfluxHistory({ lines, upkeep, traces: new InfluxTraces(client(PAGE_MS), database), late, stop })
}

/** Lines of the readings of a registered fleet, its series bounded. */
export const readingLinesOf = (fleet: RegisteredFleet): ReadingLines =>
  new ReadingLines({
    places: placesOfGateways(fleet),
    admission: new SeriesAdmission(
      fleet.sites.flatMap(({ sensors }) => sensors.map(({ gateway, id }) => `${gateway}/${id}`)),
    ),
  })

interface Parts {
  readonly lines: HistoryLines
  readonly upkeep: InfluxUpkeep
  readonly traces: InfluxTraces
  readonly late: LateWindows
  readonly stop: AbortController
}

class InfluxHistory implements HistoryEngine {
  readonly points: HistoryLines
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.points = parts.lines
    this.#parts = parts
  }

  get counts(): HistoryCounts {
    return this.points.counts
  }

  async write(rows: readonly JournalRow[]): Promise<void> {
    await this.#parts.upkeep.ready()
    try {
      await this.points.write(rows)
      this.#parts.upkeep.answered()
    } catch (error) {
      this.#parts.upkeep.away()
      throw error
    }
  }

  query(question: HistoryQuestion): Promise<HistorySeries[]> {
    const { kind, fields } = question
    const known = fields.filter((field) => Object.hasOwn(READING_KINDS[kind].fields, field))
    return this.#parts.traces.query({ ...question, fields: known })
  }

  settledOffset(dealt: number): number {
    return Math.min(dealt, this.#parts.late.owedOffset ?? dealt)
  }

  async tend(): Promise<void> {
    this.points.counts.windows += await this.#parts.upkeep.tend()
  }

  /** The database drops what is past its policy by itself. */
  async prune(): Promise<void> {}

  interrupt(): void {
    this.#parts.stop.abort()
  }

  async close(): Promise<void> {
    this.interrupt()
    this.points.close()
  }
}
