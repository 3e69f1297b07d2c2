import { readPasswordFile } from '../line/password-file.ts'
import { shareDevice } from '../line/shared-device.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import type { Gb28181Options } from './options.ts'
import type { Platform, PlatformDevice } from './platform.ts'
import { type ServeDeps, type ServeOptions, servePlatform } from './serve.ts'
import { hashedPassword } from './sip/digest.ts'

/**
 * The drivers of all probes behind one GB/T 28181 port. Binds it when the first is read.
 * @throws HardwareError `secret-unreadable`
 */
export async function openGb28181Drivers(
  config: Gb28181Options,
  { clock, random }: DriverDeps,
  { onBound, ...more }: Pick<ServeOptions, 'onBound'> & Pick<ServeDeps, 'openPort'> = {},
): Promise<OpenedDriver[]> {
  const realm = config.realm ?? config.platform.slice(0, 10)
  const devices = await Promise.all(config.devices.map((device) => openDevice(device, realm, config.passwordFile)))
  const { bind, port, platform } = config
  let bound: Platform | null = null
  const options: ServeOptions = {
    bind,
    port,
    platform,
    realm,
    devices,
    keepaliveMs: config.keepaliveS * 1_000,
    statusMs: config.statusS * 1_000,
    alarmHoldMs: config.alarmHoldS * 1_000,
    onBound: (...told) => {
      bound = told[1]
      onBound?.(...told)
    },
  }
  const drivers = shareDevice({
    clock,
    sensors: devices.flatMap(({ probes }) =>
      probes.map(({ sensor }) => ({ sensor, kind: 'camera-probe' as const, channels: [] })),
    ),
    read: (signal) => servePlatform({ clock, random, ...more }, options, signal),
  })
  const survey = async () => describe(bound)
  const settleMs = config.settleS * 1_000
  return drivers.map((driver) => ({ driver, speed: 1, survey, settleMs }))
}

async function openDevice(
  { id, passwordFile, probes }: Gb28181Options['devices'][number],
  realm: string,
  commonFile: string | undefined,
): Promise<PlatformDevice> {
  const password = await readPasswordFile(passwordFile ?? commonFile ?? '', id)
  return {
    id,
    hashed: hashedPassword(id, realm, password),
    probes: probes.map((probe) => ({ sensor: probe.id, channel: probe.channel ?? id })),
  }
}

function describe(platform: Platform | null): string {
  if (!platform) return 'the port is not open'
  const { wrongPasswords, unknownDevices } = platform.counts
  const strangers = platform.strangers.describe()
  const unknown = strangers === '' ? '' : `; not configured: ${strangers} (${unknownDevices} times)`
  return `registrations with a wrong password: ${wrongPasswords}${unknown}`
}
