/**
 * The writing half of a history that takes lines (InfluxDB, VictoriaMetrics). A write resolves once the database has
 * answered for it: who calls keeps the place in the journal, and calls again after a failure. What the database will
 * never take is counted by name and left behind, so that nothing stands in the way for ever.
 */
import type { Clock } from '@minewarden/protocol/time.ts'
import { countRefusal, emptyHistoryCounts, type HistoryCounts, type PointSink } from '../core/history/engine.ts'
import type { LateWindows } from '../core/history/late-windows.ts'
import { lineOf } from '../core/history/line-protocol.ts'
import type { HistoryPoint } from '../core/history/measurement.ts'
import { fieldKey, type LineLimits, type ReadingLines } from '../core/history/reading-lines.ts'
import { isMeasurement, MEASUREMENTS } from '../core/history/schema.ts'
import { judgeAnswer, type WriteAnswer } from '../core/history/write-answer.ts'
import type { JournalRow, Logger } from '../core/ports.ts'
import { SparingLog } from '../core/sparing-log.ts'
import { CloudError } from '../errors.ts'
import type { LinePost } from './line-post.ts'

export interface HistoryLinesDeps {
  readonly post: LinePost
  readonly lines: ReadingLines
  readonly clock: Clock
  readonly logger: Logger
  /** Parameters of `/write`, but the retention policy. */
  readonly query: Readonly<Record<string, string>>
  /** Without it the database has no policies, and no parameter names one. */
  readonly hasPolicies: boolean
  /** Readings older than this would be dropped at once. */
  readonly keepMs: number
  /** `null`: nothing is downsampled there. */
  readonly late: LateWindows | null
  /** Makes database and policies; asked when they are found missing. */
  readonly prepare: () => Promise<void>
}

/** A stamp may be ahead of us by so much; more would be every panel's newest value for as long. */
const AHEAD_MS = 24 * 3_600_000
/** Lines of one request. */
const MAX_LINES = 5_000
/** Fields left out at once at most; with more, whole points are left behind. */
const MAX_LEFT_OUT = 1_000
/** A type in conflict goes with its shard: a day later it is tried again. */
const LEFT_OUT_MS = 24 * 3_600_000
const LOG_EACH_MS = 60_000

export class HistoryLines implements PointSink {
  readonly counts: HistoryCounts = emptyHistoryCounts()
  readonly #deps: HistoryLinesDeps
  readonly #log: SparingLog
  #leftOut = new Set<string>()
  #leftOutSince = 0

  constructor(deps: HistoryLinesDeps) {
    this.#deps = deps
    this.#log = new SparingLog(deps.logger, LOG_EACH_MS)
  }

  /** @throws CloudError `history-unreachable`, `history-refused`: to be told again */
  async write(rows: readonly JournalRow[]): Promise<void> {
    const now = this.#deps.clock.now()
    if (now - this.#leftOutSince > LEFT_OUT_MS) {
      this.#leftOut = new Set()
      this.#leftOutSince = now
    }
    const limits = { oldestMs: now - this.#deps.keepMs, newestMs: now + AHEAD_MS }
    await this.#send(rows.length, 'raw', (leftOut) => this.#linesOf(rows, limits, leftOut))
    for (const { gateway, reading, offset } of rows) {
      if (isMeasurement(reading.kind)) this.#deps.late?.wrote(reading.kind, gateway, reading.measuredAt, offset, now)
    }
  }

  async writePoints(points: readonly HistoryPoint[]): Promise<void> {
    for (const policy of ['raw', 'facts'] as const) {
      const of = points.filter(
        ({ measurement }) => isMeasurement(measurement) && MEASUREMENTS[measurement].policy === policy,
      )
      await this.#send(of.length, policy, (leftOut) => of.flatMap((point) => lineOf(without(point, leftOut)) ?? []))
    }
  }

  close(): void {
    this.#deps.post.close()
  }

  #linesOf(rows: readonly JournalRow[], limits: LineLimits, leftOut: ReadonlySet<string>): string[] {
    const lines: string[] = []
    for (const row of rows) {
      const line = this.#deps.lines.lineOf(row, limits, leftOut)
      if (line.kind === 'line') lines.push(line.text)
      else if (line.kind === 'refused') this.#refuse(line.why, `${row.gateway} ${row.reading.kind}`)
    }
    return lines
  }

  /** Sends what `make` makes; makes it again without a field whose type there is another. */
  async #send(count: number, policy: 'raw' | 'facts', make: (leftOut: ReadonlySet<string>) => string[]): Promise<void> {
    if (count === 0) return
    for (;;) {
      const lines = make(this.#leftOut)
      const known = this.#leftOut.size
      for (let from = 0; from < lines.length; from += MAX_LINES) {
        await this.#sendLines(lines.slice(from, from + MAX_LINES), policy)
      }
      // A conflict drops whole points. Without the field in question they are taken: told again, the others change nothing.
      if (this.#leftOut.size === known) return
    }
  }

  async #sendLines(lines: readonly string[], policy: string): Promise<void> {
    let answer = await this.#ask(lines, policy)
    if (answer.kind === 'unprepared') {
      await this.#deps.prepare()
      answer = await this.#ask(lines, policy)
    }
    if (answer.kind === 'taken') this.counts.written += lines.length
    else if (answer.kind === 'partly') this.#takePartly(answer, lines.length)
    else if (answer.kind !== 'indigestible') throw this.#failure(answer)
    else if (lines.length === 1) this.#refuse('not understood', answer.why)
    else {
      const half = lines.length >> 1
      await this.#sendLines(lines.slice(0, half), policy)
      await this.#sendLines(lines.slice(half), policy)
    }
  }

  async #ask(lines: readonly string[], policy: string): Promise<WriteAnswer> {
    if (lines.length === 0) return { kind: 'taken' }
    const { post, query, hasPolicies } = this.#deps
    try {
      const { status, body } = await post.post(lines.join('\n'), hasPolicies ? { ...query, rp: policy } : query)
      return judgeAnswer(status, body)
    } catch (error) {
      this.counts.failures++
      throw error
    }
  }

  #failure({ kind, why }: Extract<WriteAnswer, { kind: 'unprepared' | 'refused' | 'failed' }>): CloudError {
    this.counts.failures++
    return new CloudError(kind === 'failed' ? 'history-unreachable' : 'history-refused', why)
  }

  #takePartly({ why, dropped, conflict }: Extract<WriteAnswer, { kind: 'partly' }>, lines: number): void {
    const field = conflict && fieldKey(conflict.measurement, conflict.field)
    this.counts.written += Math.max(0, lines - dropped)
    if (field !== null && !this.#leftOut.has(field) && this.#leftOut.size < MAX_LEFT_OUT) {
      this.#leftOut.add(field)
      this.#refuse(`type of ${field}`, why)
    } else this.#refuse('dropped by the database', why, Math.max(1, dropped))
  }

  #refuse(why: string, detail: string, count = 1): void {
    countRefusal(this.counts, why, count)
    this.#log.warn(why, this.#deps.clock.now(), { why, detail }, 'the history does not take this')
  }
}

function without(point: HistoryPoint, leftOut: ReadonlySet<string>): HistoryPoint {
  if (leftOut.size === 0) return point
  const fields = Object.entries(point.fields).filter(([name]) => !leftOut.has(fieldKey(point.measurement, name)))
  return { ...point, fields: Object.fromEntries(fields) }
}
