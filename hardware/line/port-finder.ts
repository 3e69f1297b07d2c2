import { readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { type UsbIdentity, usbIdentity } from './usb-identity.ts'

/** Where a device may be. */
export interface PortPlaces {
  /** Paths below `/dev`, the likeliest first; `*` in the last part stands for anything: `/dev/ttyUSB*`. */
  readonly paths: readonly string[]
  /** What its USB converter must say of itself; a port that has no such converter, or tells less, is not tried. */
  readonly usb?: UsbIdentity
  /** In place of `/dev` and `/sys`, for tests. */
  readonly devDir?: string
  readonly sysDir?: string
}

/** Where serial devices are on Linux: by the name that the converter gives itself, then by the order of plugging in. */
export const SERIAL_PLACES: readonly string[] = [
  '/dev/serial/by-id/*',
  '/dev/ttyUSB*',
  '/dev/ttyACM*',
  '/dev/ttyAMA*',
  '/dev/serial[0-9]*',
]

/** A port that is there now. */
export interface FoundPort {
  /** As it was asked for: stays the same when the device is plugged in again, for a name of `by-id`. */
  readonly path: string
  /** Without links: two names of one port have the same. */
  readonly device: string
}

/** More than a gateway has ports: a folder with more is not searched to its end. */
const PORTS_CEILING = 64

/**
 * The ports that are there now and fit, each once, likeliest first. Never throws: a folder that is not there has none.
 * serialport's own list is not used: it ends the process where udev is absent.
 */
export async function findPorts(places: PortPlaces): Promise<FoundPort[]> {
  const found = new Map<string, FoundPort>()
  for (const pattern of places.paths) {
    for (const path of await expand(rebase(pattern, places.devDir))) {
      const device = await realpath(path).catch(() => null)
      if (device === null || found.has(device) || found.size >= PORTS_CEILING) continue
      if (places.usb && !(await fits(places.usb, device, places.sysDir))) continue
      found.set(device, { path, device })
    }
  }
  return [...found.values()]
}

/** The folders whose changes may mean that a port came or went. */
export function foldersOf(places: PortPlaces): string[] {
  return [...new Set(places.paths.map((path) => dirname(rebase(path, places.devDir))))]
}

/** The paths that name one port. */
export function fixedPaths(places: PortPlaces): string[] {
  return places.paths.filter((path) => !isPattern(path)).map((path) => rebase(path, places.devDir))
}

const isPattern = (path: string): boolean => /[*[]/.test(basename(path))

const rebase = (path: string, devDir: string | undefined): string =>
  devDir !== undefined && path.startsWith('/dev/') ? join(devDir, relative('/dev', path)) : path

async function expand(pattern: string): Promise<string[]> {
  if (!isPattern(pattern)) return [pattern]
  const last = basename(pattern)
  const folder = dirname(pattern)
  const names = await readdir(folder).catch(() => [])
  const fitting = new RegExp(`^${last.split('*').map(quoteButRanges).join('.*')}$`)
  return names
    .filter((name) => fitting.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name))
}

const quoteButRanges = (text: string): string => text.replace(/[.+?^${}()|\\]/g, '\\$&')

async function fits(wanted: UsbIdentity, device: string, sysDir: string | undefined): Promise<boolean> {
  const told = await usbIdentity(basename(device), sysDir)
  return (Object.keys(wanted) as (keyof UsbIdentity)[]).every((key) => told[key] === wanted[key])
}
