/** The gateway as a whole: opens its sensors, and wires acquisition, spool, session and waveforms together. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { connectFeeders, type FeederClient } from '@minewarden/hardware/feeder/client.ts'
import { type OpenedDriver, SETTLE_MS } from '@minewarden/hardware/opener.ts'
import { openDrivers } from '@minewarden/hardware/registry.ts'
import { isCommandedOutput } from '@minewarden/protocol/device-command.ts'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import { PICTURE_REQUEST_METRIC } from '@minewarden/protocol/picture.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { RELEARN_METRIC } from '@minewarden/protocol/scene.ts'
import { SPOOL_METRICS, WAVEFORM_REQUEST_METRIC } from '@minewarden/protocol/spool.ts'
import { believe, type Clock, isoTime, type Timekeeper } from '@minewarden/protocol/time.ts'
import { ClockKeeper, type ClockKeeperDeps } from './clock-keeper.ts'
import { ClockService } from './clock-service.ts'
import { type GatewayConfig, MIB, spoolQuotaBytes } from './config.ts'
import { Births } from './core/births.ts'
import type { ClockShift } from './core/clock/clock-shift.ts'
import { Delivery } from './core/delivery.ts'
import { createMeasure } from './core/measure/create-measure.ts'
import type { Logger, Spool, SpoolRow, Uplink } from './core/ports.ts'
import { Courier } from './courier.ts'
import { DeviceCommands } from './device-commands.ts'
import { EdgeError } from './errors.ts'
import { reportHealth } from './health-report.ts'
import { PictureService } from './picture-service.ts'
import { SceneService } from './scene-service.ts'
import { SensorPump } from './sensor-pump.ts'
import { SessionRunner } from './session-runner.ts'
import { createBdSeqFile } from './shell/bdseq-file.ts'
import { type ClockFile, openClockFile } from './shell/clock-file.ts'
import { guardSpool } from './shell/guarded-spool.ts'
import { identityOf } from './shell/identity.ts'
import { decodePicture } from './shell/picture-decoder.ts'
import { processUsage } from './shell/process-usage.ts'
import { randomUuid } from './shell/random-uuid.ts'
import { WaveformRing } from './shell/ring.ts'
import { openSceneMemory, type SceneMemory } from './shell/scene-memory.ts'
import { openSpool } from './shell/spool-sqlite.ts'
import { believedQuality } from './shell/system-clock.ts'
import { SpoolWriter } from './spool-writer.ts'
import { WaveformService } from './waveform-service.ts'

const PUMP_CHECK_MS = 1_000

/** How the gateway finds out what time it is. */
export type TimeSource = Pick<ClockKeeperDeps, 'daemon' | 'readWall' | 'driftPpm'>

export interface GatewayDeps {
  readonly clock: Clock
  /** Who vouches for the clock; absent: it is believed as it is. */
  readonly time?: TimeSource | null
  readonly logger: Logger
  readonly random: () => number
  readonly uplink: Uplink
}

function makeDataDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new EdgeError('data-unusable', `data: ${(error as Error).message}`, error)
  }
}

/** Opens everything the configuration names. @throws EdgeError, HardwareError before anything runs */
export async function openGateway(deps: GatewayDeps, config: GatewayConfig): Promise<Gateway> {
  makeDataDir(config.data)
  const { clock, kept } = await openClock(deps, config)
  const feeders = config.feeder ? connectFeeders({ ...config.feeder, clock }) : null
  const supply = feeders && config.feeder ? { client: feeders, feeder: config.feeder.id } : null
  try {
    const driverDeps = { clock, random: deps.random, dataDir: config.data, startAt: clock.now(), supply }
    const opened = await Promise.all(config.drivers.map((driver) => openDrivers(driver, driverDeps)))
    const drivers = opened.flat()
    requireDistinct(drivers)
    const spool = openSpool(
      { logger: deps.logger, stamp: () => isoTime(clock.now()), newEpoch: randomUuid },
      {
        path: join(config.data, 'spool.db'),
        quotaBytes: spoolQuotaBytes(
          config,
          drivers.map(({ driver }) => driver.kind),
        ),
      },
    )
    return new Gateway({ ...deps, clock }, config, { drivers, spool, feeders, kept })
  } catch (error) {
    await feeders?.[Symbol.asyncDispose]()
    throw error
  }
}

/** A clock that is kept, and what an earlier process left of it. */
interface KeptClock {
  readonly keeper: ClockKeeper
  readonly file: ClockFile
}

async function openClock(
  { clock, time, logger }: GatewayDeps,
  config: GatewayConfig,
): Promise<{ clock: Timekeeper; kept: KeptClock | null }> {
  if (!time) return { clock: believe(clock, believedQuality()), kept: null }
  const file = openClockFile(join(config.data, 'clock.json'))
  const keeper = await ClockKeeper.open({ ...time, clock, logger }, file.memory, new AbortController().signal)
  return { clock: keeper, kept: { keeper, file } }
}

