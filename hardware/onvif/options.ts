/** What a configuration says of cameras that are asked by ONVIF, or by RTSP alone. */
import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'

/** The fleet manager takes 256 sensors of a gateway. */
const MOST_CAMERAS = 256
const MIB = 1_048_576
const Path = z.string().min(1)

/** An address without user and password: those stand in no configuration. */
const address = (what: string, ...schemes: string[]) =>
  z
    .string()
    .max(512)
    .refine((text) => {
      const url = URL.canParse(text) ? new URL(text) : null
      return url !== null && schemes.includes(url.protocol) && url.hostname !== ''
    }, what)
    .refine(
      (text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''),
      'user and passwordFile, not in the address',
    )

const Camera = z
  .strictObject({
    id: SensorId,
    /** Where its ONVIF device service is; without a path `/onvif/device_service`. */
    url: address('such as http://192.0.2.10', 'http:', 'https:').optional(),
    /** Of a recorder, or of a device with several lenses: token or name of the media profile that is this camera. */
    profile: z.string().min(1).max(128).optional(),
    /** Its stream; by ONVIF it tells that by itself. Alone: it is asked by RTSP only. */
    rtsp: address('such as rtsp://192.0.2.10/stream1', 'rtsp:').optional(),
    /** Its still picture, where it tells none by ONVIF. */
    snapshotUrl: address('such as http://192.0.2.10/snapshot.jpg', 'http:', 'https:').optional(),
    /** The driver's by default. */
    user: z.string().min(1).max(64).optional(),
    passwordFile: Path.optional(),
  })
  .refine(({ url, rtsp }) => url !== undefined || rtsp !== undefined, 'neither url nor rtsp')
  .refine(({ url, profile }) => url !== undefined || profile === undefined, {
    path: ['profile'],
    message: 'a profile needs a url',
  })

export const OnvifOptions = z
  .strictObject({
    kind: z.literal('onvif'),
    /** Of all cameras that have none of their own. */
    user: z.string().min(1).max(64).optional(),
    passwordFile: Path.optional(),
    /** Of the authority that signed the cameras' certificates; without it `https` is not checked: cameras sign their own. */
    caFile: Path.optional(),
    /** Between two questions whether a camera is there. */
    statusS: z.number().min(1).max(3_600).default(30),
    /** Between two still pictures; 0: only when one is asked for. */
    snapshotS: z
      .number()
      .max(86_400)
      .refine((seconds) => seconds === 0 || seconds >= 1, '0, or at least 1')
      .default(60),
    /** A camera that has not answered a question by then hangs. */
    timeoutS: z.number().min(0.2).max(60).default(10),
    /** A larger picture is none. */
    snapshotMaxBytes: z
      .number()
      .int()
      .min(1_024)
      .max(8 * MIB)
      .default(2 * MIB),
    /** How long an alarm stands that has no end of its own. */
    alarmHoldS: z.number().min(1).max(86_400).default(600),
    cameras: z.array(Camera).min(1).max(MOST_CAMERAS),
  })
  .superRefine(({ cameras, user, passwordFile }, context) => {
    for (const [c, camera] of cameras.entries()) {
      const hasUser = (camera.user ?? user) !== undefined
      const hasPassword = (camera.passwordFile ?? passwordFile) !== undefined
      if (hasUser === hasPassword) continue
      const [path, missing] = hasUser ? ['passwordFile', 'a user but no password'] : ['user', 'a password but no user']
      context.addIssue({ code: 'custom', path: ['cameras', c, path], message: missing })
    }
  })
export type OnvifOptions = z.infer<typeof OnvifOptions>
export type OnvifCameraOptions = OnvifOptions['cameras'][number]
