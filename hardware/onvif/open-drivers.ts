import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Credential } from '../digest/digest-session.ts'
import { HardwareError } from '../errors.ts'
import { readPasswordFile } from '../line/password-file.ts'
import { tcpOpener } from '../line/tcp-line.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import { Camera, type CameraDeps } from './camera.ts'
import { createCameraDriver } from './camera-driver.ts'
import { DenialRest } from './denial-rest.ts'
import { createHttpExchange } from './http-exchange.ts'
import { Neighbours } from './neighbours.ts'
import type { OnvifCameraOptions, OnvifOptions } from './options.ts'

const DEVICE_SERVICE = '/onvif/device_service'

/**
 * One driver a camera. Nothing is asked before it is read.
 * @param wires instead of real connections
 * @throws HardwareError `secret-unreadable`
 */
export async function openOnvifDrivers(
  config: OnvifOptions,
  { clock, random }: Pick<DriverDeps, 'clock' | 'random'>,
  wires: Partial<Pick<CameraDeps, 'exchange' | 'openStream'>> = {},
): Promise<OpenedDriver[]> {
  const ca = config.caFile === undefined ? null : await readCertificate(config.caFile)
  const limitMs = config.timeoutS * 1_000
  const deps: CameraDeps = {
    clock,
    randomBytes,
    exchange: wires.exchange ?? createHttpExchange(clock, ca),
    openStream: wires.openStream ?? ((host, port) => tcpOpener({ host, port, connectLimitMs: limitMs }, { clock })),
  }
  const neighbours = new Neighbours()
  const rests = new Map<string, DenialRest>()
  /** A device locks an account, whichever of its cameras it was used for. */
  const restOf = (address: string, user: string): DenialRest => {
    const key = `${new URL(address).hostname} ${user}`
    const rest = rests.get(key) ?? new DenialRest()
    rests.set(key, rest)
    return rest
  }
  const options = {
    statusMs: config.statusS * 1_000,
    snapshotMs: config.snapshotS * 1_000,
    alarmHoldMs: config.alarmHoldS * 1_000,
  }
  return await Promise.all(
    config.cameras.map(async (one): Promise<OpenedDriver> => {
      const camera = new Camera(deps, {
        sensor: one.id,
        device: one.url === undefined ? null : deviceUrl(one.url),
        profile: one.profile ?? null,
        rtsp: one.rtsp === undefined ? null : new URL(one.rtsp).href,
        snapshot: one.snapshotUrl === undefined ? null : new URL(one.snapshotUrl),
        credential: await credentialOf(one, config),
        rest: restOf(one.url ?? one.rtsp ?? '', one.user ?? config.user ?? ''),
        limitMs,
        pictureLimitBytes: config.snapshotMaxBytes,
      })
      const driver = createCameraDriver({ clock, random, neighbours }, camera, options)
      return { driver, speed: 1, describe: () => camera.describe(), survey: async () => camera.describe() }
    }),
  )
}

function deviceUrl(text: string): URL {
  const url = new URL(text)
  if (url.pathname === '/') url.pathname = DEVICE_SERVICE
  return url
}

async function credentialOf(
  { id, user, passwordFile }: OnvifCameraOptions,
  common: Pick<OnvifOptions, 'user' | 'passwordFile'>,
): Promise<Credential | null> {
  const [name, path] = [user ?? common.user, passwordFile ?? common.passwordFile]
  if (name === undefined || path === undefined) return null
  return { user: name, password: await readPasswordFile(path, id) }
}

async function readCertificate(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new HardwareError('secret-unreadable', `certificate of the cameras' authority: ${path}: ${why}`, error)
  }
}
