import { parseXml, type XmlElement } from '../xml/xml.ts'

/** What can be asked with `INFO`. */
export type InfoLevel = 'ID' | 'CAPABILITIES' | 'STATIONS' | 'STREAMS'

export interface OfferedStream {
  readonly location: string
  readonly channel: string
  /** D: data. */
  readonly type: string
  readonly beginTime: string
  readonly endTime: string
}

export interface OfferedStation {
  readonly network: string
  readonly station: string
  readonly description: string
  /** As the server writes them: SeisComP in hexadecimal, ringserver in decimal digits. */
  readonly beginSequence: string
  readonly endSequence: string
  readonly streams: readonly OfferedStream[]
}

/** An answer to `INFO` of any level: what a level does not tell is empty. */
export interface ServerInfo {
  readonly software: string
  readonly organization: string
  readonly capabilities: readonly string[]
  readonly stations: readonly OfferedStation[]
}

export type InfoResult =
  | { readonly kind: 'info'; readonly info: ServerInfo }
  | { readonly kind: 'bad'; readonly reason: string }

/** Longer answers are not kept: a county's ring server has tens of stations. */
export const MAX_STATIONS = 10_000
const MAX_WORD = 128
const CODE = /^[A-Za-z0-9_*?-]{0,12}$/

/**
 * Reads the XML of an answer to `INFO`. Strict where we rely on it (root, codes), blind to what we do not know.
 * @see SeisComP documentation, application seedlink, "Commands", INFO
 */
export function readInfo(xml: string): InfoResult {
  const parsed = parseXml(xml)
  if (parsed.kind === 'bad') return parsed
  const { root } = parsed
  if (root.name !== 'seedlink') return { kind: 'bad', reason: `root is ${root.name}, not seedlink` }
  const stations = named(root, 'station')
  if (stations.length > MAX_STATIONS) return { kind: 'bad', reason: 'too many stations' }
  return {
    kind: 'info',
    info: {
      software: word(root, 'software'),
      organization: word(root, 'organization'),
      capabilities: named(root, 'capability').map((each) => word(each, 'name').toLowerCase()),
      stations: stations.filter(hasCodes).map(stationOf),
    },
  }
}

const named = (element: XmlElement, name: string) => element.children.filter((child) => child.name === name)
const word = (element: XmlElement, name: string) => (element.attributes.get(name) ?? '').trim().slice(0, MAX_WORD)
const hasCodes = (each: XmlElement) => CODE.test(word(each, 'name')) && CODE.test(word(each, 'network'))

const stationOf = (each: XmlElement): OfferedStation => ({
  network: word(each, 'network'),
  station: word(each, 'name'),
  description: word(each, 'description'),
  beginSequence: word(each, 'begin_seq'),
  endSequence: word(each, 'end_seq'),
  streams: named(each, 'stream')
    .filter((stream) => CODE.test(word(stream, 'location')) && CODE.test(word(stream, 'seedname')))
    .map((stream) => ({
      location: word(stream, 'location'),
      channel: word(stream, 'seedname'),
      type: word(stream, 'type'),
      beginTime: word(stream, 'begin_time'),
      endTime: word(stream, 'end_time'),
    })),
})

/** `AM.R1234.00.EHZ AM.R1234.00.HDF`, for a person; at most `most` of them. */
export function describeOffer(info: ServerInfo, most = 12): string {
  const names = info.stations.flatMap(({ network, station, streams }) =>
    streams.length === 0
      ? [`${network}.${station}`]
      : streams.map(({ location, channel }) => `${network}.${station}.${location}.${channel}`),
  )
  if (names.length === 0) return 'no station'
  const more = names.length > most ? ` and ${names.length - most} more` : ''
  return `${names.slice(0, most).join(' ')}${more}`
}
