/** The gateway's own health, each minute, as a reading like any other. */
import type { Reading } from '@minewarden/protocol/reading.ts'
import { type Millis, type Timekeeper, UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'
import type { Spool } from './core/ports.ts'

export const HEALTH_EACH_MS: Millis = 60_000

/** What the process has used; counters since its start. */
export interface ProcessUsage {
  readonly rssBytes: number
  readonly cpuMs: Millis
  readonly elapsedMs: Millis
  /** Bytes handed to the disk; `null` where the system does not count them. */
  readonly bytesWritten: number | null
}

export interface HealthDeps {
  readonly clock: Timekeeper
  readonly usage: () => ProcessUsage
  readonly spool: Pick<Spool, 'stats'>
  readonly badInputs: () => number
  readonly put: (readings: readonly Reading[]) => void
}

export async function reportHealth(deps: HealthDeps, signal: AbortSignal): Promise<void> {
  let before = deps.usage()
  while (!signal.aborted) {
    await deps.clock.sleep(HEALTH_EACH_MS, signal).catch(() => undefined)
    if (signal.aborted) return
    const usage = deps.usage()
    deps.put([healthReading(deps, usage, before)])
    before = usage
  }
}

function healthReading(deps: HealthDeps, usage: ProcessUsage, before: ProcessUsage): Reading {
  const spool = deps.spool.stats()
  const { at, quality, errorMs } = deps.clock.stamp(deps.clock.monotonic())
  return {
    kind: 'health',
    sensor: null,
    channel: null,
    measuredAt: at,
    clock: quality,
    ...(errorMs === null ? {} : { clockErrorMs: errorMs }),
    fields: {
      spoolRows: spool.rows,
      spoolBytes: spool.bytes,
      spoolOldestMs: spool.oldestAt,
      spoolFill: spool.bytes / spool.quotaBytes,
      rssBytes: usage.rssBytes,
      cpuShare: (usage.cpuMs - before.cpuMs) / Math.max(1, usage.elapsedMs - before.elapsedMs),
      bytesWritten: usage.bytesWritten,
      badInputs: deps.badInputs(),
      clockErrorMs: errorMs === null || errorMs >= UNKNOWN_ERROR_MS ? null : errorMs,
    },
  }
}
