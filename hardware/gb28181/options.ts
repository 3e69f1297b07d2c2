/** What a configuration says of cameras and recorders that register here by GB/T 28181. */
import { isIP } from 'node:net'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'

/** A township has 148; the fleet manager takes 256 sensors of a gateway. */
const MOST_DEVICES = 256
const MOST_PROBES = 256

/** Area (8), industry (2), type (3), network (1), number (6). @see GB/T 28181-2016 annex D */
const DeviceId = z.string().regex(/^\d{20}$/, '20 digits, as GB/T 28181 numbers devices')
const Path = z.string().min(1)

const Device = z.strictObject({
  id: DeviceId,
  /** The driver's by default. */
  passwordFile: Path.optional(),
  probes: z
    .array(
      z.strictObject({
        id: SensorId,
        /** The device itself by default: a camera that is its own channel. */
        channel: DeviceId.optional(),
      }),
    )
    .min(1)
    .max(MOST_PROBES),
})

export const Gb28181Options = z
  .strictObject({
    kind: z.literal('gb28181'),
    bind: z
      .string()
      .refine((text) => isIP(text) !== 0, 'an IP address')
      .default('0.0.0.0'),
    /** UDP and TCP. 0: any free one, for tests. */
    port: z.number().int().min(0).max(65_535).default(5060),
    /** This platform's own number. */
    platform: DeviceId,
    /** The first ten digits of the platform's number by default, as the standard has it. */
    realm: z
      .string()
      .regex(/^[\w.-]{1,64}$/, "a realm: letters, digits, '.', '_', '-'")
      .optional(),
    /** A file with the password of all devices that have none of their own. */
    passwordFile: Path.optional(),
    /** What is set in the cameras; found out from what they send once they have sent a few. */
    keepaliveS: z.number().min(1).max(600).default(60),
    /** Between two questions to the same device or channel. */
    statusS: z.number().min(5).max(86_400).default(300),
    /** How long an alarm stands that is not repeated: the standard knows no end of an alarm. */
    alarmHoldS: z.number().min(1).max(86_400).default(600),
    /** How long a probe must be well again before it is said. */
    settleS: z.number().min(0).max(3_600).default(60),
    devices: z.array(Device).min(1).max(MOST_DEVICES),
  })
  .superRefine(({ devices, passwordFile }, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path: ['devices', ...path], message })
    const seen = new Set<string>()
    let probes = 0
    for (const [d, device] of devices.entries()) {
      if (seen.has(device.id)) problem([d, 'id'], `${device.id} stands there twice`)
      seen.add(device.id)
      if (!device.passwordFile && !passwordFile)
        problem([d, 'passwordFile'], 'neither the device nor the driver has one')
      const channels = new Set<string>()
      for (const [p, { channel = device.id }] of device.probes.entries()) {
        if (channels.has(channel)) problem([d, 'probes', p, 'channel'], `${channel} stands there twice`)
        channels.add(channel)
        probes += 1
      }
    }
    if (probes > MOST_PROBES) problem([], `${probes} probes, at most ${MOST_PROBES}`)
  })
export type Gb28181Options = z.infer<typeof Gb28181Options>
