import { serialOpener } from '@minewarden/hardware/line/serial-opener.ts'
import type { DriverDeps, OpenedDriver } from '@minewarden/hardware/opener.ts'
import { createBarometerDriver, recogniseBarometer } from './driver.ts'
import type { BarometerOptions } from './options.ts'

/** Opens nothing yet: the barometer may come later. */
export async function openBarometerDrivers(options: BarometerOptions, deps: DriverDeps): Promise<OpenedDriver[]> {
  const { id, ports, baudRate } = options
  const isOnePort = ports.length === 1 && !ports[0]?.includes('*')
  const opener = serialOpener(
    { places: { paths: ports }, settings: { baudRate }, ...(!isOnePort && { recognise: recogniseBarometer }) },
    deps,
  )
  const { clock, random } = deps
  return [{ driver: createBarometerDriver({ clock, random, ...opener }, id), speed: 1 }]
}
