/**
 * A gateway or a fleet manager whose wall clock is set while it runs: `stepped-child.ts ROLE CONFIG`. Its parent says
 * `{ "offsetMs": N }` to have it show so much more than this machine's. Elapsed time is not touched, as in a real machine.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, instant } from '@minewarden/protocol/time.ts'

const [role = '', config = ''] = process.argv.slice(2)
let offsetMs = Number(process.env.MINEWARDEN_CLOCK_OFFSET_MS ?? 0)
process.on('message', (message: { offsetMs: number }) => {
  offsetMs = message.offsetMs
})
const clock: Clock = {
  now: () => instant(Date.now() + offsetMs),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : undefined),
}
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())

if (role === 'gateway') {
  const { runGateway } = await import('@minewarden/edge/main.ts')
  await runGateway(config, stop.signal, { clock })
} else {
  const { runCloud } = await import('@minewarden/cloud/main.ts')
  await runCloud(config, stop.signal, { clock })
}
process.exit(0)
