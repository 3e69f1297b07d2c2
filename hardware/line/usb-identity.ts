import { readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What a USB device says of itself; hexadecimal in lower case as in sysfs: `0403`, `6001`. */
export interface UsbIdentity {
  readonly vendorId?: string
  readonly productId?: string
  readonly serialNumber?: string
}

/** From the terminal up to the USB device: interface, function, device, and some to spare. */
const LEVELS = 6

/** Reads from sysfs what the USB device behind a terminal (`ttyUSB0`) is; empty when none is. Never throws. */
export async function usbIdentity(terminal: string, sysDir = '/sys'): Promise<UsbIdentity> {
  let folder = await realpath(join(sysDir, 'class/tty', terminal, 'device')).catch(() => null)
  for (let level = 0; folder !== null && level < LEVELS; level++) {
    const vendorId = await read(folder, 'idVendor')
    if (vendorId !== null) {
      const productId = await read(folder, 'idProduct')
      const serialNumber = await read(folder, 'serial')
      return { vendorId, ...(productId !== null && { productId }), ...(serialNumber !== null && { serialNumber }) }
    }
    folder = dirname(folder)
  }
  return {}
}

async function read(folder: string, name: string): Promise<string | null> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => null)
  return text === null ? null : text.trim()
}
