/** The real gateway for the live runs: a simulated geophone, and a meter whose plug is in the test's hand. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '@minewarden/edge/config.ts'
import { Gateway } from '@minewarden/edge/gateway.ts'
import { createLogger } from '@minewarden/edge/shell/logger.ts'
import { openSpool } from '@minewarden/edge/shell/spool-sqlite.ts'
import { systemClock } from '@minewarden/edge/shell/system-clock.ts'
import { createMqttUplink } from '@minewarden/edge/shell/uplink-mqtt.ts'
import type { Measurement, SensorDriver } from '@minewarden/hardware/contract.ts'
import { openDrivers } from '@minewarden/hardware/registry.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { believe } from '@minewarden/protocol/time.ts'
import { GROUP, HOST, passwordOf } from '../support/ingest-chain.ts'

export const NODE = 'gw-1'
export const METER = SensorId.parse('meter-1')

export interface LiveGatewayOptions {
  readonly dir: string
  readonly urls: readonly string[]
}

/** The configuration as a technician would write it. */
export function rawConfig({ dir, urls }: LiveGatewayOptions): object {
  mkdirSync(dir, { recursive: true })
  const passwordFile = join(dir, 'password')
  writeFileSync(passwordFile, passwordOf(NODE))
  const sensors = [
    { kind: 'geophone', id: 'geo-1' },
    { kind: 'power-meter', id: METER },
  ]
  return {
    gateway: NODE,
    county: GROUP,
    data: dir,
    primaryHost: HOST,
    uplink: { servers: urls, username: NODE, passwordFile },
    drivers: [{ kind: 'simulated', scenario: 'quiet-with-pump', seed: 1, sensors }],
    spool: { featureCommitMs: 200 },
    log: 'error',
  }
}

/** A meter that reads while it is plugged in. */
class PluggedMeter implements SensorDriver {
  readonly sensor = METER
  readonly kind = 'power-meter' as const
  readonly channels = []
  plugged = true

  async *read(signal: AbortSignal): AsyncIterable<Measurement> {
    let wasPlugged = true
    while (!signal.aborted) {
      if (this.plugged !== wasPlugged) yield this.#state(this.plugged ? 'ok' : 'disconnected')
      wasPlugged = this.plugged
      if (wasPlugged) yield this.#power()
      await systemClock.sleep(100, signal).catch(() => undefined)
    }
  }

  #state(state: 'ok' | 'disconnected'): Measurement {
    return { kind: 'device', at: systemClock.now(), state, reason: '', clock: 'ntp' }
  }

  #power(): Measurement {
    return {
      kind: 'power',
      at: systemClock.now(),
      activePowerW: 100,
      reactivePowerVar: null,
      voltageV: [231, 230, 229],
      currentA: [1, 1, 1],
      activeEnergyWh: 5,
      simulated: false,
      clock: 'ntp',
    }
  }
}

/** Starts a gateway in this process; `plug` pulls and puts back its meter, disposing is a clean end. */
export async function startLiveGateway(options: LiveGatewayOptions) {
  const config = parseConfig(rawConfig(options))
  const logger = createLogger('error', {})
  const clock = believe(systemClock, 'ntp')
  const driverDeps = { clock, random: Math.random, dataDir: config.data, startAt: clock.now(), supply: null }
  const opened = await Promise.all(config.drivers.map((driver) => openDrivers(driver, driverDeps)))
  const meter = new PluggedMeter()
  const geophone = opened.flat().filter(({ driver }) => driver.kind === 'geophone')
  const spool = openSpool(
    { logger, stamp: () => 'now', newEpoch: randomUUID },
    { path: join(config.data, 'spool.db'), quotaBytes: 1e8 },
  )
  const uplink = createMqttUplink({ ...config.uplink, clientId: NODE, username: NODE })
  const gateway = new Gateway({ clock, logger, random: Math.random, uplink }, config, {
    drivers: [...geophone, { driver: meter, speed: 1 }],
    spool,
    feeders: null,
    kept: null,
  })
  await gateway.start()
  return {
    plug(isIn: boolean) {
      meter.plugged = isIn
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
}
