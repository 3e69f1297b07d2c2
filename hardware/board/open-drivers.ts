import { serialOpener } from '../line/serial-opener.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import { createBoardDriver } from './driver.ts'
import type { BoardOptions } from './options.ts'
import { RECOGNISE_LIMIT_MS, recogniseFirmata } from './recognise.ts'

/** Opens nothing yet: the board may come later. */
export async function openBoardDrivers(options: BoardOptions, deps: DriverDeps): Promise<OpenedDriver[]> {
  const { ports, baudRate } = options
  const isOnePort = ports.length === 1 && !ports[0]!.includes('*')
  const { open, watch, openLimitMs } = serialOpener(
    {
      places: { paths: ports },
      settings: { baudRate },
      ...(!isOnePort && { recognise: recogniseFirmata, recogniseLimitMs: RECOGNISE_LIMIT_MS }),
    },
    { clock: deps.clock },
  )
  return [{ driver: createBoardDriver(options, { ...deps, open, watch, openLimitMs }), speed: 1 }]
}
