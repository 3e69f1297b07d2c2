/** The first questions to a camera: what it is, where its services are, where its picture and its stream are. */
import { HardwareError } from '../errors.ts'
import type { XmlElement } from '../xml/xml.ts'
import type { CameraClient } from './camera-client.ts'
import {
  type DeviceInformation,
  type Profile,
  readCapabilities,
  readDateAndTime,
  readDeviceInformation,
  readMediaUri,
  readProfiles,
  readServices,
  type Services,
} from './device-answers.ts'
import { escapeXml } from './soap.ts'

export interface Introduction {
  readonly information: DeviceInformation | null
  readonly events: URL | null
  readonly snapshot: URL | null
  /** As the camera tells it. */
  readonly stream: string | null
  /** By which it is seen; `null`: it has none. */
  readonly profile: Profile | null
}

/** Profiles that a message names at most. */
const MOST_NAMED = 32

const DEVICE = 'xmlns="http://www.onvif.org/ver10/device/wsdl"'
const MEDIA = 'xmlns="http://www.onvif.org/ver10/media/wsdl"'

/**
 * Asks for the time, which every camera tells without a password, and keeps how far the camera's clock is from ours.
 * @throws HardwareError `camera-…`; the signal's reason
 */
export async function askTime(
  { client, url, now }: { readonly client: CameraClient; readonly url: URL; readonly now: () => number },
  signal: AbortSignal,
): Promise<void> {
  const askedAt = now()
  try {
    const body = await client.call({ url, body: `<GetSystemDateAndTime ${DEVICE}/>`, isOpen: true }, signal)
    const time = readDateAndTime(body)
    // It tells whole seconds, cut off: on the mean half a second more.
    client.clockOffsetMs = time === null ? null : time + 500 - (askedAt + now()) / 2
  } catch (error) {
    // Some want a password even for that. They are there, and it has to be tried without knowing their clock.
    if (!(error instanceof HardwareError) || (error.code !== 'camera-denied' && error.code !== 'camera-faulted'))
      throw error
  }
}

/**
 * What a camera leaves out stays `null`.
 * @param wanted token or name of the profile that is the camera, where a device has several; `null`: the first
 * @throws HardwareError `camera-…` when it cannot be spoken to, or has no such profile; the signal's reason
 */
export async function introduce(
  client: CameraClient,
  { url, wanted }: { readonly url: URL; readonly wanted: string | null },
  signal: AbortSignal,
): Promise<Introduction> {
  const ask = <T>(to: URL, body: string, read: (body: XmlElement) => T | null) =>
    unlessFaulted(client.call({ url: to, body }, signal).then(read))
  const information = await ask(url, `<GetDeviceInformation ${DEVICE}/>`, readDeviceInformation)
  const services: Services | null =
    (await ask(
      url,
      `<GetServices ${DEVICE}><IncludeCapability>false</IncludeCapability></GetServices>`,
      readServices,
    )) ?? (await ask(url, `<GetCapabilities ${DEVICE}><Category>All</Category></GetCapabilities>`, readCapabilities))
  const events = services?.events ? client.resolve(services.events) : null
  const media = services?.media ? client.resolve(services.media) : null
  const profiles = (media && (await ask(media, `<GetProfiles ${MEDIA}/>`, readProfiles))) ?? []
  const profile = choose(profiles, wanted)
  if (!media || profile === null) return { information, events, snapshot: null, stream: null, profile }
  const token = `<ProfileToken>${escapeXml(profile.token)}</ProfileToken>`
  const snapshot = await ask(media, `<GetSnapshotUri ${MEDIA}>${token}</GetSnapshotUri>`, readMediaUri)
  const setup =
    '<StreamSetup><Stream xmlns="http://www.onvif.org/ver10/schema">RTP-Unicast</Stream><Transport xmlns="http://www.onvif.org/ver10/schema"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
  const stream = await ask(media, `<GetStreamUri ${MEDIA}>${setup}${token}</GetStreamUri>`, readMediaUri)
  return { information, events, snapshot: snapshot === null ? null : client.resolve(snapshot), stream, profile }
}

function choose(profiles: readonly Profile[], wanted: string | null): Profile | null {
  if (wanted === null) return profiles[0] ?? null
  const chosen =
    profiles.find(({ token }) => token === wanted) ?? profiles.find(({ name }) => name === wanted && name !== '')
  if (chosen) return chosen
  const known = profiles.slice(0, MOST_NAMED).map(({ token, name }) => (name === '' ? token : `${token} (${name})`))
  const words = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
  throw new HardwareError('camera-faulted', `no profile ${wanted}; ${words}`)
}

/** A camera that lacks a service says so by a fault. */
async function unlessFaulted<T>(asking: Promise<T | null>): Promise<T | null> {
  try {
    return await asking
  } catch (error) {
    if (error instanceof HardwareError && error.code === 'camera-faulted') return null
    throw error
  }
}
