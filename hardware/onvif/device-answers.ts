/** What a camera's device and media services answer, read out of their elements. Pure; `null`: it is not there or is none. */
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { XmlElement } from '../xml/xml.ts'
import { child, children, descend, localName, printable } from './soap.ts'

const MAX_WORDS = 64
const MAX_ADDRESS = 512
const MAX_TOKEN = 128
/** A recorder of 64 channels has two or three for each. */
const MAX_PROFILES = 256

/** The camera's clock. Only its UTC counts: what it calls local needs its time zone, which is often wrong. */
export function readDateAndTime(body: XmlElement): Instant | null {
  const utc = descend(body, 'SystemDateAndTime', 'UTCDateTime')
  const [date, time] = [child(utc, 'Date'), child(utc, 'Time')]
  const part = (of: XmlElement | null, name: string, least: number, most: number) => {
    const text = child(of, name)?.text ?? ''
    return /^\d{1,4}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : Number.NaN
  }
  const ms = Date.UTC(
    part(date, 'Year', 1970, 9999),
    part(date, 'Month', 1, 12) - 1,
    part(date, 'Day', 1, 31),
    part(time, 'Hour', 0, 23),
    part(time, 'Minute', 0, 59),
    part(time, 'Second', 0, 60),
  )
  return Number.isNaN(ms) ? null : instant(ms)
}

/** What a camera says that it is; empty where it does not say. */
export interface DeviceInformation {
  readonly manufacturer: string
  readonly model: string
  readonly firmware: string
  readonly serial: string
}

export function readDeviceInformation(body: XmlElement): DeviceInformation {
  const word = (name: string) => printable(child(body, name)?.text ?? '').slice(0, MAX_WORDS)
  return {
    manufacturer: word('Manufacturer'),
    model: word('Model'),
    firmware: word('FirmwareVersion'),
    serial: word('SerialNumber'),
  }
}

/** Where a camera's services are, as it says; `null`: it has none. */
export interface Services {
  readonly media: string | null
  readonly events: string | null
}

/** Answer of `GetServices`; `null`: it is none. */
export function readServices(body: XmlElement): Services | null {
  const services = children(body, 'Service')
  const addressOf = (namespace: RegExp) =>
    addressIn(
      child(
        services.find((one) => namespace.test(child(one, 'Namespace')?.text ?? '')),
        'XAddr',
      ),
    )
  if (localName(body) !== 'GetServicesResponse') return null
  return { media: addressOf(/\/ver10\/media\/wsdl$/), events: addressOf(/\/ver10\/events\/wsdl$/) }
}

/** Answer of `GetCapabilities`, which older cameras have instead. */
export function readCapabilities(body: XmlElement): Services | null {
  if (localName(body) !== 'GetCapabilitiesResponse') return null
  const addressOf = (name: string) => addressIn(descend(body, 'Capabilities', name, 'XAddr'))
  return { media: addressOf('Media'), events: addressOf('Events') }
}

/** One way in which a device gives what one of its cameras sees. */
export interface Profile {
  readonly token: string
  /** Empty: it has none. */
  readonly name: string
  /** Tokens by which its events name that camera: of the video source, and of its configuration. */
  readonly sources: readonly string[]
}

/** The profiles in their order, those with a picture first: the first one is a camera's best and what snapshots are made of. */
export function readProfiles(body: XmlElement): Profile[] {
  const profiles = children(body, 'Profiles').slice(0, MAX_PROFILES)
  const seeing = profiles.filter((profile) => child(profile, 'VideoSourceConfiguration'))
  return [...seeing, ...profiles.filter((profile) => !seeing.includes(profile))].flatMap((profile): Profile[] => {
    const token = profile.attributes.get('token') ?? ''
    const video = child(profile, 'VideoSourceConfiguration')
    const sources = [child(video, 'SourceToken')?.text ?? '', video?.attributes.get('token') ?? '']
    const name = printable(child(profile, 'Name')?.text ?? '').slice(0, MAX_WORDS)
    return isToken(token) ? [{ token, name, sources: sources.filter(isToken) }] : []
  })
}

const isToken = (text: string): boolean => text !== '' && text.length <= MAX_TOKEN

/** Answer of `GetSnapshotUri` and `GetStreamUri`. */
export const readMediaUri = (body: XmlElement): string | null => addressIn(descend(body, 'MediaUri', 'Uri'))

export function addressIn(element: XmlElement | null): string | null {
  const text = element?.text ?? ''
  return text.length <= MAX_ADDRESS && URL.canParse(text) ? text : null
}
