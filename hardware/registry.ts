/**
 * Which drivers there are: one line a kind, its code imported only when a configuration names it. What a configuration
 * says of a driver is checked here too, so that a new driver is a file, a schema and a line.
 */
import { GatewayId } from '@minewarden/protocol/ids.ts'
import { IsoTime } from '@minewarden/protocol/site.ts'
import { z } from 'zod'
import { BoardOptions } from './board/options.ts'
import { DatacastOptions } from './datacast/options.ts'
import { DigitiserOptions } from './digitiser/options.ts'
import { Gb28181Options } from './gb28181/options.ts'
import { MeterBusOptions } from './meter-bus/options.ts'
import { ModbusOptions } from './modbus/options.ts'
import { OnvifOptions } from './onvif/options.ts'
import type { DriverDeps, OpenedDriver } from './opener.ts'
import { SeedLinkOptions } from './seedlink/options.ts'
import { SimulatedSiteOptions } from './sim/options.ts'

/** Sensors of a recording, in place of real ones. */
const Recording = z.strictObject({
  kind: z.literal('recording'),
  dir: z.string().min(1),
  /** Which gateway of the recording; its only one by default. */
  gateway: GatewayId.optional(),
  /** Times real time; 0: as fast as it is read. */
  speed: z.number().min(0).max(1000).default(1),
  /** Moves the recording so that it begins now. */
  shiftToNow: z.boolean().default(true),
})

/** A simulated site. `startAt`: when its scenario begins, so that a gateway started again finds the site where it is. */
const Simulated = SimulatedSiteOptions.extend({
  kind: z.literal('simulated'),
  /** Times the clock; 0: as fast as it is read. */
  speed: z.number().min(0).max(1000).default(1),
  startAt: IsoTime.optional(),
})

export const DriverConfig = z.discriminatedUnion('kind', [
  Recording,
  Simulated,
  SeedLinkOptions,
  DatacastOptions,
  DigitiserOptions,
  BoardOptions,
  Gb28181Options,
  MeterBusOptions,
  ModbusOptions,
  OnvifOptions,
])
export type DriverConfig = z.infer<typeof DriverConfig>

type Opener<K extends DriverConfig['kind']> = (
  config: Extract<DriverConfig, { kind: K }>,
  deps: DriverDeps,
) => Promise<OpenedDriver[]>

const OPENERS: { readonly [K in DriverConfig['kind']]: () => Promise<Opener<K>> } = {
  simulated: async () => (await import('./sim/open-drivers.ts')).openSimulatedDrivers,
  recording: async () => (await import('./recording/open-drivers.ts')).openRecordingDrivers,
  board: async () => (await import('./board/open-drivers.ts')).openBoardDrivers,
  digitiser: async () => (await import('./digitiser/open-drivers.ts')).openDigitiserDrivers,
  datacast: async () => (await import('./datacast/open-drivers.ts')).openDatacastDrivers,
  gb28181: async () => (await import('./gb28181/open-drivers.ts')).openGb28181Drivers,
  modbus: async () => (await import('./modbus/open-drivers.ts')).openModbusDrivers,
  'meter-bus': async () => (await import('./meter-bus/open-drivers.ts')).openMeterBusDrivers,
  onvif: async () => (await import('./onvif/open-drivers.ts')).openOnvifDrivers,
  seedlink: async () => (await import('./seedlink/open-drivers.ts')).openSeedLinkDrivers,
}

/** Loads the code of every driver without opening anything: an installation that lacks a part fails here. */
export async function loadDrivers(): Promise<void> {
  await Promise.all(Object.values(OPENERS).map((load) => load()))
}

/**
 * Opens all sensors of one driver.
 * @throws HardwareError such as `recording-unreadable`
 */
export async function openDrivers(config: DriverConfig, deps: DriverDeps): Promise<OpenedDriver[]> {
  const open = (await OPENERS[config.kind]()) as Opener<DriverConfig['kind']>
  return await open(config, deps)
}