/** Two sensors of one name would share aliases and backlog. */
function requireDistinct(drivers: readonly OpenedDriver[]): void {
  const seen = new Set<string>()
  for (const { driver } of drivers) {
    const key = driver.sensor.toLowerCase()
    if (seen.has(key)) throw new EdgeError('config-invalid', `configuration: drivers: two sensors ${driver.sensor}`)
    seen.add(key)
  }
}

/** The clock may have become one that is kept. */
type RunningDeps = Omit<GatewayDeps, 'clock' | 'time'> & { readonly clock: Timekeeper }

interface GatewayParts {
  readonly drivers: readonly OpenedDriver[]
  readonly spool: Spool
  readonly feeders: FeederClient | null
  readonly kept: KeptClock | null
}

export class Gateway implements AsyncDisposable {
  readonly #deps: RunningDeps
  readonly #parts: GatewayParts
  readonly #ring: WaveformRing
  readonly #scenes: SceneMemory
  readonly #relearning: SceneService
  readonly #writer: SpoolWriter
  readonly #births: Births
  readonly #time: ClockService | null
  readonly #session: SessionRunner
  readonly #courier: Courier
  readonly #waveforms: WaveformService
  readonly #pumps: readonly SensorPump[]
  readonly #former: readonly SensorId[]
  readonly #stop = new AbortController()
  readonly #damaged = Promise.withResolvers<void>()
  #running: Promise<unknown> = Promise.resolve()
  #badInputs = 0

