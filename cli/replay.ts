import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runGateway } from '@minewarden/edge/main.ts'
import { openRecording, type RecordedGateway } from '@minewarden/hardware/recording/recording.ts'
import { CliError } from './errors.ts'
import { createScaledClock } from './scaled-clock.ts'

export interface ReplayOptions {
  readonly broker: string
  readonly gateway?: string
  readonly passwordFile?: string
  readonly hostId: string
  readonly speed: number
  readonly data?: string
}

/**
 * A gateway that reads a recording instead of sensors, until the signal. Above speed 1 its clock runs faster with it,
 * so that its stamps agree with each other; a fleet manager with a clock of its own sees them as early.
 * @throws CliError `recordings-missing`; HardwareError `recording-unreadable`; EdgeError `config-invalid`
 */
export async function runReplay(dir: string, options: ReplayOptions, signal: AbortSignal): Promise<number> {
  const recording = await openRecording(resolve(dir))
  const gateway = choose(recording.gateways, options.gateway, dir)
  const data = resolve(options.data ?? mkdtempSync(join(tmpdir(), 'minewarden-replay-')))
  const configPath = join(data, 'gateway.json')
  const config = {
    gateway: gateway.id,
    county: gateway.county,
    data,
    primaryHost: options.hostId,
    uplink: {
      servers: [options.broker],
      passwordFile: options.passwordFile ? resolve(options.passwordFile) : null,
    },
    drivers: [{ kind: 'recording', dir: recording.dir, gateway: gateway.id }],
  }
  writeFileSync(configPath, JSON.stringify(config, null, 1))
  const clock = options.speed === 1 ? {} : { clock: createScaledClock({ originMs: Date.now(), speed: options.speed }) }
  try {
    await runGateway(configPath, signal, clock)
  } finally {
    if (!options.data) rmSync(data, { recursive: true, force: true })
  }
  return 0
}

function choose(gateways: readonly RecordedGateway[], id: string | undefined, dir: string): RecordedGateway {
  const chosen = id === undefined && gateways.length === 1 ? gateways[0] : gateways.find((gateway) => gateway.id === id)
  if (chosen) return chosen
  const ids = gateways.map((gateway) => gateway.id).join(', ')
  throw new CliError(
    'recordings-missing',
    `${dir}: ${id ? `no gateway ${id}` : 'name one with --gateway'}; it has ${ids}`,
  )
}
