#!/usr/bin/env node
/** `minewarden-gateway`: a gateway alone. Exit codes: 0 done, 1 failed or a check failed, 2 the call or its input was wrong. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CodedError } from '@minewarden/protocol/errors.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import type { GatewayConfig } from './config.ts'
import { EdgeError } from './errors.ts'
import type { TimeSource } from './gateway.ts'

const HELP = `minewarden-gateway: reads the sensors of a site and reports to the county's fleet manager.

  minewarden-gateway run --config FILE             runs until SIGTERM or SIGINT
  minewarden-gateway doctor --config FILE [--json] checks every sensor, the clock, the disk and the uplink
  minewarden-gateway relearn SENSOR --config FILE  a camera was turned on purpose: the running gateway learns its view anew
  minewarden-gateway --check                       loads every part of the program, then ends
  minewarden-gateway --help | --version

Exit codes: 0 done, 1 something failed, 2 the call or the configuration is wrong.
`

/** Words that follow each command. */
const COMMANDS: { readonly [name: string]: number } = { run: 0, doctor: 0, relearn: 1 }

/** Errors of what the caller wrote; all others are the world's. */
const INPUT_ERRORS = new Set(['config-invalid', 'data-unusable', 'recording-unreadable'])

export interface RunOptions {
  /** The machine's own by default. */
  readonly clock?: Clock
  /** Told once the gateway measures. */
  readonly onReady?: () => void
}

/** Runs a gateway until the signal aborts. @throws EdgeError, HardwareError when it cannot begin */
export async function runGateway(configPath: string, signal: AbortSignal, options: RunOptions = {}): Promise<void> {
  const config = await readConfig(configPath)
  const [{ openGateway }, { createLogger }, { createMqttUplink }, { systemClock }, time] = await Promise.all([
    import('./gateway.ts'),
    import('./shell/logger.ts'),
    import('./shell/uplink-mqtt.ts'),
    import('./shell/system-clock.ts'),
    // A clock from outside is believed: no daemon of this machine keeps it.
    options.clock ? null : timeSource(config),
  ])
  const logger = createLogger(config.log, { gateway: config.gateway })
  const deps = {
    clock: options.clock ?? systemClock,
    time,
    logger,
    random: Math.random,
    uplink: createMqttUplink({
      ...config.uplink,
      clientId: config.gateway,
      username: config.uplink.username ?? config.gateway,
    }),
  }
  // Once round, and again for each spool file that turns out to be damaged: opening sets it aside.
  while (!signal.aborted) {
    await using gateway = await openGateway(deps, config)
    await gateway.start()
    logger.info({ rssBytes: process.memoryUsage.rss(), drivers: config.drivers.length }, 'gateway runs')
    options.onReady?.()
    await Promise.race([aborted(signal), gateway.damaged])
    logger.info({}, 'gateway stops')
  }
}

async function timeSource({ clock }: GatewayConfig): Promise<TimeSource | null> {
  if (clock.source === 'system') return null
  const [{ createTimeDaemon }, { readWallOffset }] = await Promise.all([
    import('./shell/time-daemon.ts'),
    import('./shell/wall-clock.ts'),
  ])
  const daemon = createTimeDaemon({ source: clock.source, program: 'chronyc', address: clock.chronyAddress })
  return { daemon, readWall: readWallOffset, driftPpm: clock.driftPpm }
}

async function readConfig(path: string): Promise<GatewayConfig> {
  const { parseConfig } = await import('./config.ts')
  let raw: unknown
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new EdgeError('config-invalid', `configuration ${path}: ${(error as Error).message}`, error)
  }
  return parseConfig(raw)
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** The stop signal of a program run by hand or by systemd; a second signal ends it at once. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130)
      stop.abort()
    })
  }
  return stop.signal
}

async function command(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
    },
  })
  if (values.help) return say(HELP)
  if (values.version) return say(`${version()}\n`)
  if (values.check) return await checkProgram()
  const [name, ...rest] = positionals
  if (name === undefined || COMMANDS[name] !== rest.length)
    return refuse('run, doctor or relearn SENSOR is needed; --help tells more')
  if (values.config === undefined) return refuse('--config FILE is needed')
  if (name === 'run') {
    await runGateway(values.config, stopOnSignals())
    return 0
  }
  if (name === 'relearn') return await relearnSensor(values.config, rest[0] ?? '')
  const { runDoctor } = await import('./doctor.ts')
  return await runDoctor(await readConfig(values.config), { json: values.json, write: say }, stopOnSignals())
}

async function relearnSensor(configPath: string, name: string): Promise<number> {
  const [{ relearn }, { SensorId }, { systemClock }] = await Promise.all([
    import('./relearn.ts'),
    import('@minewarden/protocol/ids.ts'),
    import('./shell/system-clock.ts'),
  ])
  const sensor = SensorId.safeParse(name)
  if (!sensor.success) return refuse(`${name}: no name of a sensor`)
  return await relearn({ clock: systemClock, write: say }, await readConfig(configPath), sensor.data)
}

/** Loads what `run` and `doctor` load: an installation that lacks a part fails here. */
async function checkProgram(): Promise<number> {
  const [{ loadDrivers }] = await Promise.all([
    import('@minewarden/hardware/registry.ts'),
    import('./config.ts'),
    import('./gateway.ts'),
    import('./shell/uplink-mqtt.ts'),
    import('./shell/logger.ts'),
    import('./shell/system-clock.ts'),
    import('./doctor.ts'),
    import('./relearn.ts'),
  ])
  await loadDrivers()
  return say(`minewarden-gateway ${version()} on Node ${process.versions.node}: complete\n`)
}

const version = (): string =>
  (JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }).version

function say(text: string): number {
  process.stdout.write(text)
  return 0
}

function refuse(why: string): number {
  process.stderr.write(`minewarden-gateway: ${why}\n`)
  return 2
}

/** Runs the program and sets the exit code. Never throws but for our own bugs. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    process.exitCode = await command(argv)
  } catch (error) {
    const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
    if (!(error instanceof CodedError) && !isUsage) throw error
    const code = refuse(error instanceof CodedError ? `${error.message} (${error.code})` : (error as Error).message)
    process.exitCode = isUsage || INPUT_ERRORS.has((error as CodedError).code) ? code : 1
  }
}

if (import.meta.main) await main(process.argv.slice(2))
