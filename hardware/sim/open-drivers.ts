import type { Instant } from '@minewarden/protocol/time.ts'
import { createSupply } from '../feeder/gate.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import type { SimulatedSiteOptions } from './options.ts'
import { createSimulatedSite } from './simulated-site.ts'

/** What a configuration says of a simulated site. */
export interface SimulatedConfig extends SimulatedSiteOptions {
  /** 0: as fast as it is read. */
  readonly speed: number
  /** When the scenario begins; with the gateway by default. */
  readonly startAt?: Instant | undefined
}

/** The drivers of all sensors of a simulated site; its feeder, if there is one, cuts its machines off too. */
export async function openSimulatedDrivers(config: SimulatedConfig, deps: DriverDeps): Promise<OpenedDriver[]> {
  const { scenario, seed, sensors, speed, startAt = deps.startAt } = config
  const pace = speed === 0 ? 'free' : { speed }
  const supplied = deps.supply ? { supplied: createSupply(deps.supply) } : {}
  const drivers = createSimulatedSite({ clock: deps.clock, pace, startAt, ...supplied }, { scenario, seed, sensors })
  // A scenario says itself what its probes are.
  return drivers.map((driver) => ({ driver, speed: speed === 0 ? Number.POSITIVE_INFINITY : speed, settleMs: 0 }))
}
