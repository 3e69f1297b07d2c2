import { existsSync, readFileSync } from 'node:fs'
import type { ClockQuality } from '@minewarden/protocol/time.ts'
import type { ProcessUsage } from '../health-report.ts'

/** What this process has used since it began. */
export function processUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage()
  return {
    rssBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1000,
    elapsedMs: performance.now(),
    bytesWritten: bytesWritten(),
  }
}

/** What reached the block layer. @see proc(5), /proc/pid/io, write_bytes */
function bytesWritten(): number | null {
  try {
    const text = readFileSync('/proc/self/io', 'utf8')
    const count = /^write_bytes: (\d+)$/m.exec(text)?.[1]
    return count === undefined ? null : Number(count)
  } catch {
    return null
  }
}

/** Before this the clock was never set: this code is younger. */
const NEVER_SET_BEFORE = Date.UTC(2025, 0, 1)
/** systemd-timesyncd makes this file at its first synchronisation after boot. @see systemd-timesyncd.service(8) */
const SYNCHRONISED = '/run/systemd/timesync/synchronized'

/** How far this machine's own clock can be trusted. Other time services leave no trace that is cheap to read. */
export function systemClockQuality(): ClockQuality {
  if (Date.now() < NEVER_SET_BEFORE) return 'unsynchronised'
  return existsSync(SYNCHRONISED) ? 'ntp' : 'holdover'
}
