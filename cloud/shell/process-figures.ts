import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** As it stands in the manifest. */
export const PRODUCT_VERSION: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version

/** What the process uses, since it was last asked. */
export interface ProcessFigures {
  readonly rssBytes: number
  readonly heapBytes: number
  /** Of one core. */
  readonly cpuShare: number
  readonly loopDelayP99Ms: number
  readonly uptimeS: number
}

/** The sampling of the event loop; finer costs more than it tells. */
const RESOLUTION_MS = 20
const NS_PER_MS = 1e6

export function createProcessFigures(): { take(): ProcessFigures } & Disposable {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let cpu = process.cpuUsage()
  let at = performance.now()
  return {
    take() {
      const used = process.cpuUsage(cpu)
      const elapsedMs = Math.max(1, performance.now() - at)
      const late = delay.percentile(99) / NS_PER_MS - RESOLUTION_MS
      delay.reset()
      cpu = process.cpuUsage()
      at = performance.now()
      const { rss, heapUsed } = process.memoryUsage()
      return {
        rssBytes: rss,
        heapBytes: heapUsed,
        cpuShare: (used.user + used.system) / 1000 / elapsedMs,
        loopDelayP99Ms: Number.isFinite(late) ? Math.max(0, late) : 0,
        uptimeS: process.uptime(),
      }
    },
    [Symbol.dispose]: () => delay.disable(),
  }
}