  constructor(deps: RunningDeps, config: GatewayConfig, parts: GatewayParts) {
    const { clock, logger } = deps
    const { drivers } = parts
    const spool = guardSpool(parts.spool, { logger, damaged: () => this.#damaged.resolve() })
    this.#deps = deps
    this.#parts = { ...parts, spool }
    const sensors = drivers.map(({ driver }) => birthOf(driver))
    const births = new Births(sensors, spool.sources(), identityOf(config))
    this.#births = births
    this.#former = births.former
    const restamp = (shift: ClockShift, fromSequence: number) => this.#restamp(shift, fromSequence)
    this.#time = parts.kept && new ClockService({ ...parts.kept, spool, restamp })
    const badInput = (reason: string) => this.#countBadInput(reason)
    const put = (readings: readonly Reading[]) => this.#put(births, readings)
    this.#ring = new WaveformRing({ clock, logger }, ringOptions(config))
    this.#scenes = openSceneMemory(join(config.data, 'scenes'), logger)
    this.#writer = new SpoolWriter(
      {
        clock,
        logger,
        spool,
        accepted: (rows) => this.#accepted(rows),
        restamped: () => this.#courier.release(),
      },
      config.spool,
    )
    const asked = { drivers: drivers.map(({ driver }) => driver), logger, badInput, signal: this.#stop.signal }
    const commands = new DeviceCommands(asked)
    const pictures = new PictureService({ ...asked, clock, put }, config.pictures.quotaMiBPerDay * MIB)
    const relearn = (sensor: string, why: string) => this.#relearn(sensor, why)
    const relearning = new SceneService({ relearn, scenes: this.#scenes, clock, badInput })
    this.#relearning = relearning
    this.#session = new SessionRunner(
      {
        ...deps,
        bdSeq: createBdSeqFile(join(config.data, 'bdseq')),
        payloads: {
          nodeBirth: (bdSeq, seq, now) =>
            births.nodeBirth({ bdSeq, seq, now, epoch: spool.epoch, oldest: spool.stats().oldest }),
          deviceBirth: (device, seq, now) => births.deviceBirth(device, seq, now),
          deviceDeath: (seq, now) => births.deviceDeath(seq, now),
          nodeDeath: (bdSeq, now) => births.nodeDeath(bdSeq, now),
          commandName: (device, alias) => births.nameOf(device, alias),
        },
        events: {
          begun: () => this.#courier.begun(),
          ended: () => this.#courier.ended(),
          drained: () => this.#courier.pump(),
          badInput,
          command: (name, value) => {
            if (name === SPOOL_METRICS.acknowledged) this.#courier.acknowledged(value)
            else if (name === WAVEFORM_REQUEST_METRIC) this.#waveforms.requested(value)
            else badInput(`no command ${name.slice(0, 64)}`)
          },
          deviceCommand(device, name, value) {
            if (name === PICTURE_REQUEST_METRIC) pictures.requested(device, value)
            else if (name === RELEARN_METRIC) relearning.requested(device, value)
            else commands.received(device, name, value)
          },
        },
      },
      {
        group: config.county,
        node: config.gateway,
        primaryHost: config.primaryHost,
        servers: deps.uplink.servers,
        deviceCommands: sensors.some(({ commands, givesPictures }) => commands.length > 0 || givesPictures),
      },
    )
    const hold = this.#time?.hold(config.clock) ?? null
    const delivery = new Delivery(hold?.fromSequence ?? spool.next)
    this.#courier = new Courier({ clock, logger, spool, delivery, births, session: this.#session, badInput, hold })
    this.#waveforms = new WaveformService(
      { clock, logger, ring: this.#ring, sensors, put, badInput },
      { quotaBytesPerDay: config.waveforms.quotaMiBPerDay * MIB },
    )
    this.#pumps = drivers.map((opened) => this.#createPump(opened, put))
  }

  /** Resolves when the spool file turns out to be damaged: the gateway has to be opened anew. */
  get damaged(): Promise<void> {
    return this.#damaged.promise
  }

  /** Begins to measure and to connect. */
  async start(): Promise<void> {
    const { signal } = this.#stop
    await this.#ring.start()
    this.#writer.start()
    this.#waveforms.start()
    this.#courier.start()
    for (const { driver } of this.#parts.drivers) this.#courier.deviceUp(driver.sensor)
    for (const sensor of this.#former) this.#courier.deviceDown(sensor)
    this.#session.start()
    const health = {
      ...this.#deps,
      usage: processUsage,
      spool: this.#parts.spool,
      badInputs: () => this.#badInputs,
      put: (readings: readonly Reading[]) => this.#writer.put(readings),
    }
    this.#running = Promise.all([
      ...this.#pumps.map((pump) => pump.run(signal)),
      this.#checkPumps(signal),
      this.#time?.run(signal),
      reportHealth(health, signal),
      ...(this.#parts.drivers.some(isCamera) ? [this.#relearning.run(signal)] : []),
    ])
  }

  /** Stops measuring, commits what is in hand, says NDEATH, closes the spool. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#waveforms.stop()
    this.#writer.stop()
    this.#courier.stop()
    await this.#session.stop()
    await this.#ring.stop()
    this.#parts.spool.close()
    await this.#parts.feeders?.[Symbol.asyncDispose]()
  }

  #createPump(
    { driver, speed, settleMs = SETTLE_MS }: OpenedDriver,
    put: (readings: readonly Reading[]) => void,
  ): SensorPump {
    const { clock, logger, random } = this.#deps
    const { sensor, kind, channels } = driver
    return new SensorPump({
      clock,
      logger,
      random,
      driver,
      speed,
      createMeasure: () => createMeasure({ sensor, kind, channels, settleMs, ...this.#learntOf(driver) }),
      readings: put,
      waveform: (block) => this.#ring.write(sensor, block),
      up: () => this.#courier.deviceUp(sensor),
      down: () => this.#courier.deviceDown(sensor),
      ...(kind === 'camera-probe' && {
        look: decodePicture,
        keep: (learnt: unknown) => this.#scenes.save(sensor, learnt),
      }),
    })
  }

  #learntOf({ sensor, kind }: OpenedDriver['driver']): { learnt?: unknown } {
    return kind === 'camera-probe' ? { learnt: this.#scenes.load(sensor) } : {}
  }

  #relearn(sensor: string, why: string): boolean {
    const index = this.#parts.drivers.findIndex((opened) => isCamera(opened) && opened.driver.sensor === sensor)
    const camera = this.#parts.drivers[index]?.driver
    if (!camera) return false
    this.#scenes.forget(camera.sensor)
    this.#pumps[index]?.relearn(why)
    return true
  }

  /** Only what a birth declares can ever be sent: anything else is a driver's mistake, refused before it is spooled. */
  #put(births: Births, readings: readonly Reading[]): void {
    const known = readings.filter((reading) => {
      if (births.declares(reading)) return true
      this.#countBadInput(`${reading.sensor}: undeclared ${reading.kind} ${reading.channel ?? ''}`)
      return false
    })
    this.#writer.put(known)
  }

  /** The time became known: everything that holds a wrong one is moved at once, before anything else is measured. */
  #restamp(shift: ClockShift, fromSequence: number): void {
    for (const pump of this.#pumps) pump.restamp(shift)
    this.#writer.restamp(shift, fromSequence)
    this.#births.restamp(shift)
    this.#waveforms.restamp(shift)
    this.#ring.restamp(shift.sinceMs, shift.byMs, shift.quality).catch((error: Error) => {
      this.#deps.logger.error({ reason: error.message }, 'waveform ring not restamped')
    })
  }

  #accepted(rows: readonly SpoolRow[]): void {
    this.#courier.accepted(rows)
    this.#waveforms.accepted(rows)
  }

  #countBadInput(reason: string): void {
    this.#badInputs += 1
    this.#deps.logger.warn({ reason, badInputs: this.#badInputs }, 'bad input')
  }

  async #checkPumps(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(PUMP_CHECK_MS, signal).catch(() => undefined)
      if (!signal.aborted) for (const pump of this.#pumps) pump.check()
    }
  }
}

const isCamera = ({ driver }: OpenedDriver): boolean => driver.kind === 'camera-probe'

const birthOf = ({ sensor, kind, channels, outputs, takeSnapshot }: OpenedDriver['driver']) => ({
  id: sensor,
  kind,
  channels,
  commands: (outputs ?? []).filter(isCommandedOutput),
  givesPictures: takeSnapshot !== undefined,
})

const ringOptions = (config: GatewayConfig) => ({
  dir: join(config.data, 'ring'),
  maxBytes: config.ring.quotaMiB * MIB,
  maxAgeMs: config.ring.days * 86_400_000,
  station:
    config.ring.station ??
    config.gateway
      .replace(/[^A-Za-z0-9]/g, '')
      .slice(-5)
      .toUpperCase(),
})
