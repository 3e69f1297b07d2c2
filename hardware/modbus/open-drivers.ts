import { serialOpener } from '../line/serial-opener.ts'
import { tcpOpener } from '../line/tcp-line.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import { createModbusDrivers } from './drivers.ts'
import type { ModbusOptions } from './options.ts'

/** Opens the meters of one line; nothing is opened before one is read. */
export async function openModbusDrivers(options: ModbusOptions, deps: DriverDeps): Promise<OpenedDriver[]> {
  const { clock, random } = deps
  return createModbusDrivers(options, { clock, random, ...openerOf(options, deps) }).map((driver) => ({
    driver,
    speed: 1,
  }))
}

function openerOf({ transport }: ModbusOptions, deps: Pick<DriverDeps, 'clock'>) {
  if (transport.kind === 'tcp') return { open: tcpOpener(transport, deps) }
  const { ports, baudRate, parity, stopBits } = transport
  return serialOpener({ places: { paths: ports }, settings: { baudRate, parity, stopBits } }, deps)
}
