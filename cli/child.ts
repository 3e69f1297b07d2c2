/**
 * The program of every process that the demo starts: `child.ts ROLE CONFIG`. It runs one half of the product exactly
 * as its own command would, tells its parent when it is ready, and ends with its parent, however that dies.
 */
import { createScaledClock } from './scaled-clock.ts'

type Run = (configPath: string, signal: AbortSignal, options: RunOptions) => Promise<void>
interface RunOptions {
  readonly clock?: ReturnType<typeof createScaledClock>
  readonly onReady?: () => void
}

const ROLES: Record<string, () => Promise<Run>> = {
  cloud: async () => (await import('@minewarden/cloud/main.ts')).runCloud,
  gateway: async () => (await import('@minewarden/edge/main.ts')).runGateway,
  utility: async () => (await import('@minewarden/utility/main.ts')).runUtility,
  feeders: async () => (await import('./feeders.ts')).runFeeders,
}

const [role = '', configPath = ''] = process.argv.slice(2)
const load = ROLES[role]
if (!load || !configPath) {
  console.error(`child.ts ROLE CONFIG, with ROLE one of ${Object.keys(ROLES).join(', ')}`)
  process.exit(2)
}

const stop = new AbortController()
// Ctrl-C reaches the whole process group; the parent stops its children in order, so they do not listen to it.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => stop.abort())
process.on('disconnect', () => stop.abort())

const speed = Number(process.env.MINEWARDEN_DEMO_SPEED ?? 1)
const origin = Number(process.env.MINEWARDEN_DEMO_ORIGIN ?? Date.now())
const options: RunOptions = {
  ...(speed === 1 ? {} : { clock: createScaledClock({ originMs: origin, speed }) }),
  onReady: () => process.send?.('ready'),
}
try {
  const run = await load()
  await run(configPath, stop.signal, options)
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
