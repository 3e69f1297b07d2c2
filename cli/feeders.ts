import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createPositionFile } from '@minewarden/hardware/feeder/position-file.ts'
import { createFeederServer } from '@minewarden/hardware/feeder/server.ts'
import { CodedError, check, describeProblems } from '@minewarden/protocol/errors.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import { CliError } from './errors.ts'
import { createScaledClock } from './scaled-clock.ts'

const FeedersConfig = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.number().int().min(0).max(65_535),
  feeders: z.array(z.string().min(1)).min(1),
  /** Positions outlive the simulator here. */
  positionFile: z.string().optional(),
})

/** The feeder simulator as a process, until the signal aborts. @throws CliError `config-invalid` */
export async function runFeeders(
  configPath: string,
  signal: AbortSignal,
  options: { clock?: Clock; onReady?: () => void },
): Promise<void> {
  const config = check(FeedersConfig, readJson(configPath))
  if (!config.ok) throw new CliError('config-invalid', `${configPath}: ${describeProblems(config.problems)}`)
  const { host, port, feeders, positionFile } = config.value
  await using server = createFeederServer(
    {
      clock: options.clock ?? createScaledClock({ originMs: Date.now(), speed: 1 }),
      ...(positionFile ? { positions: createPositionFile(positionFile) } : {}),
    },
    { feeders, host, port },
  )
  const bound = await server.start().catch((error) => {
    throw error instanceof CodedError ? error : new CliError('port-busy', `${host}:${port}: ${error.message}`, error)
  })
  console.log(`${feeders.length} simulated feeders on ${host}:${bound}`)
  options.onReady?.()
  if (!signal.aborted) await once(signal, 'abort')
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CliError('config-invalid', `${path}: ${error instanceof Error ? error.message : error}`, error)
  }
}
