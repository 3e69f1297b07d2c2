import { readFileSync } from 'node:fs'
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
