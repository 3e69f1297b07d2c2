/** What a camera's device and media services answer, read out of their elements. Pure; `null`: it is not there or is none. */
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { XmlElement } from '../xml/xml.ts'
import { child, children, descend, localName, printable } from './soap.ts'

const MAX_WORDS = 64
const MAX_ADDRESS = 512
const MAX_TOKEN = 128

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

/** The token of the first profile that has a picture: the first one is the camera's best and what snapshots are made of. */
export function readProfile(body: XmlElement): string | null {
  const profiles = children(body, 'Profiles')
  const seeing = profiles.find((profile) => child(profile, 'VideoSourceConfiguration')) ?? profiles[0]
  const token = seeing?.attributes.get('token') ?? ''
  return token !== '' && token.length <= MAX_TOKEN ? token : null
}

/** Answer of `GetSnapshotUri` and `GetStreamUri`. */
export const readMediaUri = (body: XmlElement): string | null => addressIn(descend(body, 'MediaUri', 'Uri'))

export function addressIn(element: XmlElement | null): string | null {
  const text = element?.text ?? ''
  return text.length <= MAX_ADDRESS && URL.canParse(text) ? text : null
}
