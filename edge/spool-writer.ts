/**
 * When readings are committed: an alarm at once (taking along what waits), features within the rhythm of the memory card.
 * A reading that cannot be committed because the disk refuses waits; when too many wait, the oldest features are given
 * up and counted in a gap reading that is committed as soon as the disk takes it.
 */
import { READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { type ClockShift, shiftReading } from './core/clock/clock-shift.ts'
import { foldGap, GAP_OF_NOTHING, type GapTally, gapReading } from './core/gap.ts'
import type { Logger, Spool, SpoolRow } from './core/ports.ts'

/** Settled rows leave the disk at most this often. */
export const PRUNE_EACH_MS: Millis = 300_000
/** So many waiting rows are committed without waiting for the rhythm. */
export const COMMIT_AT_ROWS = 500
/** More readings than this never wait in memory. */
export const MAX_WAITING = 5_000
/** After a refusal the disk is tried again this much later. */
const RETRY_MS: Millis = 1_000

export interface SpoolWriterDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly spool: Spool
  /** Rows that have just been accepted. */
  readonly accepted: (rows: readonly SpoolRow[]) => void
  /** Rows that had the wrong time have the right one. */
  readonly restamped?: () => void
}

export class SpoolWriter {
  readonly #deps: SpoolWriterDeps
  readonly #featureCommitMs: Millis
  readonly #stop = new AbortController()
  #waiting: Reading[] = []
  #lost: GapTally = GAP_OF_NOTHING
  #timer: 'none' | 'set' = 'none'
  #refusedAt: Millis | null = null
  /** What the disk has not taken yet. */
  #unmoved: { readonly shift: ClockShift; readonly fromSequence: number } | null = null

  constructor(deps: SpoolWriterDeps, options: { readonly featureCommitMs: Millis }) {
    this.#deps = deps
    this.#featureCommitMs = options.featureCommitMs
  }

  start(): void {
    void this.#pruneForEver()
  }

  /** Takes readings of one sensor, or of the gateway. */
  put(readings: readonly Reading[]): void {
    if (readings.length === 0) return
    for (const reading of readings) this.#waiting.push(reading)
    const urgent = readings.some(({ kind }) => READING_KINDS[kind].priority === 'alarm')
    if (this.#waiting.length > MAX_WAITING) this.#giveUp()
    if ((urgent || this.#waiting.length >= COMMIT_AT_ROWS) && !this.#isResting()) this.commit()
    else this.#commitIn(this.#refusedAt === null ? this.#featureCommitMs : RETRY_MS)
  }

  /** Commits everything that waits; false when the disk refused. */
  commit(): boolean {
    if (!this.#restampRows()) return false
    const gap = this.#lost.rows > 0 ? [gapReading(this.#lost, 'disk-refused')] : []
    const batch = [...gap, ...this.#waiting]
    if (batch.length === 0) return true
    try {
      const rows = this.#deps.spool.append(batch)
      this.#waiting = []
      this.#lost = GAP_OF_NOTHING
      this.#refusedAt = null
      this.#deps.accepted(rows)
      return true
    } catch (error) {
      this.#refused(error)
      return false
    }
  }

  /**
   * The time became known: moves what waits, and the rows from this sequence on. While the disk refuses, that is tried
   * again before each commit, so that no row is sent in between.
   */
  restamp(shift: ClockShift, fromSequence: number): void {
    this.#waiting = this.#waiting.map((reading) => shiftReading(shift, reading))
    this.#unmoved = { shift, fromSequence }
    this.#restampRows()
  }

  stop(): void {
    this.#stop.abort()
    this.commit()
  }

  /** Whether nothing is left to be moved. */
  #restampRows(): boolean {
    if (this.#unmoved === null) return true
    const { shift, fromSequence } = this.#unmoved
    try {
      const rows = this.#deps.spool.restamp(shift, fromSequence)
      this.#deps.logger.info({ rows, byMs: shift.byMs }, 'rows restamped')
      this.#unmoved = null
      this.#deps.restamped?.()
      return true
    } catch (error) {
      this.#refused(error)
      return false
    }
  }

  #refused(error: unknown): void {
    if (this.#refusedAt === null) this.#deps.logger.error({ reason: (error as Error).message }, 'spool refuses')
    this.#refusedAt = this.#deps.clock.monotonic()
    this.#commitIn(RETRY_MS)
  }

  #isResting(): boolean {
    return this.#refusedAt !== null && this.#deps.clock.monotonic() - this.#refusedAt < RETRY_MS
  }

  #commitIn(delayMs: Millis): void {
    if (this.#timer === 'set' || this.#stop.signal.aborted) return
    this.#timer = 'set'
    this.#deps.clock.sleep(delayMs, this.#stop.signal).then(
      () => {
        this.#timer = 'none'
        this.commit()
      },
      () => undefined,
    )
  }

  /** Alarms are the last to go. */
  #giveUp(): void {
    const excess = this.#waiting.length - MAX_WAITING
    const isAlarm = (reading: Reading) => READING_KINDS[reading.kind].priority === 'alarm'
    const doomed = new Set(
      [...this.#waiting.filter((r) => !isAlarm(r)), ...this.#waiting.filter(isAlarm)].slice(0, excess),
    )
    for (const reading of doomed) this.#lost = foldGap(this.#lost, null, reading)
    this.#waiting = this.#waiting.filter((reading) => !doomed.has(reading))
  }

  async #pruneForEver(): Promise<void> {
    const { clock, spool } = this.#deps
    try {
      for (;;) {
        await clock.sleep(PRUNE_EACH_MS, this.#stop.signal)
        spool.prune()
      }
    } catch {
      // Stopped.
    }
  }
}
